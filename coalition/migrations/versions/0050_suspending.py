"""Partners that are suspended: their systems and apps are refused until somebody lets them call again."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0050_suspending"
down_revision = "0049_counts_and_galleries"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE suspended_partner (
            partner_id int PRIMARY KEY,
            since timestamptz NOT NULL,
            reason text NOT NULL CONSTRAINT ck_suspended_partner_reason CHECK (reason <> ''))""")
    grant_app("suspended_partner")
