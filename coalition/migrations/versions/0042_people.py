"""People are invited, register, prove a second factor, and have sessions that can be ended; letters to them wait."""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_app

revision = "0042_people"
down_revision = "0041_oauth"


def upgrade() -> None:
    _roles()
    _invitations()
    _sessions()
    _factors()
    _letters()
    op.execute("CREATE INDEX audit_actor ON audit (actor, id)")
    op.execute("CREATE INDEX audit_action ON audit (action text_pattern_ops, id)")
    op.execute("CREATE INDEX audit_at ON audit USING brin (at)")


def _roles() -> None:
    op.execute("INSERT INTO role (id, name) VALUES (8, 'auditor'), (9, 'partner_admin'), (10, 'supplier')")
    op.execute("ALTER TABLE role ADD COLUMN factor_demanded boolean NOT NULL DEFAULT false")
    op.execute(f"GRANT UPDATE (factor_demanded) ON role TO {APP_ROLE}")
    op.execute("""
        ALTER TABLE user_account
            ADD COLUMN language text NOT NULL DEFAULT 'en'
                CONSTRAINT ck_user_account_language CHECK (language IN ('en', 'ru')),
            ADD COLUMN totp_sealed bytea,
            ADD COLUMN totp_confirmed_at timestamptz,
            ADD COLUMN totp_step bigint NOT NULL DEFAULT 0,
            ADD COLUMN passkey_handle bytea NOT NULL DEFAULT uuid_send(gen_random_uuid())
                CONSTRAINT uq_user_account_passkey_handle UNIQUE,
            ADD CONSTRAINT ck_user_account_totp CHECK (totp_confirmed_at IS NULL OR totp_sealed IS NOT NULL)""")


def _invitations() -> None:
    op.execute("""
        CREATE TABLE invitation (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            email text NOT NULL CONSTRAINT ck_invitation_email CHECK (email = lower(email) AND email LIKE '%_@_%'),
            roles text[] NOT NULL CONSTRAINT ck_invitation_roles CHECK (cardinality(roles) > 0),
            owner_ref text NOT NULL,
            program_id bigint,
            token_hash bytea NOT NULL CONSTRAINT uq_invitation_token_hash UNIQUE
                CONSTRAINT ck_invitation_token_hash CHECK (octet_length(token_hash) = 32),
            invited_by text NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            accepted_at timestamptz,
            revoked_at timestamptz,
            user_id bigint REFERENCES user_account,
            CONSTRAINT ck_invitation_life CHECK (expires_at > created_at),
            CONSTRAINT ck_invitation_end CHECK (accepted_at IS NULL OR revoked_at IS NULL),
            CONSTRAINT ck_invitation_user CHECK ((accepted_at IS NULL) = (user_id IS NULL)),
            CONSTRAINT ck_invitation_owner CHECK
                (owner_ref NOT LIKE 'member:%' AND (owner_ref LIKE '%:%') = (program_id IS NOT NULL)))""")
    op.execute("CREATE INDEX invitation_owner ON invitation (owner_ref, id)")
    op.execute(
        "CREATE UNIQUE INDEX uq_invitation_open ON invitation (owner_ref, email)"
        " WHERE accepted_at IS NULL AND revoked_at IS NULL"
    )
    op.execute("""
        CREATE TABLE account_link (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text NOT NULL CONSTRAINT ck_account_link_kind CHECK (kind IN ('join', 'reset', 'email')),
            token_hash bytea NOT NULL CONSTRAINT uq_account_link_token_hash UNIQUE
                CONSTRAINT ck_account_link_token_hash CHECK (octet_length(token_hash) = 32),
            email text NOT NULL CONSTRAINT ck_account_link_email CHECK (email = lower(email)),
            user_id bigint REFERENCES user_account ON DELETE CASCADE,
            program_id bigint,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            CONSTRAINT ck_account_link_whose CHECK
                ((kind = 'join') = (user_id IS NULL) AND (kind = 'join') = (program_id IS NOT NULL)))""")
    op.execute("CREATE INDEX account_link_user ON account_link (user_id)")
    op.execute("CREATE INDEX account_link_expiry ON account_link (expires_at)")
    grant_app("invitation", "account_link")


