"""Test mode of partners, and the log of their requests."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0044_testing"
down_revision = "0043_webhooks"


def upgrade() -> None:
    _test_mode()
    _request_log()


def _test_mode() -> None:
    op.execute("""
        ALTER TABLE program DROP CONSTRAINT ck_program_kind,
            ADD CONSTRAINT ck_program_kind CHECK (kind IN ('own', 'coalition', 'co_brand', 'test'))""")
    op.execute("""
        CREATE TABLE test_mode (
            partner_id bigint PRIMARY KEY REFERENCES partner,
            generation int NOT NULL DEFAULT 0 CONSTRAINT ck_test_mode_generation CHECK (generation >= 0),
            reset_on date,
            resets int NOT NULL DEFAULT 0)""")
    op.execute("""
        CREATE TABLE test_program (
            program_id bigint PRIMARY KEY REFERENCES program,
            partner_id bigint NOT NULL REFERENCES test_mode,
            generation int NOT NULL,
            twin_id bigint NOT NULL CONSTRAINT uq_test_program_twin_id UNIQUE REFERENCES partner,
            made_at timestamptz NOT NULL,
            CONSTRAINT uq_test_program_generation UNIQUE (partner_id, generation))""")
    op.execute("""
        CREATE TABLE test_attempt (
            client_id bigint NOT NULL REFERENCES oauth_client,
            value text NOT NULL CONSTRAINT ck_test_attempt_value CHECK (length(value) <= 200),
            attempts int NOT NULL,
            last_at timestamptz NOT NULL,
            PRIMARY KEY (client_id, value))""")
    op.execute("CREATE INDEX test_attempt_age ON test_attempt (last_at)")
    grant_app("test_mode", "test_program", "test_attempt")


def _request_log() -> None:
    op.execute("""
        CREATE TABLE request_log (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at timestamptz NOT NULL,
            client_id bigint NOT NULL,
            method text NOT NULL,
            path text NOT NULL CONSTRAINT ck_request_log_path CHECK (length(path) <= 200),
            status int NOT NULL,
            code text,
            pointers text NOT NULL,
            took_ms int NOT NULL,
            request_id text NOT NULL CONSTRAINT ck_request_log_request_id CHECK (length(request_id) <= 200),
            replayed boolean NOT NULL)""")
    op.execute("CREATE INDEX request_log_client ON request_log (client_id, id)")
    op.execute("CREATE INDEX request_log_age ON request_log USING brin (at)")
    grant_app("request_log")
