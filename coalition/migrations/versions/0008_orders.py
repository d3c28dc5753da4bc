"""orders: tables of this room."""

revision = "0008_orders"
down_revision = "0007_suppliers"


def upgrade() -> None:
    pass
