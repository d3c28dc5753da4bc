"""What is done to points beside purchases: approvals, transfers, conversions, donations, exchanges, adjustments."""

revision = "0015_wallets"
down_revision = "0014_returns"


def upgrade() -> None:
    pass
