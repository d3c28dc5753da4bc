"""Test mode of partners, and the log of their requests."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0044_testing"
down_revision = "0043_webhooks"


def upgrade() -> None:
    _test_mode()


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
