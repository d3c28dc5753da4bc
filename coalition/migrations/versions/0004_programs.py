"""programs: tables of this room."""

revision = "0004_programs"
down_revision = "0003_ledger"


def upgrade() -> None:
    pass
