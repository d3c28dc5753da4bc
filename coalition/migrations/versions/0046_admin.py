"""What administrators see and do: cancelled jobs, what schedules came to, and rows that are old enough to go."""

from alembic import op

revision = "0046_admin"
down_revision = "0045_walls"


def upgrade() -> None:
    _jobs()


def _jobs() -> None:
    op.execute("ALTER TABLE job DROP CONSTRAINT ck_job_state")
    op.execute("""
        ALTER TABLE job ADD CONSTRAINT ck_job_state
            CHECK (state IN ('due', 'running', 'done', 'dead', 'cancelled'))""")
    op.execute("CREATE INDEX job_given_up ON job (id) WHERE state IN ('dead', 'cancelled')")
    op.execute("CREATE INDEX job_over ON job USING brin (finished_at)")
    op.execute("ALTER TABLE schedule ADD COLUMN last_at timestamptz, ADD COLUMN last_job bigint")
    op.execute("CREATE INDEX outbox_age ON outbox USING brin (created_at)")
