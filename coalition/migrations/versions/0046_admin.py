"""What administrators see and do: cancelled jobs, what schedules came to, and rows that are old enough to go."""

from alembic import op

revision = "0046_admin"
down_revision = "0045_walls"


def upgrade() -> None:
    _jobs()
    _outlets()


def _jobs() -> None:
    op.execute("ALTER TABLE job DROP CONSTRAINT ck_job_state")
    op.execute("""
        ALTER TABLE job ADD CONSTRAINT ck_job_state
            CHECK (state IN ('due', 'running', 'done', 'dead', 'cancelled'))""")
    op.execute("CREATE INDEX job_given_up ON job (id) WHERE state IN ('dead', 'cancelled')")
    op.execute("CREATE INDEX job_over ON job USING brin (finished_at)")
    op.execute("ALTER TABLE schedule ADD COLUMN last_at timestamptz, ADD COLUMN last_job bigint")
    op.execute("CREATE INDEX outbox_age ON outbox USING brin (created_at)")


def _outlets() -> None:
    """Where an outlet is and when it is open; what a partner's people search by."""
    op.execute("""
        ALTER TABLE outlet
            ADD COLUMN address text NOT NULL DEFAULT '',
            ADD COLUMN lat numeric(8, 6) CONSTRAINT ck_outlet_lat CHECK (lat BETWEEN -90 AND 90),
            ADD COLUMN lon numeric(9, 6) CONSTRAINT ck_outlet_lon CHECK (lon BETWEEN -180 AND 180),
            ADD COLUMN week jsonb NOT NULL DEFAULT '[]'
                CONSTRAINT ck_outlet_week CHECK (jsonb_typeof(week) = 'array'),
            ADD COLUMN special jsonb NOT NULL DEFAULT '{}'
                CONSTRAINT ck_outlet_special CHECK (jsonb_typeof(special) = 'object'),
            ADD COLUMN closed_at timestamptz,
            ADD CONSTRAINT ck_outlet_position CHECK ((lat IS NULL) = (lon IS NULL))""")
    op.execute("CREATE INDEX purchase_partner ON purchase (partner_id, occurred_at, id)")
    op.execute("CREATE INDEX member_enrolled_by ON member (enrolled_by, id)")
