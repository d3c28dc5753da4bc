"""Returns and voids of purchases, line by line."""

revision = "0014_returns"
down_revision = "0013_sources"


def upgrade() -> None:
    pass
