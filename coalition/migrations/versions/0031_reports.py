"""What finance reports read and keep: lots as they change, accruals with their birth, estimates, reports asked for.

The views are the public face of rooms below: nothing above them reads the tables. An estimate or a policy is never
rewritten, so that every figure that was once reported can be explained.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only, grant_read

revision = "0031_reports"
down_revision = "0030_reconciliation"

# Grain: one row = one movement of `ledger_movements`, by the same id, with the lot's end and what it does to the points
# outstanding (`change`: what wallets hold, held points included). A debt (`owe`) changes nothing: its points were spent
# and are claimed back; when another lot pays it, that lot's points go. `lot_id` is the credit that a lot goes back to.
_CHANGES = """
    CREATE VIEW ledger_lot_changes AS
    SELECT 'e' || e.id || '.' || s.no AS movement_id,
           CASE e.kind WHEN 1 THEN 'issue' WHEN 8 THEN 'owe' ELSE 'redeem' END AS kind, e.program_id, e.currency_id,
           e.account_id, s.party_id, c.kind AS counter_kind, c.owner AS counter_owner, s.points,
           CASE WHEN e.kind = 8 THEN 0 ELSE s.points END AS change, e.occurred_at, e.operation, e.external_id,
           e.partner_id, coalesce(e.root_id, e.id) AS lot_id, coalesce(e.issued_at, e.occurred_at) AS issued_at,
           nullif(e.expires_at, 'infinity') AS expires_at
      FROM entry e
      JOIN account c ON c.id = e.contra_id
     CROSS JOIN LATERAL ledger_split(e.funding_id, 0, abs(e.amount)) s
     WHERE e.kind IN (1, 7, 8, 10)
     UNION ALL
    SELECT 'd' || e.id || '.' || a.lot_id || '.' || s.no,
           CASE WHEN e.kind = 6 THEN 'expire' WHEN c.kind = 2 THEN 'clawback' ELSE 'redeem' END, e.program_id,
           e.currency_id, e.account_id, s.party_id, c.kind, c.owner, s.points * sign(a.amount)::int,
           -s.points * sign(a.amount)::int, e.occurred_at, e.operation, e.external_id, e.partner_id,
           coalesce(b.root_id, a.lot_id), coalesce(b.issued_at, b.occurred_at), nullif(a.expires_at, 'infinity')
      FROM entry e
      JOIN account c ON c.id = e.contra_id
      JOIN allocation a ON a.account_id = e.account_id AND a.debit_id = e.id
      LEFT JOIN entry b ON b.account_id = a.account_id AND b.id = a.lot_id
     CROSS JOIN LATERAL ledger_split(a.funding_id, a.drawn_before, a.drawn_before + abs(a.amount)) s
     WHERE e.kind IN (2, 4, 6, 7, 9)
