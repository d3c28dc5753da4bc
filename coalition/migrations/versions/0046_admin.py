"""What administrators change on screen."""

revision = "0046_admin"
down_revision = "0045_walls"


def upgrade() -> None:
    pass
