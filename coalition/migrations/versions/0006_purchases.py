"""purchases: tables of this room."""

revision = "0006_purchases"
down_revision = "0005_members"


def upgrade() -> None:
    pass
