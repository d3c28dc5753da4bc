"""Test mode of partners and the log of their requests."""

revision = "0044_testing"
down_revision = "0043_webhooks"


def upgrade() -> None:
    pass
