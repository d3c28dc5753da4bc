"""ledger: tables of this room."""

revision = "0003_ledger"
down_revision = "0002_access"


def upgrade() -> None:
    pass
