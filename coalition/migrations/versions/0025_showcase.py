"""What members keep of the catalog: carts, wish lists with the price they saw."""

revision = "0025_showcase"
down_revision = "0024_returns"


def upgrade() -> None:
    pass