"""

# Grain: one row = the credit or arrival that a lot goes back to, with the receipt it was given for.
_BIRTHS = """
    CREATE VIEW ledger_births AS
    SELECT account_id, id AS lot_id, program_id, kind = 10 AS arrived, operation, external_id, partner_id, occurred_at,
           coalesce(issued_at, occurred_at) AS issued_at
      FROM entry WHERE kind IN (1, 10)"""

# Grain: one row = one wallet, as its lots and holds have it now.
_WALLETS = (
    "CREATE VIEW wallet_points AS SELECT account_id, program_id, currency_id, undrawn + held AS points FROM wallet"
)

# Grain: one row = one accrual, with the birth of its points and the agreement under which they were issued (null: none,
# or the operator's own). `what`: issued, clawed (back out of lots), owed (clawed back though spent), redeemed, lapsed.
_SETTLED = """
    CREATE VIEW settled_points AS
    SELECT a.movement_id, a.program_id, a.period_id, a.currency_id, a.funder_id, a.points, a.agreement_id,
           a.funding_price, a.adjusts, m.issued_at, m.expires_at, a.occurred_on, g.id AS issued_under,
           g.issue_price,
           CASE WHEN a.kind = 'issue' THEN 'issued' WHEN m.kind = 'owe' THEN 'owed'
                WHEN a.kind = 'clawback' THEN 'clawed' WHEN a.kind = 'expire' THEN 'lapsed' ELSE 'redeemed' END AS what
      FROM accrual a
      JOIN ledger_lot_changes m ON m.movement_id = a.movement_id
      JOIN program p ON p.id = a.program_id
      LEFT JOIN agreement g ON g.legal_entity_id = a.funder_id
           AND g.valid @> (m.issued_at AT TIME ZONE p.zone)::date AND g.state = 'active' AND g.funding_mode <> 'none'"""

# Grain: one row = one accrual; the same without the birth of its points, and so without a look into the ledger.
_ACCRUED = """
    CREATE VIEW accrued_points AS
    SELECT a.movement_id, a.program_id, a.period_id, a.currency_id, a.funder_id, a.points, a.agreement_id,
           a.funding_price, a.adjusts,
           CASE WHEN a.kind = 'issue' THEN 'issued'
                WHEN a.kind = 'clawback' AND left(a.movement_id, 1) = 'e' THEN 'owed'
                WHEN a.kind = 'clawback' THEN 'clawed' WHEN a.kind = 'expire' THEN 'lapsed' ELSE 'redeemed' END AS what
      FROM accrual a"""

# Grain: one row = one version of an agreement that was ever in force, and its days.
_AGREED = """
    CREATE VIEW agreement_days AS
    SELECT id AS agreement_id, program_id, legal_entity_id, valid, vat_rate, issue_price, funding_mode
      FROM agreement WHERE state = 'active'"""

# Grain: one row = one period that is closed, and was not opened again since.
_PERIODS = """
    CREATE VIEW settlement_closed_days AS
    SELECT p.program_id, p.id AS period_id, p.starts_on, p.ends_on FROM settlement_period p
     WHERE NOT EXISTS (SELECT FROM settlement_span s WHERE s.period_id = p.id AND s.upto IS NULL)"""

_TABLES = (
    # The part of points that is expected to be redeemed in the end, from a day on; without an entity, for all others.
    """
    CREATE TABLE redemption_expectation (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        currency_id int NOT NULL REFERENCES currency,
        legal_entity_id int REFERENCES legal_entity,
        starts_on date NOT NULL,
        expectation numeric(7, 6) NOT NULL
            CONSTRAINT ck_redemption_expectation_share CHECK (expectation BETWEEN 0 AND 1),
        note text NOT NULL CONSTRAINT ck_redemption_expectation_note CHECK (note <> ''),
        set_by text NOT NULL,
        set_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX redemption_expectation_day ON redemption_expectation (program_id, currency_id, starts_on)",
    # How a program's operator keeps its books; the latest row holds.
    """
    CREATE TABLE revenue_policy (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        role text NOT NULL CONSTRAINT ck_revenue_policy_role CHECK (role IN ('principal', 'agent')),
        service text NOT NULL CONSTRAINT ck_revenue_policy_service CHECK (service IN ('at_once', 'over_life')),
        life_months int NOT NULL CONSTRAINT ck_revenue_policy_life CHECK (life_months BETWEEN 1 AND 120),
        accounts jsonb NOT NULL CONSTRAINT ck_revenue_policy_accounts CHECK (jsonb_typeof(accounts) = 'object'),
        set_by text NOT NULL,
        set_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX revenue_policy_program ON revenue_policy (program_id, id)",
    # A report that was asked for as a file, and what became of it; the file is kept until `keep_until`.
    """
    CREATE TABLE report_job (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        report text NOT NULL,
        format text NOT NULL CONSTRAINT ck_report_job_format CHECK (format IN ('csv', 'xlsx')),
        params jsonb NOT NULL,
        state text NOT NULL DEFAULT 'asked' CONSTRAINT ck_report_job_state
            CHECK (state IN ('asked', 'running', 'done', 'cancelled', 'failed', 'expired')),
        job_id bigint,
        done bigint NOT NULL DEFAULT 0,
        total bigint,
        asked_by text NOT NULL,
        asked_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        keep_until timestamptz,
        file_key text,
        size bigint,
        sha256 text,
        error text,
        CONSTRAINT ck_report_job_file CHECK ((state = 'done') = (file_key IS NOT NULL)),
        CONSTRAINT ck_report_job_finished CHECK ((state IN ('asked', 'running')) = (finished_at IS NULL)))""",
    "CREATE INDEX report_job_open ON report_job (id) WHERE state IN ('asked', 'running')",
    "CREATE INDEX report_job_kept ON report_job (keep_until) WHERE state = 'done'",
)


def upgrade() -> None:
    for statement in (_CHANGES, _BIRTHS, _WALLETS, _SETTLED, _ACCRUED, _AGREED, _PERIODS, *_TABLES):
        op.execute(statement)
    grant_read("ledger_lot_changes", "ledger_births", "wallet_points")
    grant_read("settled_points", "accrued_points", "agreement_days", "settlement_closed_days")
    grant_append_only("redemption_expectation", "revenue_policy")
    grant_app("report_job")
