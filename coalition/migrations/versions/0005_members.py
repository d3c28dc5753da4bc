"""members: tables of this room."""

revision = "0005_members"
down_revision = "0004_programs"


def upgrade() -> None:
    pass
