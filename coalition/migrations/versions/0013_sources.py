"""Where purchases come from: sources, column mappings, events, bank transactions' rules, the suspense queue."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only

revision = "0013_sources"
down_revision = "0012_people"

_CODE = "~ '^[a-z0-9][a-z0-9._-]{0,39}$'"
_TABLES = (
    f"""
    CREATE TABLE column_mapping (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        partner_id int NOT NULL REFERENCES partner,
        name text NOT NULL CONSTRAINT ck_column_mapping_name CHECK (name {_CODE}),
        version int NOT NULL,
        definition jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_column_mapping UNIQUE (partner_id, name, version))""",
    f"""
    CREATE TABLE source (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        code text NOT NULL CONSTRAINT ck_source_code CHECK (code {_CODE}),
        kind text NOT NULL CONSTRAINT ck_source_kind CHECK (kind IN ('api', 'registry', 's3', 'bank', 'event')),
        name text NOT NULL,
        state text NOT NULL DEFAULT 'active' CONSTRAINT ck_source_state CHECK (state IN ('active', 'paused')),
        mapping text,
        location jsonb,
        every_s int CONSTRAINT ck_source_every CHECK (every_s BETWEEN 1 AND 31536000),
        next_run_at timestamptz,
        dedupe text NOT NULL,
        last_run_at timestamptz,
        last_error text,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_source_pulled CHECK ((kind = 's3') = (location IS NOT NULL)
            AND (every_s IS NULL) = (next_run_at IS NULL) AND (kind = 's3' OR every_s IS NULL)),
        CONSTRAINT uq_source_code UNIQUE (partner_id, code))""",
    "CREATE INDEX source_due ON source (next_run_at) WHERE state = 'active' AND next_run_at IS NOT NULL",
    """
    CREATE TABLE source_file (
        source_id int NOT NULL REFERENCES source,
        key text NOT NULL,
        etag text NOT NULL,
        size_bytes bigint NOT NULL,
        registry_id bigint NOT NULL REFERENCES registry,
        pulled_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (source_id, key, etag))""",
    """
    ALTER TABLE registry
        ADD COLUMN source_id int REFERENCES source,
        ADD COLUMN mapping_id int REFERENCES column_mapping,
        ADD COLUMN dry_run boolean NOT NULL DEFAULT false,
        ADD COLUMN suspended bigint NOT NULL DEFAULT 0 CONSTRAINT ck_registry_suspended CHECK (suspended >= 0),
        DROP CONSTRAINT ck_registry_counts,
        ADD CONSTRAINT ck_registry_counts CHECK (accepted + replayed + rejected + suspended = lines)""",
    "CREATE INDEX registry_source ON registry (source_id) WHERE source_id IS NOT NULL",
    "ALTER TABLE purchase ADD COLUMN source_id int",
    """
    ALTER TABLE base_rule
        ADD COLUMN mccs text[],
        ADD COLUMN mccs_excluded text[] NOT NULL DEFAULT '{}',
        ADD COLUMN event_type text,
        ADD CONSTRAINT ck_base_rule_event CHECK (
            event_type IS NULL OR (mccs IS NULL AND mccs_excluded = '{}' AND event_type ~ '^[a-z][a-z0-9_.-]{0,39}$'))
    """,
    """
    CREATE TABLE event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        occurred_at timestamptz NOT NULL,
        member_id bigint NOT NULL,
        program_id int NOT NULL,
        partner_id int NOT NULL,
        source_id int,
        registry_id bigint,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        type text NOT NULL CONSTRAINT ck_event_type CHECK (type ~ '^[a-z][a-z0-9_.-]{0,39}$'),
        attributes jsonb NOT NULL,
        actor text NOT NULL,
        request_id text,
        CONSTRAINT uq_event_external_id UNIQUE (partner_id, external_id))""",
    "CREATE INDEX event_member ON event (member_id, occurred_at)",
    "CREATE INDEX event_registry ON event (registry_id) WHERE registry_id IS NOT NULL",
    """
    CREATE TABLE event_award (
        event_id bigint NOT NULL REFERENCES event,
        no smallint NOT NULL,
        account_id bigint NOT NULL,
        entry_id bigint NOT NULL,
        units bigint NOT NULL CONSTRAINT ck_event_award_units CHECK (units > 0),
        available_at timestamptz NOT NULL,
        expires_at timestamptz,
        currency_id int NOT NULL,
        rule_id int NOT NULL REFERENCES base_rule,
        reason_key text NOT NULL,
        reason_params jsonb NOT NULL,
        PRIMARY KEY (event_id, no))""",
    """
    CREATE TABLE suspense (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        source_id int REFERENCES source,
        registry_id bigint REFERENCES registry,
        line bigint,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        member_kind text NOT NULL,
        value_hash bytea NOT NULL CONSTRAINT ck_suspense_hash CHECK (length(value_hash) = 32),
        hint text NOT NULL,
        receipt jsonb NOT NULL,
        state text NOT NULL DEFAULT 'waiting'
            CONSTRAINT ck_suspense_state CHECK (state IN ('waiting', 'posted', 'refused', 'dismissed')),
        reason text,
        purchase_id bigint,
        created_at timestamptz NOT NULL DEFAULT now(),
        resolved_at timestamptz,
        CONSTRAINT ck_suspense_resolved CHECK ((state = 'waiting') = (resolved_at IS NULL)
            AND (state = 'posted') = (purchase_id IS NOT NULL)
            AND (state IN ('refused', 'dismissed')) = (reason IS NOT NULL)))""",
    "CREATE UNIQUE INDEX uq_suspense_open ON suspense (partner_id, external_id) WHERE state IN ('waiting', 'refused')",
    "CREATE INDEX suspense_waiting ON suspense (value_hash) WHERE state = 'waiting'",
    "CREATE INDEX suspense_registry ON suspense (registry_id) WHERE registry_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_app("source", "suspense")
    grant_append_only("column_mapping", "source_file", "event", "event_award")
