"""From what a day's orders on the site are worth on, they take the member's password: a policy of the program."""

from alembic import op

revision = "0054_confirming_orders"
down_revision = "0055_earning_bases"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE program ADD COLUMN confirm_from_minor bigint NOT NULL DEFAULT 10000"
        " CONSTRAINT ck_program_confirm_from_minor CHECK (confirm_from_minor >= 0)"
    )
