"""Marketers sign in: a role of their own, for promotions and nothing else."""

from alembic import op

revision = "0040_marketer"
down_revision = "0039_restoring"


def upgrade() -> None:
    op.execute("INSERT INTO role (id, name) VALUES (7, 'marketer')")
