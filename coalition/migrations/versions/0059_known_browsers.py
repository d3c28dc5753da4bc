"""The browsers a user has come in with, and codes by mail for one that is new."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0059_known_browsers"
down_revision = "0058_standing_counters"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE known_browser (
            user_id bigint NOT NULL REFERENCES user_account ON DELETE CASCADE,
            key_hash bytea NOT NULL CONSTRAINT ck_known_browser_key_hash CHECK (octet_length(key_hash) = 32),
            since timestamptz NOT NULL,
            seen_at timestamptz NOT NULL,
            forgotten_at timestamptz,
            PRIMARY KEY (user_id, key_hash))""")
    op.execute("CREATE INDEX known_browser_seen ON known_browser (seen_at)")
    grant_app("known_browser")
    op.execute("ALTER TABLE account_link DROP CONSTRAINT ck_account_link_kind")
    op.execute(
        "ALTER TABLE account_link ADD CONSTRAINT ck_account_link_kind"
        " CHECK (kind IN ('join', 'reset', 'email', 'code'))"
    )
    op.execute("ALTER TABLE user_session DROP CONSTRAINT ck_user_session_factor")
    op.execute(
        "ALTER TABLE user_session ADD CONSTRAINT ck_user_session_factor"
        " CHECK (factor IN ('password', 'mail', 'totp', 'recovery', 'passkey'))"
    )
