"""access: tables of this room."""

revision = "0002_access"
down_revision = "0001_kernel"


def upgrade() -> None:
    pass