def _sessions() -> None:
    op.execute("""
        CREATE TABLE user_session (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            key_hash bytea NOT NULL CONSTRAINT uq_user_session_key_hash UNIQUE
                CONSTRAINT ck_user_session_key_hash CHECK (octet_length(key_hash) = 32),
            user_id bigint NOT NULL REFERENCES user_account ON DELETE CASCADE,
            factor text NOT NULL
                CONSTRAINT ck_user_session_factor CHECK (factor IN ('password', 'totp', 'recovery', 'passkey')),
            ip inet,
            agent text NOT NULL CONSTRAINT ck_user_session_agent CHECK (length(agent) <= 300),
            started_at timestamptz NOT NULL,
            seen_at timestamptz NOT NULL,
            idle_s int,
            ends_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT ck_user_session_life CHECK (ends_at > started_at AND seen_at >= started_at)) """)
    op.execute("CREATE INDEX user_session_user ON user_session (user_id, id) WHERE ended_at IS NULL")
    op.execute("CREATE INDEX user_session_end ON user_session (ends_at)")
    grant_app("user_session")


def _factors() -> None:
    op.execute("""
        CREATE TABLE recovery_code (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            user_id bigint NOT NULL REFERENCES user_account ON DELETE CASCADE,
            code_hash bytea NOT NULL CONSTRAINT ck_recovery_code_code_hash CHECK (octet_length(code_hash) = 32),
            used_at timestamptz,
            CONSTRAINT uq_recovery_code_user_id_code_hash UNIQUE (user_id, code_hash))""")
    op.execute("""
        CREATE TABLE passkey (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            user_id bigint NOT NULL REFERENCES user_account ON DELETE CASCADE,
            credential_id bytea NOT NULL CONSTRAINT uq_passkey_credential_id UNIQUE
                CONSTRAINT ck_passkey_credential_id CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
            public_key bytea NOT NULL,
            sign_count bigint NOT NULL,
            transports text[] NOT NULL DEFAULT '{}',
            name text NOT NULL CONSTRAINT ck_passkey_name CHECK (length(name) BETWEEN 1 AND 60),
            created_at timestamptz NOT NULL,
            used_at timestamptz)""")
    op.execute("CREATE INDEX passkey_user ON passkey (user_id)")
    op.execute("""
        CREATE TABLE passkey_challenge (
            challenge bytea PRIMARY KEY,
            user_id bigint REFERENCES user_account ON DELETE CASCADE,
            expires_at timestamptz NOT NULL)""")
    grant_app("recovery_code", "passkey", "passkey_challenge")


def _letters() -> None:
    op.execute("""
        CREATE TABLE letter (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text NOT NULL CONSTRAINT ck_letter_kind CHECK (kind ~ '^[a-z_]{3,40}$'),
            recipient text NOT NULL,
            language text NOT NULL CONSTRAINT ck_letter_language CHECK (language IN ('en', 'ru')),
            sealed bytea,
            state text NOT NULL DEFAULT 'waiting'
                CONSTRAINT ck_letter_state CHECK (state IN ('waiting', 'sent', 'dead')),
            attempts int NOT NULL DEFAULT 0 CONSTRAINT ck_letter_attempts CHECK (attempts >= 0),
            error text,
            created_at timestamptz NOT NULL,
            closed_at timestamptz,
            CONSTRAINT ck_letter_sealed CHECK ((state = 'sent') = (sealed IS NULL)),
            CONSTRAINT ck_letter_closed CHECK ((state = 'waiting') = (closed_at IS NULL)))""")
    op.execute("CREATE INDEX letter_open ON letter (state, id) WHERE state <> 'sent'")
    op.execute("CREATE INDEX letter_age ON letter USING brin (created_at)")
    grant_app("letter")
