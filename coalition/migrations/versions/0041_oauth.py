"""The authorization server: kinds of clients, what members allow an app, codes, refresh tokens, used assertions."""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0041_oauth"
down_revision = "0040_marketer"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE oauth_client
            ALTER COLUMN secret_hash DROP NOT NULL,
            ADD COLUMN kind text NOT NULL DEFAULT 'confidential_basic',
            ADD COLUMN old_secret_hash bytea,
            ADD COLUMN old_secret_until timestamptz,
            ADD COLUMN jwks jsonb,
            ADD COLUMN redirect_uris text[] NOT NULL DEFAULT '{}',
            ADD CONSTRAINT ck_oauth_client_kind CHECK (kind IN ('confidential_basic', 'private_key_jwt', 'public')),
            ADD CONSTRAINT ck_oauth_client_proof CHECK
                ((kind = 'confidential_basic') = (secret_hash IS NOT NULL)
                 AND (kind = 'private_key_jwt') = (jwks IS NOT NULL)),
            ADD CONSTRAINT ck_oauth_client_old_secret CHECK
                ((old_secret_hash IS NULL) = (old_secret_until IS NULL)
                 AND (old_secret_hash IS NULL OR (secret_hash IS NOT NULL AND octet_length(old_secret_hash) = 32))),
            ADD CONSTRAINT ck_oauth_client_public CHECK (kind <> 'public' OR scopes <@ '{me}'),
            ADD CONSTRAINT ck_oauth_client_app CHECK (('me' = ANY (scopes)) <= (redirect_uris <> '{}'))""")
    op.execute("CREATE INDEX oauth_client_program ON oauth_client (program_id, id)")
    op.execute("""
        CREATE TABLE oauth_grant (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            oauth_client_id bigint NOT NULL REFERENCES oauth_client,
            user_id bigint NOT NULL REFERENCES user_account ON DELETE CASCADE,
            scopes text[] NOT NULL CONSTRAINT ck_oauth_grant_scopes CHECK (scopes <> '{}' AND scopes <@ '{me}'),
            granted_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            why text CONSTRAINT ck_oauth_grant_why CHECK (why IN ('member', 'client', 'code_reuse', 'refresh_reuse')),
            CONSTRAINT ck_oauth_grant_life CHECK (expires_at > granted_at),
            CONSTRAINT ck_oauth_grant_revoked CHECK ((revoked_at IS NULL) = (why IS NULL)))""")
    op.execute("CREATE INDEX oauth_grant_user ON oauth_grant (user_id, oauth_client_id)")
    op.execute("CREATE INDEX oauth_grant_client ON oauth_grant (oauth_client_id)")
    op.execute("CREATE INDEX oauth_grant_end ON oauth_grant (least(revoked_at, expires_at))")
    op.execute("""
        CREATE TABLE oauth_code (
            code_hash bytea PRIMARY KEY CONSTRAINT ck_oauth_code_code_hash CHECK (octet_length(code_hash) = 32),
            grant_id bigint NOT NULL CONSTRAINT uq_oauth_code_grant_id UNIQUE
                REFERENCES oauth_grant ON DELETE CASCADE,
            redirect_uri text NOT NULL,
            challenge text NOT NULL CONSTRAINT ck_oauth_code_challenge CHECK (length(challenge) = 43),
            expires_at timestamptz NOT NULL,
            used_at timestamptz)""")
    op.execute("CREATE INDEX oauth_code_unused ON oauth_code (expires_at) WHERE used_at IS NULL")
    op.execute("""
        CREATE TABLE oauth_refresh (
            token_hash bytea PRIMARY KEY
                CONSTRAINT ck_oauth_refresh_token_hash CHECK (octet_length(token_hash) = 32),
            grant_id bigint NOT NULL REFERENCES oauth_grant ON DELETE CASCADE,
            issued_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            CONSTRAINT ck_oauth_refresh_life CHECK (expires_at > issued_at))""")
    op.execute("CREATE UNIQUE INDEX uq_oauth_refresh_live ON oauth_refresh (grant_id) WHERE used_at IS NULL")
    op.execute("CREATE INDEX oauth_refresh_grant ON oauth_refresh (grant_id)")
    op.execute("CREATE INDEX oauth_refresh_expiry ON oauth_refresh (expires_at)")
    op.execute("""
        CREATE TABLE oauth_assertion (
            oauth_client_id bigint NOT NULL REFERENCES oauth_client,
            jti_hash bytea NOT NULL CONSTRAINT ck_oauth_assertion_jti_hash CHECK (octet_length(jti_hash) = 32),
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (oauth_client_id, jti_hash))""")
    op.execute("CREATE INDEX oauth_assertion_expiry ON oauth_assertion (expires_at)")
    op.execute("""
        ALTER TABLE oauth_token
            ADD COLUMN grant_id bigint REFERENCES oauth_grant ON DELETE CASCADE,
            ADD CONSTRAINT ck_oauth_token_whose CHECK
                (CASE WHEN grant_id IS NULL THEN NOT 'me' = ANY (scopes) ELSE scopes <@ '{me}' END)""")
    op.execute("CREATE INDEX oauth_token_grant ON oauth_token (grant_id) WHERE grant_id IS NOT NULL")
    grant_app("oauth_grant", "oauth_code", "oauth_refresh", "oauth_assertion")
