"""A partner's own files, how they differ from ours, and disputes on what was stated.

The lines of a file lie in `reconciliation_line` only until they are compared; what differs stays. Both may be millions
of rows, so they have no foreign keys: one statement writes them, and a check per row would cost more than the rows.
`again` marks the lines whose external id the file has more than once.

`dispute_claim` is the law that no line is disputed for more than it is worth: every dispute adds its amount to the rows
of its statement, its document and its movement, and none may pass its limit.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_app, grant_append_only, grant_read

revision = "0030_reconciliation"
down_revision = "0029_payouts"

_CLASSES = "'missing_here', 'missing_there', 'duplicate', 'amount', 'points', 'rate', 'late'"

# What purchases show of their receipts. Grain: one row = one purchase, return or void under its (partner, external id);
# what goes back to the customer is negative.
_RECEIPTS = """
    CREATE VIEW purchase_receipts AS
    SELECT program_id, partner_id, external_id, 'purchase' AS kind, occurred_at, recorded_at,
           total_minor AS amount_minor, currency
      FROM purchase
     UNION ALL
    SELECT p.program_id, r.partner_id, r.external_id, r.kind, r.occurred_at, r.recorded_at, -r.refund_minor, p.currency
      FROM purchase_return r JOIN purchase p ON p.id = r.purchase_id
"""

# What accruals show of the movements: also of those that wait for an agreement. Grain: one row = one movement.
# `points` are positive when issued, negative when clawed back; `redeemed` likewise. `rate` is the price per whole point
# that was applied: the redeemer's of a redemption that has one, else the funder's.
_MOVEMENTS = """
    CREATE VIEW accrued_movements AS
    SELECT movement_id, program_id, partner_id, external_id, kind, currency_id, period_id, occurred_on, booked_on,
           CASE kind WHEN 'issue' THEN points WHEN 'clawback' THEN -points ELSE 0 END AS points,
           CASE kind WHEN 'redeem' THEN points ELSE 0 END AS redeemed,
           CASE kind WHEN 'redeem' THEN coalesce(redeemer_rate, funding_price) ELSE funding_price END AS rate
      FROM accrual
     UNION ALL
    SELECT movement_id, program_id, partner_id, external_id, kind, currency_id, NULL, occurred_on, occurred_on,
           CASE kind WHEN 'issue' THEN points WHEN 'clawback' THEN -points ELSE 0 END,
           CASE kind WHEN 'redeem' THEN points ELSE 0 END, NULL
      FROM accrual_suspense
"""

# What statements show of their documents. Grain: one row = one invoice or credit note; `holds` are the charges in it,
# each with the number of its agreement.
_DOCUMENTS = """
    CREATE VIEW stated_documents AS
    SELECT d.statement_id, d.id AS document_id, d.kind, d.sign, d.vat_rate, d.gross_minor,
           array(SELECT DISTINCT l.code || ' ' || l.agreement_id FROM statement_line l
                  WHERE l.document_id = coalesce(d.mirrors_id, d.id)) AS holds
      FROM statement_document d
