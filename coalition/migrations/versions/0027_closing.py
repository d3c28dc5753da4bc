"""How a period closes: its checklist, rates of exchange, adjustments, versions of statements, netting.

A period may be reopened, by two people and before anything was sent, so it has a row for each time it was closed and
one for each time it was opened again; the view `settlement_span` says for which transactions it was open. All of it is
append-only by grant. The view of the ledger's movements names what a movement takes back.
"""

from alembic import op

from coalition.migrations.grants import grant_append_only, grant_read

revision = "0027_closing"
down_revision = "0026_terms"

# Grain as in revision 0010; `reverses_id` is the movement of which this one takes points back: for points that are
# given back after a redemption (kind 7) or clawed back (kinds 2 and 8). Of a split lot the leg of the same funder.
_MOVEMENTS = """
    CREATE OR REPLACE VIEW ledger_movements AS
    SELECT 'e' || e.id || '.' || s.no AS movement_id, e.xid, e.id AS entry_id,
           CASE WHEN e.kind = 1 THEN 'issue' WHEN c.kind = 2 THEN 'clawback' ELSE 'redeem' END AS kind, e.program_id,
           e.currency_id, e.account_id, s.party_id, c.kind AS counter_kind, c.owner AS counter_owner,
           CASE WHEN e.kind IN (1, 8) THEN s.points ELSE -s.points END AS points,
           e.occurred_at, e.recorded_at, e.operation, e.external_id, e.partner_id,
           CASE e.kind WHEN 8 THEN e.origin_id ELSE coalesce(e.root_id, e.id) END AS lot_id, e.origin_id,
           coalesce(e.issued_at, e.occurred_at) AS issued_at, coalesce(o.occurred_at, e.occurred_at) AS drawn_at,
           CASE WHEN e.kind = 7 THEN (
                  SELECT 'd' || e.origin_id || '.' || x.lot_id || '.' || l.no
                    FROM allocation x JOIN funding_leg l ON l.funding_id = x.funding_id AND l.party_id = s.party_id
                    LEFT JOIN entry b ON b.account_id = x.account_id AND b.id = x.lot_id
                   WHERE x.account_id = e.account_id AND x.debit_id = e.origin_id
                     AND coalesce(b.root_id, x.lot_id) = e.root_id ORDER BY x.no, x.lot_id LIMIT 1)
                WHEN e.kind = 8 AND c.kind = 2 THEN 'e' || e.origin_id || '.' || coalesce((
                  SELECT l.no FROM entry b JOIN funding_leg l ON l.funding_id = b.funding_id AND l.party_id = s.party_id
                   WHERE b.account_id = e.account_id AND b.id = e.origin_id), s.no) END AS reverses_id
      FROM entry e
      JOIN account c ON c.id = e.contra_id
      LEFT JOIN entry o ON e.kind = 7 AND o.account_id = e.account_id AND o.id = e.origin_id
     CROSS JOIN LATERAL ledger_split(e.funding_id, 0, abs(e.amount)) s
     WHERE e.kind IN (1, 7, 8, 10)
     UNION ALL
    SELECT 'd' || e.id || '.' || a.lot_id || '.' || s.no, e.xid, e.id,
           CASE WHEN e.kind = 6 THEN 'expire' WHEN c.kind = 2 THEN 'clawback' ELSE 'redeem' END, e.program_id,
           e.currency_id, e.account_id, s.party_id, c.kind, c.owner, s.points * sign(a.amount)::int,
           e.occurred_at, e.recorded_at, e.operation, e.external_id, e.partner_id,
           coalesce(b.root_id, a.lot_id), e.origin_id,
           coalesce(b.issued_at, b.occurred_at), coalesce(o.occurred_at, e.occurred_at),
           CASE WHEN e.kind = 7 THEN 'd' || e.origin_id || '.' || a.lot_id || '.' || s.no
                WHEN e.kind = 2 AND c.kind = 2 AND a.lot_id = e.origin_id THEN 'e' || e.origin_id || '.' || s.no
                WHEN e.kind = 2 AND c.kind = 2 THEN 'e' || e.origin_id || '.' || coalesce((
                  SELECT l.no FROM entry f JOIN funding_leg l ON l.funding_id = f.funding_id AND l.party_id = s.party_id
                   WHERE f.account_id = e.account_id AND f.id = e.origin_id), s.no) END
      FROM entry e
      JOIN account c ON c.id = e.contra_id
      JOIN allocation a ON a.account_id = e.account_id AND a.debit_id = e.id
      LEFT JOIN entry b ON b.account_id = a.account_id AND b.id = a.lot_id
      LEFT JOIN entry o ON e.kind = 7 AND o.account_id = e.account_id AND o.id = e.origin_id
     CROSS JOIN LATERAL ledger_split(a.funding_id, a.drawn_before, a.drawn_before + abs(a.amount)) s
     WHERE e.kind IN (2, 4, 6, 7, 9)"""

