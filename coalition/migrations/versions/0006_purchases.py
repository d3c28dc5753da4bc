"""Base rules; purchases with their lines and awards, never rewritten; registries of purchases with their rejections."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only, grant_sequences

revision = "0006_purchases"
down_revision = "0005_members"

_TABLES = (
    """
    CREATE TABLE base_rule (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        currency_id int NOT NULL REFERENCES currency,
        code text NOT NULL CONSTRAINT ck_base_rule_code CHECK (code ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
        version int NOT NULL,
        points bigint NOT NULL CONSTRAINT ck_base_rule_points CHECK (points BETWEEN 1 AND 1000),
        each_minor bigint NOT NULL CONSTRAINT ck_base_rule_each CHECK (each_minor BETWEEN 1 AND 1000000000),
        funder_id int REFERENCES legal_entity,
        name_en text NOT NULL,
        name_ru text NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_base_rule_validity CHECK (valid_to IS NULL OR valid_to >= valid_from),
        CONSTRAINT uq_base_rule_version UNIQUE (partner_id, code, version),
        CONSTRAINT no_base_rule_overlap EXCLUDE USING gist (
            partner_id WITH =, code WITH =, tstzrange(valid_from, valid_to) WITH &&))""",
    "CREATE SEQUENCE purchase_id",
    """
    CREATE TABLE purchase (
        id bigint PRIMARY KEY DEFAULT nextval('purchase_id'),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        occurred_at timestamptz NOT NULL,
        member_id bigint,
        total_minor bigint NOT NULL CONSTRAINT ck_purchase_total CHECK (total_minor >= 0),
        points_paid_minor bigint NOT NULL DEFAULT 0
            CONSTRAINT ck_purchase_points_paid CHECK (points_paid_minor BETWEEN 0 AND total_minor),
        captured bigint,
        captured_currency_id int,
        hold_account_id bigint,
        hold_id bigint,
        program_id int NOT NULL,
        partner_id int NOT NULL,
        outlet_id int NOT NULL,
        legal_entity_id int NOT NULL,
        registry_id bigint,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        currency text NOT NULL,
        channel text NOT NULL,
        payments jsonb,
        actor text NOT NULL,
        request_id text,
        CONSTRAINT ck_purchase_capture CHECK (
            num_nulls(captured, captured_currency_id, hold_account_id, hold_id) IN (0, 4)),
        CONSTRAINT uq_purchase_external_id UNIQUE (partner_id, external_id))""",
    "CREATE INDEX purchase_member ON purchase (member_id, occurred_at) WHERE member_id IS NOT NULL",
    """
    CREATE TABLE purchase_line (
        purchase_id bigint NOT NULL,
        no smallint NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT ck_purchase_line_amount CHECK (amount_minor >= 0),
        price_minor bigint,
        qty_m bigint,
        sku text,
        name text,
        category text,
        PRIMARY KEY (purchase_id, no))""",
    """
    CREATE TABLE award (
        purchase_id bigint NOT NULL,
        no smallint NOT NULL,
        account_id bigint NOT NULL,
        entry_id bigint NOT NULL,
        units bigint NOT NULL CONSTRAINT ck_award_units CHECK (units > 0),
        available_at timestamptz NOT NULL,
        expires_at timestamptz,
        currency_id int NOT NULL,
        rule_id int NOT NULL,
        lines jsonb NOT NULL,
        reason_key text NOT NULL,
        reason_params jsonb NOT NULL,
        PRIMARY KEY (purchase_id, no))""",
    """
    CREATE TABLE registry (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        state text NOT NULL DEFAULT 'waiting'
            CONSTRAINT ck_registry_state CHECK (state IN ('waiting', 'running', 'finished', 'failed')),
        file_key text NOT NULL,
        size_bytes bigint NOT NULL,
        sha256 text NOT NULL,
        position bigint NOT NULL DEFAULT 0,
        last_line bigint NOT NULL DEFAULT 0,
        lines bigint NOT NULL DEFAULT 0,
        accepted bigint NOT NULL DEFAULT 0,
        replayed bigint NOT NULL DEFAULT 0,
        rejected bigint NOT NULL DEFAULT 0,
        points_issued bigint NOT NULL DEFAULT 0,
        error text,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz,
        CONSTRAINT ck_registry_counts CHECK (accepted + replayed + rejected = lines))""",
    "CREATE INDEX registry_partner ON registry (partner_id, id)",
    """
    CREATE TABLE registry_rejection (
        registry_id bigint NOT NULL REFERENCES registry,
        line bigint NOT NULL,
        code text NOT NULL,
        field text NOT NULL,
        detail text NOT NULL,
        PRIMARY KEY (registry_id, line))""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    grant_app("base_rule", "registry")
    grant_append_only("purchase", "purchase_line", "award", "registry_rejection")
    grant_sequences("purchase_id")
