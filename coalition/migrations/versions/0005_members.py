"""Members, their identifiers (by keyed hash), profiles, consents, and which partners hold an identifier of whom."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only

revision = "0005_members"
down_revision = "0004_programs"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE member (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            program_id int NOT NULL REFERENCES program,
            enrolled_by int NOT NULL REFERENCES partner,
            external_id text COLLATE "C" NOT NULL,
            request_hash bytea NOT NULL,
            state text NOT NULL DEFAULT 'active' CONSTRAINT ck_member_state CHECK (state IN ('active', 'closed')),
            tier text NOT NULL DEFAULT 'base',
            locale text NOT NULL DEFAULT 'en' CONSTRAINT ck_member_locale CHECK (locale IN ('en', 'ru')),
            enrolled_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_member_external_id UNIQUE (enrolled_by, external_id))""")
    op.execute("""
        CREATE TABLE profile (
            member_id bigint PRIMARY KEY REFERENCES member,
            first_name text NOT NULL DEFAULT '',
            last_name text NOT NULL DEFAULT '',
            email text NOT NULL DEFAULT '',
            phone text NOT NULL DEFAULT '',
            birth_date date)""")
    op.execute("""
        CREATE TABLE identifier (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            member_id bigint NOT NULL REFERENCES member,
            program_id int NOT NULL,
            added_by int NOT NULL REFERENCES partner,
            kind text NOT NULL CONSTRAINT ck_identifier_kind CHECK (kind IN ('card', 'bank_card_token', 'barcode', 'qr',
                'nfc', 'rfid', 'phone', 'email', 'external', 'app')),
            value_hash bytea NOT NULL CONSTRAINT ck_identifier_hash CHECK (length(value_hash) = 32),
            hint text NOT NULL,
            state text NOT NULL DEFAULT 'active'
                CONSTRAINT ck_identifier_state CHECK (state IN ('active', 'blocked')),
            added_at timestamptz NOT NULL DEFAULT now(),
            blocked_at timestamptz,
            CONSTRAINT ck_identifier_blocked CHECK ((state = 'blocked') = (blocked_at IS NOT NULL)))""")
    op.execute("CREATE UNIQUE INDEX uq_identifier_active ON identifier (value_hash) WHERE state = 'active'")
    op.execute("CREATE INDEX identifier_member ON identifier (member_id, id)")
    op.execute("""
        CREATE TABLE consent (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            member_id bigint NOT NULL REFERENCES member,
            purpose text NOT NULL,
            granted_at timestamptz NOT NULL,
            text_version text NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT uq_consent UNIQUE (member_id, purpose, granted_at))""")
    op.execute("""
        CREATE TABLE member_partner (
            member_id bigint NOT NULL REFERENCES member,
            partner_id int NOT NULL REFERENCES partner,
            since timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (member_id, partner_id))""")
    grant_app("member", "profile", "identifier", "member_partner")
    grant_append_only("consent")