_PERIODS = (
    """
    ALTER TABLE settlement_closure
        ADD COLUMN version smallint NOT NULL DEFAULT 1 CONSTRAINT ck_settlement_closure_version CHECK (version > 0),
        DROP CONSTRAINT settlement_closure_pkey, ADD PRIMARY KEY (period_id, version)""",
    """
    CREATE TABLE settlement_reopening (
        period_id int NOT NULL,
        version smallint NOT NULL,
        since xid8 NOT NULL,
        reopened_at timestamptz NOT NULL DEFAULT now(),
        approval_id bigint NOT NULL CONSTRAINT uq_settlement_reopening_approval UNIQUE REFERENCES approval,
        reason text NOT NULL,
        PRIMARY KEY (period_id, version),
        FOREIGN KEY (period_id, version) REFERENCES settlement_closure)""",
    # Grain: one row = one stretch of transactions, from `since` to below `upto`, for which a period was open.
    """
    CREATE VIEW settlement_span AS
    SELECT p.id AS period_id, p.program_id, p.starts_on, p.ends_on, o.version, o.since, c.upto
      FROM settlement_period p
     CROSS JOIN LATERAL (
           SELECT 1 AS version, '0'::xid8 AS since
           UNION ALL
           SELECT r.version + 1, r.since FROM settlement_reopening r WHERE r.period_id = p.id) o
      LEFT JOIN settlement_closure c ON c.period_id = p.id AND c.version = o.version""",
    """
    CREATE TABLE close_acceptance (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        period_id int NOT NULL REFERENCES settlement_period,
        version smallint NOT NULL,
        code text NOT NULL,
        count bigint NOT NULL CONSTRAINT ck_close_acceptance_count CHECK (count >= 0),
        reason text NOT NULL CONSTRAINT ck_close_acceptance_reason CHECK (length(reason) BETWEEN 1 AND 500),
        accepted_by text NOT NULL,
        accepted_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX close_acceptance_period ON close_acceptance (period_id, version)",
)

_ACCRUALS = (
    """
    ALTER TABLE accrual
        ADD COLUMN reverses_id text COLLATE "C",
        ADD COLUMN adjusts boolean NOT NULL DEFAULT false""",
    'ALTER TABLE accrual_suspense ADD COLUMN reverses_id text COLLATE "C"',
    # What was in suspense when a period was closed without it, by the id of a movement or of a supply.
    """
    CREATE TABLE accrual_deferral (
        id text COLLATE "C" NOT NULL,
        period_id int NOT NULL REFERENCES settlement_period,
        program_id int NOT NULL,
        upto xid8 NOT NULL,
        PRIMARY KEY (id, period_id))""",
    "CREATE INDEX accrual_deferral_program ON accrual_deferral (program_id)",
    """
    CREATE TABLE adjustment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        period_id int NOT NULL REFERENCES settlement_period,
        legal_entity_id int NOT NULL REFERENCES legal_entity,
        agreement_id bigint NOT NULL REFERENCES agreement,
        amount_minor bigint NOT NULL CONSTRAINT ck_adjustment_amount CHECK (amount_minor <> 0),
        reason_code text NOT NULL,
        note text NOT NULL,
        statement_id bigint REFERENCES statement,
        movement_id text COLLATE "C",
        dispute_ref text,
        approval_id bigint NOT NULL CONSTRAINT uq_adjustment_approval UNIQUE REFERENCES approval,
        booked_on date NOT NULL,
        booked_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX adjustment_period ON adjustment (period_id, legal_entity_id)",
)

