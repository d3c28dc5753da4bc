"""The kernel's tables, the application's role, and the extensions that later rooms need."""

from alembic import op

from coalition.migrations.grants import create_app_role, grant_app, grant_append_only, grant_read

revision = "0001_kernel"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    create_app_role()
    op.execute("""
        CREATE TABLE outbox (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text NOT NULL,
            key text NOT NULL,
            payload jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            delivered_at timestamptz)""")
    op.execute("CREATE INDEX outbox_waiting ON outbox (id) WHERE delivered_at IS NULL")
    op.execute("""
        CREATE TABLE job (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text NOT NULL,
            key text,
            args jsonb NOT NULL DEFAULT '{}',
            state text NOT NULL DEFAULT 'due'
                CONSTRAINT ck_job_state CHECK (state IN ('due', 'running', 'done', 'dead')),
            due_at timestamptz NOT NULL DEFAULT now(),
            fence int NOT NULL DEFAULT 0,
            attempts int NOT NULL DEFAULT 0,
            progress_done bigint NOT NULL DEFAULT 0,
            progress_total bigint,
            error text,
            created_at timestamptz NOT NULL DEFAULT now(),
            finished_at timestamptz,
            UNIQUE (kind, key)) WITH (fillfactor = 70)""")
    op.execute("CREATE INDEX job_due ON job (due_at, id) WHERE state IN ('due', 'running')")
    op.execute("""
        CREATE TABLE schedule (
            name text PRIMARY KEY,
            kind text NOT NULL,
            every_s int NOT NULL CONSTRAINT ck_schedule_every CHECK (every_s > 0),
            next_at timestamptz NOT NULL DEFAULT now())""")
    op.execute("""
        CREATE TABLE idempotency (
            client_id bigint NOT NULL,
            key text NOT NULL,
            request_hash bytea NOT NULL,
            status int,
            body jsonb,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (client_id, key))""")
    op.execute("CREATE INDEX idempotency_age ON idempotency USING brin (created_at)")
    op.execute("""
        CREATE TABLE audit (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at timestamptz NOT NULL DEFAULT now(),
            actor text NOT NULL,
            ip inet,
            request_id text,
            action text NOT NULL,
            subject text NOT NULL,
            details jsonb NOT NULL DEFAULT '{}')""")
    op.execute("CREATE INDEX audit_subject ON audit (subject, id)")
    grant_app("outbox", "job", "schedule", "idempotency")
    grant_append_only("audit")
    grant_read("alembic_version")
