"""Personal price rules and grants, the price book, delivery tariffs, cash parts of quotes."""

revision = "0020_prices"
down_revision = "0019_rewards"


def upgrade() -> None:
    pass