_STATEMENTS = (
    """
    CREATE TABLE fx_rate (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        base text NOT NULL CONSTRAINT ck_fx_rate_base CHECK (base ~ '^[A-Z]{3}$'),
        quote text NOT NULL CONSTRAINT ck_fx_rate_quote CHECK (quote ~ '^[A-Z]{3}$' AND quote <> base),
        rate numeric(20, 10) NOT NULL CONSTRAINT ck_fx_rate_rate CHECK (rate > 0),
        source text NOT NULL CONSTRAINT ck_fx_rate_source CHECK (length(source) BETWEEN 1 AND 100),
        at timestamptz NOT NULL,
        entered_by text NOT NULL,
        entered_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_fx_rate_moment UNIQUE (base, quote, at, source))""",
    """
    ALTER TABLE statement
        ADD COLUMN version smallint NOT NULL DEFAULT 1,
        ADD COLUMN settlement_currency text,
        ADD COLUMN settlement_decimals smallint,
        ADD COLUMN settlement_minor bigint,
        ADD COLUMN fx_rate numeric(20, 10),
        ADD COLUMN fx_source text,
        ADD COLUMN fx_at timestamptz,
        DROP CONSTRAINT uq_statement_entity,
        ADD CONSTRAINT uq_statement_entity UNIQUE (period_id, legal_entity_id, version)""",
    "UPDATE statement SET settlement_currency = currency, settlement_decimals = currency_decimals,"
    " settlement_minor = position_minor",
    """
    ALTER TABLE statement
        ALTER COLUMN settlement_currency SET NOT NULL,
        ALTER COLUMN settlement_decimals SET NOT NULL,
        ALTER COLUMN settlement_minor SET NOT NULL,
        ADD CONSTRAINT ck_statement_fx CHECK (CASE WHEN settlement_currency = currency
            THEN num_nonnulls(fx_rate, fx_source, fx_at) = 0 ELSE num_nonnulls(fx_rate, fx_source, fx_at) = 3 END)""",
    """
    ALTER TABLE statement_document
        ADD COLUMN number text,
        DROP CONSTRAINT ck_statement_document_kind,
        ADD CONSTRAINT ck_statement_document_kind CHECK (kind IN ('issuer_invoice', 'redeemer_invoice',
            'supplier_invoice', 'credit_note', 'issuer_credit', 'redeemer_credit', 'adjustment'))""",
    "UPDATE statement_document d SET number = s.number || '-' || coalesce(d.mirrors_id, d.id) FROM statement s"
    " WHERE s.id = d.statement_id",
    """
    ALTER TABLE statement_document
        ALTER COLUMN number SET NOT NULL,
        ADD CONSTRAINT uq_statement_document_number UNIQUE (statement_id, number)""",
    """
    ALTER TABLE statement_line
        DROP CONSTRAINT ck_statement_line_code,
        ADD CONSTRAINT ck_statement_line_code CHECK (code IN ('issue_funding', 'service_fee', 'redemption_funding',
            'redeemed', 'breakage', 'breakage_taxed', 'breakage_untaxed', 'supplied', 'delivery', 'taken_back',
            'adjustment'))""",
    "ALTER TABLE statement_event ADD COLUMN no smallint",
    "UPDATE statement_event e SET no = (SELECT count(*) FROM statement_event o WHERE o.statement_id = e.statement_id"
    " AND o.id <= e.id)",
    """
    ALTER TABLE statement_event
        ALTER COLUMN no SET NOT NULL,
        ADD CONSTRAINT uq_statement_event_no UNIQUE (statement_id, no)""",
    "DROP INDEX statement_event_statement",
)


def upgrade() -> None:
    for statement in (_MOVEMENTS, *_PERIODS, *_ACCRUALS, *_STATEMENTS):
        op.execute(statement)
    grant_append_only("settlement_reopening", "close_acceptance", "accrual_deferral", "adjustment", "fx_rate")
    grant_read("settlement_span")
