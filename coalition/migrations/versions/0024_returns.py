"""Parcels' legs and incidents; returns of orders from the request to the refund."""

revision = "0024_returns"
down_revision = "0023_payments"


def upgrade() -> None:
    pass
