"""What promotions change beside points: prices, deliveries, redemption rules."""

revision = "0047_rewarding"
down_revision = "0046_admin"


def upgrade() -> None:
    pass
