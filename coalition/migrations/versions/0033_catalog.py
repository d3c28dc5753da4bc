"""What the catalog's orders of points and donations need, and cancellations that are kept."""

revision = "0033_catalog"
down_revision = "0032_exposure"


def upgrade() -> None:
    pass
