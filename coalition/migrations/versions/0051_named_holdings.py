"""Who has tickets of a draw, and which segments there are, without reading every member's holdings.

Both ask by name and never by member; a change of a value touches no column of the index, so that it stays a cheap one.
"""

from alembic import op

revision = "0051_named_holdings"
down_revision = "0050_suspending"


def upgrade() -> None:
    op.execute("""
        CREATE INDEX member_holding_named ON member_holding (program_id, kind, name, member_id)
         WHERE kind IN ('segment', 'ticket')""")
