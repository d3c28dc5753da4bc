"""The age of changes is looked up in a tree, which knows the oldest whatever place it lies in.

Changes go where forgotten ones have lain, so that after thirty days every part of the table held something old: the
summaries of a BRIN index named all of it, and each thousand that were forgotten read the whole table.
"""

from alembic import op

revision = "0064_change_age"
down_revision = "0063_changes"


def upgrade() -> None:
    op.execute("DROP INDEX change_age")
    op.execute("CREATE INDEX change_age ON change (recorded_at)")
