"""Row-level security, the second wall between partners."""

revision = "0045_walls"
down_revision = "0044_testing"


def upgrade() -> None:
    pass
