"""Webhook endpoints of partners and the deliveries to them."""

revision = "0043_webhooks"
down_revision = "0042_people"


def upgrade() -> None:
    pass
