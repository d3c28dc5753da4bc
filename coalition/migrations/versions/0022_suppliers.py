"""What each supplier can do, and searches for tickets."""

revision = "0022_suppliers"
down_revision = "0021_sagas"


def upgrade() -> None:
    pass
