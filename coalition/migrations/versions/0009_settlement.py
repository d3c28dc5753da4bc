"""settlement: tables of this room."""

revision = "0009_settlement"
down_revision = "0008_orders"


def upgrade() -> None:
    pass
