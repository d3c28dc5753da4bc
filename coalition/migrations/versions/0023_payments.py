"""The cash part of orders: payments with everything that was asked of the payment provider."""

revision = "0023_payments"
down_revision = "0022_suppliers"


def upgrade() -> None:
    pass
