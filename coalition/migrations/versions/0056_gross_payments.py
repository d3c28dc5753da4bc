"""A statement that is settled gross is paid in each direction once, so one living payment a direction is the law."""

from alembic import op

revision = "0056_gross_payments"
down_revision = "0054_confirming_orders"


def upgrade() -> None:
    op.execute("DROP INDEX payout_payment_statement")
    op.execute(
        "CREATE UNIQUE INDEX payout_payment_statement ON payout_payment (statement_id, direction)"
        " WHERE state NOT IN ('aborted', 'dropped')"
    )
