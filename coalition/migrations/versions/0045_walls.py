"""Nothing: row-level security was measured and left out (ADR 11). The name stays, because databases know it."""

revision = "0045_walls"
down_revision = "0044_testing"


def upgrade() -> None:
    pass
