"""Who may enter: people with roles, partners' OAuth clients with their tokens, and the brake on guessing."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_read

revision = "0002_access"
down_revision = "0001_kernel"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE role (
            id smallint PRIMARY KEY,
            name text NOT NULL CONSTRAINT uq_role_name UNIQUE)""")
    op.execute("""
        INSERT INTO role (id, name) VALUES (1, 'member'), (2, 'finance'), (3, 'admin'), (4, 'catalog'), (5, 'support')
        """)
    op.execute("""
        CREATE TABLE user_account (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            email text NOT NULL CONSTRAINT ck_user_account_email CHECK (email = lower(email) AND email LIKE '%_@_%'),
            password text NOT NULL,
            active boolean NOT NULL DEFAULT true,
            fs_uniquifier text NOT NULL CONSTRAINT uq_user_account_fs_uniquifier UNIQUE,
            owner_ref text NOT NULL,
            program_id bigint,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT ck_user_account_owner CHECK
                (owner_ref <> '' AND (owner_ref LIKE '%:%') = (program_id IS NOT NULL)))""")
    op.execute("CREATE UNIQUE INDEX uq_user_account_email ON user_account (lower(email))")
    op.execute("CREATE UNIQUE INDEX uq_user_account_owner_ref ON user_account (owner_ref) WHERE owner_ref LIKE '%:%'")
    op.execute("""
        CREATE TABLE user_role (
            user_id bigint NOT NULL REFERENCES user_account ON DELETE CASCADE,
            role_id smallint NOT NULL REFERENCES role,
            PRIMARY KEY (user_id, role_id))""")
    op.execute("""
        CREATE TABLE oauth_client (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            client_id text NOT NULL CONSTRAINT uq_oauth_client_client_id UNIQUE,
            secret_hash bytea NOT NULL CONSTRAINT ck_oauth_client_secret_hash CHECK (octet_length(secret_hash) = 32),
            program_id bigint NOT NULL,
            partner_id bigint NOT NULL,
            name text NOT NULL,
            scopes text[] NOT NULL,
            active boolean NOT NULL DEFAULT true,
            created_at timestamptz NOT NULL DEFAULT now())""")
    op.execute("CREATE INDEX oauth_client_partner ON oauth_client (partner_id)")
    op.execute("""
        CREATE TABLE oauth_token (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            token_hash bytea NOT NULL CONSTRAINT uq_oauth_token_token_hash UNIQUE
                CONSTRAINT ck_oauth_token_token_hash CHECK (octet_length(token_hash) = 32),
            oauth_client_id bigint NOT NULL REFERENCES oauth_client,
            scopes text[] NOT NULL,
            issued_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            CONSTRAINT ck_oauth_token_life CHECK (expires_at > issued_at))""")
    op.execute("CREATE INDEX oauth_token_client ON oauth_token (oauth_client_id)")
    op.execute("CREATE INDEX oauth_token_expiry ON oauth_token (expires_at)")
    op.execute("""
        CREATE TABLE sign_in_throttle (
            key text PRIMARY KEY,
            attempts int NOT NULL CONSTRAINT ck_sign_in_throttle_attempts CHECK (attempts >= 0),
            last_at timestamptz NOT NULL,
            blocked_until timestamptz NOT NULL)""")
    grant_read("role")
    grant_app("user_account", "user_role", "oauth_client", "oauth_token", "sign_in_throttle")
