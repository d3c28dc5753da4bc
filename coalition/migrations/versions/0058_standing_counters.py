"""A back-test may begin with the counters of limits as they stood at its first day, instead of unused ones."""

from alembic import op

revision = "0058_standing_counters"
down_revision = "0057_parts_of_progress"


def upgrade() -> None:
    op.execute("ALTER TABLE backtest ADD standing boolean NOT NULL DEFAULT false")
