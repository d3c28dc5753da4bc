"""suppliers: tables of this room."""

revision = "0007_suppliers"
down_revision = "0006_purchases"


def upgrade() -> None:
    pass
