"""Agreements, periods, accruals and statements.

What was accrued or stated is append-only by grant: a correction is a new row. Of an agreement only its end may change,
so that the prices of a past line never do. The large table (`accrual`) has no foreign keys: its rows are derived from
the ledger's view by one statement, and a check per row would double the price of posting them.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_app, grant_append_only

revision = "0009_settlement"
down_revision = "0008_orders"

_TERMS = (
    """
    CREATE TABLE agreement (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        legal_entity_id int NOT NULL REFERENCES legal_entity,
        version int NOT NULL CONSTRAINT ck_agreement_version CHECK (version > 0),
        valid daterange NOT NULL CONSTRAINT ck_agreement_valid CHECK (NOT isempty(valid) AND NOT lower_inf(valid)),
        funding_mode text NOT NULL,
        issue_price numeric(12, 6) NOT NULL,
        redemption_price numeric(12, 6) NOT NULL,
        service_price numeric(12, 6) NOT NULL CONSTRAINT ck_agreement_service CHECK (service_price >= 0),
        redeemer_rate numeric(12, 6) CONSTRAINT ck_agreement_redeemer CHECK (redeemer_rate >= 0),
        breakage_share numeric(7, 6) NOT NULL
            CONSTRAINT ck_agreement_breakage CHECK (breakage_share BETWEEN 0 AND 1),
        vat_profile text NOT NULL CONSTRAINT ck_agreement_vat_profile CHECK (vat_profile IN ('UK_SERVICE', 'NONE')),
        vat_rate numeric(7, 6) NOT NULL CONSTRAINT ck_agreement_vat_rate
            CHECK (vat_rate >= 0 AND vat_rate < 1 AND (vat_profile <> 'NONE' OR vat_rate = 0)),
        currency text NOT NULL CONSTRAINT ck_agreement_currency CHECK (currency ~ '^[A-Z]{3}$'),
        agreed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_agreement_mode CHECK (CASE funding_mode
            WHEN 'on_issue' THEN issue_price > 0 AND redemption_price = 0
            WHEN 'on_redeem' THEN issue_price = 0 AND redemption_price > 0
            WHEN 'hybrid' THEN issue_price > 0 AND redemption_price > 0
            WHEN 'none' THEN issue_price = 0 AND redemption_price = 0 AND service_price = 0 AND breakage_share = 0
            ELSE false END),
        CONSTRAINT uq_agreement_version UNIQUE (legal_entity_id, version),
        CONSTRAINT ex_agreement_overlap EXCLUDE USING gist (legal_entity_id WITH =, valid WITH &&))""",
)

_ACCRUALS = (
    """
    CREATE TABLE settlement_period (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        code text NOT NULL,
        starts_on date NOT NULL,
        ends_on date NOT NULL,
        CONSTRAINT ck_settlement_period_days CHECK (starts_on <= ends_on),
        CONSTRAINT uq_settlement_period_code UNIQUE (program_id, code),
        CONSTRAINT ex_settlement_period_overlap
            EXCLUDE USING gist (program_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&))""",
    # A period is closed by the one row that can exist here; movements of transactions below `upto` are in it.
    """
    CREATE TABLE settlement_closure (
        period_id int PRIMARY KEY REFERENCES settlement_period,
        upto xid8 NOT NULL,
        closed_at timestamptz NOT NULL DEFAULT now(),
        closed_by text NOT NULL)""",
    """
    CREATE TABLE accrual_watermark (
        program_id int PRIMARY KEY REFERENCES program,
        upto xid8 NOT NULL DEFAULT '0',
        accrued_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 50)""",
    """
    CREATE TABLE accrual (
        movement_id text COLLATE "C" PRIMARY KEY,
        program_id int NOT NULL,
        period_id int NOT NULL,
        kind text NOT NULL CONSTRAINT ck_accrual_kind
            CHECK (kind IN ('issue', 'clawback', 'redeem', 'expire', 'adjust')),
        points bigint NOT NULL,
        currency_id int NOT NULL,
        occurred_at timestamptz NOT NULL,
        occurred_on date NOT NULL,
        booked_on date NOT NULL,
        funder_id bigint NOT NULL,
        agreement_id bigint,
        funding_price numeric,
        service_price numeric,
        redeemer_id bigint,
        redeemer_agreement_id bigint,
        redeemer_rate numeric,
        partner_id int NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        xid xid8 NOT NULL)""",
    "CREATE INDEX accrual_funder ON accrual (period_id, funder_id, occurred_at)",
    "CREATE INDEX accrual_redeemer ON accrual (period_id, redeemer_id, occurred_at) WHERE redeemer_id IS NOT NULL",
    """
    CREATE TABLE accrual_suspense (
        movement_id text COLLATE "C" PRIMARY KEY,
        program_id int NOT NULL,
        xid xid8 NOT NULL,
        kind text NOT NULL,
        points bigint NOT NULL,
        currency_id int NOT NULL,
        occurred_at timestamptz NOT NULL,
        occurred_on date NOT NULL,
        priced_on date NOT NULL,
        funder_id bigint NOT NULL,
        redeemer_id bigint,
        partner_id int NOT NULL,
        external_id text COLLATE "C" NOT NULL)""",
    "CREATE INDEX accrual_suspense_day ON accrual_suspense (program_id, occurred_on)",
    """
    CREATE TABLE supply_accrual (
        consignment_id bigint PRIMARY KEY,
        program_id int NOT NULL,
        period_id int NOT NULL REFERENCES settlement_period,
        legal_entity_id bigint NOT NULL,
        agreement_id bigint,
        cost_minor bigint NOT NULL,
        delivery_minor bigint NOT NULL,
        delivered_at timestamptz NOT NULL,
        delivered_on date NOT NULL,
        booked_on date NOT NULL,
        xid xid8 NOT NULL)""",
    "CREATE INDEX supply_accrual_entity ON supply_accrual (period_id, legal_entity_id, delivered_at)",
    # The watermark reads the journal by transaction; without this, every run would read all of it.
    "CREATE INDEX IF NOT EXISTS entry_xid ON entry (xid)",
)

_STATEMENTS = (
    """
    CREATE TABLE statement (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        period_id int NOT NULL REFERENCES settlement_period,
        legal_entity_id int NOT NULL REFERENCES legal_entity,
        number text NOT NULL,
        is_operator boolean NOT NULL,
        currency text NOT NULL,
        currency_decimals smallint NOT NULL,
        points_decimals smallint NOT NULL,
        attribution text NOT NULL,
        position_minor bigint NOT NULL,
        parties jsonb NOT NULL,
        content_sha256 bytea NOT NULL CONSTRAINT ck_statement_content CHECK (length(content_sha256) = 32),
        issued_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_statement_entity UNIQUE (period_id, legal_entity_id),
        CONSTRAINT uq_statement_number UNIQUE (program_id, number))""",
    "CREATE INDEX statement_entity ON statement (legal_entity_id, id)",
    """
    CREATE TABLE statement_document (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        statement_id bigint NOT NULL REFERENCES statement,
        kind text NOT NULL CONSTRAINT ck_statement_document_kind
            CHECK (kind IN ('issuer_invoice', 'redeemer_invoice', 'supplier_invoice', 'credit_note')),
        counterparty_id int NOT NULL REFERENCES legal_entity,
        sign smallint NOT NULL CONSTRAINT ck_statement_document_sign CHECK (sign IN (-1, 1)),
        vat_rate numeric(7, 6) NOT NULL,
        net_minor bigint NOT NULL,
        vat_minor bigint NOT NULL,
        gross_minor bigint NOT NULL,
        mirrors_id bigint CONSTRAINT uq_statement_document_mirror UNIQUE REFERENCES statement_document,
        CONSTRAINT ck_statement_document_gross CHECK (gross_minor = net_minor + vat_minor))""",
    "CREATE INDEX statement_document_statement ON statement_document (statement_id)",
    """
    CREATE TABLE statement_line (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        document_id bigint NOT NULL REFERENCES statement_document,
        no int NOT NULL,
        code text NOT NULL CONSTRAINT ck_statement_line_code CHECK (code IN (
            'issue_funding', 'service_fee', 'redemption_funding', 'redeemed', 'breakage', 'supplied', 'delivery')),
        agreement_id bigint NOT NULL REFERENCES agreement,
        currency_id int REFERENCES currency,
        quantity bigint NOT NULL,
        unit_price numeric,
        net_minor bigint NOT NULL,
        CONSTRAINT uq_statement_line_no UNIQUE (document_id, no),
        CONSTRAINT ck_statement_line_points CHECK ((currency_id IS NULL) = (unit_price IS NULL)))""",
    """
    CREATE TABLE statement_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        statement_id bigint NOT NULL REFERENCES statement,
        state text NOT NULL CONSTRAINT ck_statement_event_state
            CHECK (state IN ('draft', 'sent', 'agreed', 'disputed', 'paid')),
        at timestamptz NOT NULL DEFAULT now(),
        actor text NOT NULL)""",
    "CREATE INDEX statement_event_statement ON statement_event (statement_id, id)",
)


def upgrade() -> None:
    for statement in (*_TERMS, *_ACCRUALS, *_STATEMENTS):
        op.execute(statement)
    grant_append_only("agreement")
    op.execute(f"GRANT UPDATE (valid) ON agreement TO {APP_ROLE}")
    grant_append_only("settlement_period", "settlement_closure", "accrual", "supply_accrual")
    grant_app("accrual_watermark", "accrual_suspense")
    grant_append_only("statement", "statement_document", "statement_line", "statement_event")
