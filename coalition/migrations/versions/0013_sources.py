"""Where purchases come from: sources, column mappings, bank transactions, the suspense queue."""

revision = "0013_sources"
down_revision = "0012_people"


def upgrade() -> None:
    pass