"""

_RECONCILIATIONS = (
    """
    CREATE TABLE reconciliation (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        period text NOT NULL,
        starts_on date NOT NULL,
        ends_on date NOT NULL,
        mapping_id int REFERENCES column_mapping,
        file_name text NOT NULL,
        file_key text NOT NULL,
        size_bytes bigint NOT NULL,
        sha256 text NOT NULL,
        state text NOT NULL DEFAULT 'waiting'
            CONSTRAINT ck_reconciliation_state CHECK (state IN ('waiting', 'reading', 'finished', 'failed')),
        position bigint NOT NULL DEFAULT 0,
        last_line bigint NOT NULL DEFAULT 0,
        lines bigint NOT NULL DEFAULT 0,
        rejected bigint NOT NULL DEFAULT 0,
        error text,
        opened_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        touched_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CONSTRAINT ck_reconciliation_days CHECK (starts_on <= ends_on),
        CONSTRAINT ck_reconciliation_over CHECK ((state IN ('finished', 'failed')) = (finished_at IS NOT NULL)),
        CONSTRAINT ck_reconciliation_error CHECK ((state = 'failed') = (error IS NOT NULL)))""",
    "CREATE INDEX reconciliation_partner ON reconciliation (partner_id, id)",
    "CREATE INDEX reconciliation_program ON reconciliation (program_id, id)",
    "CREATE INDEX reconciliation_open ON reconciliation (touched_at) WHERE state IN ('waiting', 'reading')",
    """
    CREATE TABLE reconciliation_line (
        reconciliation_id bigint NOT NULL,
        line bigint NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        occurred_on date,
        amount_minor bigint,
        points bigint,
        redeemed bigint,
        rate numeric,
        again boolean NOT NULL DEFAULT false)""",
    "CREATE INDEX reconciliation_line_key ON reconciliation_line (reconciliation_id, external_id)",
    """
    CREATE TABLE reconciliation_rejection (
        reconciliation_id bigint NOT NULL REFERENCES reconciliation,
        line bigint NOT NULL,
        code text NOT NULL,
        field text NOT NULL,
        detail text NOT NULL,
        PRIMARY KEY (reconciliation_id, line))""",
    f"""
    CREATE TABLE reconciliation_difference (
        id bigint GENERATED ALWAYS AS IDENTITY,
        reconciliation_id bigint NOT NULL,
        class text NOT NULL CONSTRAINT ck_reconciliation_difference_class CHECK (class IN ({_CLASSES})),
        external_id text COLLATE "C" NOT NULL,
        line bigint,
        lines int NOT NULL,
        occurred_on date,
        booked_on date,
        their_amount_minor bigint,
        our_amount_minor bigint,
        their_points bigint,
        our_points bigint,
        their_redeemed bigint,
        our_redeemed bigint,
        their_rate numeric,
        our_rate numeric,
        movement_id text COLLATE "C",
        PRIMARY KEY (reconciliation_id, id))""",
    "CREATE INDEX reconciliation_difference_class ON reconciliation_difference (reconciliation_id, class, id)",
    f"""
    CREATE TABLE reconciliation_total (
        reconciliation_id bigint NOT NULL REFERENCES reconciliation,
        class text NOT NULL CONSTRAINT ck_reconciliation_total_class CHECK (class IN ('matched', {_CLASSES})),
        count bigint NOT NULL CONSTRAINT ck_reconciliation_total_count CHECK (count >= 0),
        their_amount_minor numeric NOT NULL,
        our_amount_minor numeric NOT NULL,
        their_points numeric NOT NULL,
        our_points numeric NOT NULL,
        their_redeemed numeric NOT NULL,
        our_redeemed numeric NOT NULL,
        PRIMARY KEY (reconciliation_id, class))""",
    # A partner's bucket from which its files are fetched; the period is written in a file's name.
    """
    CREATE TABLE reconciliation_feed (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        bucket text NOT NULL,
        prefix text NOT NULL,
        mapping text,
        every_s int NOT NULL CONSTRAINT ck_reconciliation_feed_every CHECK (every_s BETWEEN 1 AND 31536000),
        next_run_at timestamptz NOT NULL DEFAULT now(),
        last_run_at timestamptz,
        last_error text,
        CONSTRAINT uq_reconciliation_feed UNIQUE (partner_id, bucket, prefix))""",
    "CREATE INDEX reconciliation_feed_next ON reconciliation_feed (next_run_at)",
    """
    CREATE TABLE reconciliation_fetched (
        feed_id int NOT NULL REFERENCES reconciliation_feed,
        key text COLLATE "C" NOT NULL,
        etag text NOT NULL,
        reconciliation_id bigint NOT NULL REFERENCES reconciliation,
        PRIMARY KEY (feed_id, key, etag))""",
)

_DISPUTES = (
    f"""
    CREATE TABLE dispute (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        partner_id int NOT NULL REFERENCES partner,
        legal_entity_id int NOT NULL REFERENCES legal_entity,
        statement_id bigint NOT NULL REFERENCES statement,
        document_id bigint REFERENCES statement_document,
        movement_id text COLLATE "C",
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        side text NOT NULL CONSTRAINT ck_dispute_side CHECK (side IN ('partner', 'operator')),
        sign smallint NOT NULL CONSTRAINT ck_dispute_sign CHECK (sign IN (-1, 1)),
        amount_minor bigint NOT NULL CONSTRAINT ck_dispute_amount CHECK (amount_minor > 0),
        currency text NOT NULL,
        reason text NOT NULL CONSTRAINT ck_dispute_reason CHECK (reason IN ({_CLASSES}, 'other')),
        evidence text NOT NULL,
        reconciliation_id bigint REFERENCES reconciliation,
        difference_id bigint,
        opened_by text NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT now(),
        due_at timestamptz NOT NULL,
        overdue_at timestamptz,
        state text NOT NULL DEFAULT 'open'
            CONSTRAINT ck_dispute_state CHECK (state IN ('open', 'accepted', 'partly', 'refused', 'withdrawn')),
        granted_minor bigint NOT NULL DEFAULT 0,
        decision text,
        decided_by text,
        decided_at timestamptz,
        approval_id bigint REFERENCES approval,
        CONSTRAINT uq_dispute_external_id UNIQUE (partner_id, external_id),
        CONSTRAINT ck_dispute_movement CHECK (movement_id IS NULL OR document_id IS NOT NULL),
        CONSTRAINT ck_dispute_decided CHECK (
            (state = 'open') = (decided_at IS NULL) AND num_nulls(decision, decided_by, decided_at) IN (0, 3)),
        CONSTRAINT ck_dispute_granted CHECK (CASE state
            WHEN 'accepted' THEN granted_minor = amount_minor
            WHEN 'partly' THEN granted_minor > 0 AND granted_minor < amount_minor
            ELSE granted_minor = 0 END),
        CONSTRAINT ck_dispute_adjusted CHECK (approval_id IS NULL OR granted_minor > 0))""",
    "CREATE INDEX dispute_statement ON dispute (statement_id, id)",
    "CREATE INDEX dispute_partner ON dispute (partner_id, id)",
    "CREATE INDEX dispute_program ON dispute (program_id, id)",
    "CREATE INDEX dispute_open ON dispute (due_at) WHERE state = 'open'",
    """
    CREATE TABLE dispute_comment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        dispute_id bigint NOT NULL REFERENCES dispute,
        side text NOT NULL CONSTRAINT ck_dispute_comment_side CHECK (side IN ('partner', 'operator')),
        text text NOT NULL,
        actor text NOT NULL,
        at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX dispute_comment_dispute ON dispute_comment (dispute_id, id)",
    """
    CREATE TABLE dispute_claim (
        statement_id bigint NOT NULL REFERENCES statement,
        subject text COLLATE "C" NOT NULL,
        limit_minor bigint NOT NULL,
        claimed_minor bigint NOT NULL DEFAULT 0,
        granted_minor bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (statement_id, subject),
        CONSTRAINT ck_dispute_claim CHECK (
            granted_minor BETWEEN 0 AND claimed_minor AND claimed_minor <= limit_minor))""",
)


def upgrade() -> None:
    for statement in (*_RECONCILIATIONS, *_DISPUTES):
        op.execute(statement)
    op.execute(_RECEIPTS)
    op.execute(_MOVEMENTS)
    op.execute(_DOCUMENTS)
    # Receipts are asked for by the days they happened on; they arrive nearly in that order.
    op.execute("CREATE INDEX purchase_occurred ON purchase USING brin (occurred_at)")
    op.execute("CREATE INDEX purchase_return_occurred ON purchase_return USING brin (occurred_at)")
    grant_app("reconciliation", "reconciliation_line", "reconciliation_feed", "dispute_claim")
    grant_append_only(
        "reconciliation_rejection", "reconciliation_difference", "reconciliation_total", "reconciliation_fetched"
    )
    grant_append_only("dispute", "dispute_comment")
    decided = "state, granted_minor, decision, decided_by, decided_at, approval_id, overdue_at"
    op.execute(f"GRANT UPDATE ({decided}) ON dispute TO {APP_ROLE}")
    grant_read("purchase_receipts", "accrued_movements", "stated_documents")
