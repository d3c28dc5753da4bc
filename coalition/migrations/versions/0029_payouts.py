"""Payment runs, what a provider was asked and answered, invoices, and what a bank says has been paid.

`payout_transition` holds the state machines of `settlement/payouts/states.py`: every recorded change refers to a row of
it. That a statement is paid once is the index `payout_statement`; that a payment is begun once, the idempotency key of
its request (`payout_request`), which is stored before the first call. Receipts are append-only, but for whom they are
matched with. An account (`entity_account`) is never changed: a new row takes the place of an old one.
"""

from alembic import op

from coalition.migrations.grants import APP_ROLE, grant_append_only, grant_read

revision = "0029_payouts"
down_revision = "0028_proofs"

_RUN = (
    " recorded",
    "recorded reserved",
    "recorded aborted",
    "reserved committed",
    "reserved aborted",
    "committed settled",
    "settled committed",
)
_PAYMENT = (
    " recorded",
    "recorded reserved",
    "recorded aborted",
    "reserved committed",
    "reserved aborted",
    "committed accepted",
    "committed partly_paid",
    "committed settled",
    "committed rejected",
    "accepted partly_paid",
    "accepted settled",
    "accepted rejected",
    "partly_paid settled",
    "partly_paid accepted",
    "partly_paid rejected",
    "settled accepted",
    "settled partly_paid",
    "settled rejected",
    "rejected committed",
    "rejected partly_paid",
    "rejected settled",
    "rejected dropped",
)

_ACCOUNTS = (
    """
    CREATE TABLE entity_account (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        legal_entity_id int NOT NULL REFERENCES legal_entity,
        kind text NOT NULL CONSTRAINT ck_entity_account_kind CHECK (kind IN ('iban', 'stripe')),
        holder text NOT NULL CONSTRAINT ck_entity_account_holder CHECK (length(holder) BETWEEN 1 AND 70),
        currency text NOT NULL CONSTRAINT ck_entity_account_currency CHECK (currency ~ '^[A-Z]{3}$'),
        iban text NOT NULL DEFAULT '' CONSTRAINT ck_entity_account_iban CHECK (iban ~ '^([A-Z0-9]{5,34})?$'),
        bic text NOT NULL DEFAULT '' CONSTRAINT ck_entity_account_bic CHECK (bic ~ '^([A-Z0-9]{8}([A-Z0-9]{3})?)?$'),
        connected text NOT NULL DEFAULT ''
            CONSTRAINT ck_entity_account_connected CHECK (connected ~ '^(acct_[A-Za-z0-9]{1,64})?$'),
        email text NOT NULL DEFAULT '',
        approval_id bigint NOT NULL CONSTRAINT uq_entity_account_approval UNIQUE REFERENCES approval,
        verified_at timestamptz NOT NULL DEFAULT now(),
        retired_at timestamptz,
        CONSTRAINT ck_entity_account_parts CHECK (CASE kind
            WHEN 'iban' THEN iban <> '' AND connected = ''
            ELSE iban = '' AND bic = '' AND email <> '' END))""",
    """
    CREATE UNIQUE INDEX entity_account_current ON entity_account (legal_entity_id, kind) WHERE retired_at IS NULL""",
    "CREATE INDEX entity_account_iban ON entity_account (iban) WHERE iban <> ''",
)

_RUNS = (
    """
    CREATE TABLE payout_transition (
        machine text NOT NULL,
        from_state text NOT NULL,
        to_state text NOT NULL,
        PRIMARY KEY (machine, from_state, to_state))""",
    """
    CREATE TABLE payout_run (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        period_id int NOT NULL REFERENCES settlement_period,
        no int NOT NULL CONSTRAINT ck_payout_run_no CHECK (no > 0),
        state text NOT NULL DEFAULT 'recorded',
        content_hash bytea,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        reserved_by text,
        approval_id bigint REFERENCES approval,
        committed_by text,
        committed_at timestamptz,
        settled_at timestamptz,
        CONSTRAINT ck_payout_run_reserved CHECK (state NOT IN ('reserved', 'committed', 'settled')
            OR (content_hash IS NOT NULL AND reserved_by IS NOT NULL)),
        CONSTRAINT ck_payout_run_four_eyes CHECK ((state IN ('committed', 'settled')) = (committed_by IS NOT NULL)
            AND committed_by <> reserved_by))""",
    # One first run for each period; others only take statements that no run has paid.
    "CREATE UNIQUE INDEX payout_run_once ON payout_run (period_id, no) WHERE state <> 'aborted'",
    """
    CREATE TABLE payout_payment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id bigint NOT NULL REFERENCES payout_run,
        statement_id bigint NOT NULL REFERENCES statement,
        legal_entity_id int NOT NULL REFERENCES legal_entity,
        direction text NOT NULL CONSTRAINT ck_payout_payment_direction CHECK (direction IN ('in', 'out')),
        amount_minor bigint NOT NULL CONSTRAINT ck_payout_payment_amount CHECK (amount_minor > 0),
        currency text NOT NULL CONSTRAINT ck_payout_payment_currency CHECK (currency ~ '^[A-Z]{3}$'),
        state text NOT NULL DEFAULT 'recorded',
        provider text,
        account_id bigint REFERENCES entity_account,
        due_on date,
        external_id text COLLATE "C",
        url text,
        code text,
        paid_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_payout_payment_paid CHECK (paid_minor >= 0),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        looked_at timestamptz,
        CONSTRAINT ck_payout_payment_settled CHECK ((state = 'settled') = (paid_minor >= amount_minor)),
        CONSTRAINT ck_payout_payment_reserved CHECK (state IN ('recorded', 'aborted')
            OR (provider IS NOT NULL AND due_on IS NOT NULL AND (direction = 'in' OR account_id IS NOT NULL))))
        WITH (fillfactor = 70)""",
    # A statement is paid once.
    """
    CREATE UNIQUE INDEX payout_payment_statement ON payout_payment (statement_id)
     WHERE state NOT IN ('aborted', 'dropped')""",
    "CREATE INDEX payout_payment_run ON payout_payment (run_id, id)",
    "CREATE UNIQUE INDEX payout_payment_external ON payout_payment (provider, external_id)",
    """
    CREATE TABLE payout_change (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        machine text NOT NULL,
        run_id bigint NOT NULL REFERENCES payout_run,
        payment_id bigint REFERENCES payout_payment,
        from_state text NOT NULL,
        to_state text NOT NULL,
        code text,
        actor text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT ck_payout_change_machine CHECK ((machine = 'run') = (payment_id IS NULL)),
        CONSTRAINT fk_payout_change_transition
            FOREIGN KEY (machine, from_state, to_state) REFERENCES payout_transition)""",
    "CREATE INDEX payout_change_run ON payout_change (run_id, id)",
    # What the provider is asked: the key is there before the first call. A refused request may be followed by another.
    """
    CREATE TABLE payout_request (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        payment_id bigint NOT NULL REFERENCES payout_payment,
        round int NOT NULL,
        key text COLLATE "C" NOT NULL CONSTRAINT uq_payout_request_key UNIQUE,
        state text NOT NULL DEFAULT 'created' CONSTRAINT ck_payout_request_state
            CHECK (state IN ('created', 'asked', 'unknown', 'done', 'refused', 'superseded')),
        code text,
        requests int NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        asked_at timestamptz,
        answered_at timestamptz,
        CONSTRAINT ck_payout_request_answered CHECK
            ((state IN ('done', 'refused', 'superseded')) = (answered_at IS NOT NULL)),
        CONSTRAINT uq_payout_request_round UNIQUE (payment_id, round)) WITH (fillfactor = 70)""",
    """
    CREATE UNIQUE INDEX payout_request_live ON payout_request (payment_id)
     WHERE state IN ('created', 'asked', 'unknown')""",
)

_NEWS = (
    """
    CREATE TABLE payout_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        provider text NOT NULL,
        event_id text COLLATE "C" NOT NULL,
        kind text NOT NULL,
        ref text,
        external_id text,
        state text NOT NULL DEFAULT 'received' CONSTRAINT ck_payout_event_state
            CHECK (state IN ('received', 'processed', 'unmatched')),
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        processed_at timestamptz,
        CONSTRAINT uq_payout_event_event UNIQUE (provider, event_id),
        CONSTRAINT ck_payout_event_processed CHECK ((state = 'received') = (processed_at IS NULL)))""",
    # Money that has moved, as its provider or the bank tells it: for a payment, or for nobody knows which yet.
    """
    CREATE TABLE payout_receipt (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int REFERENCES program,
        payment_id bigint REFERENCES payout_payment,
        amount_minor bigint NOT NULL CONSTRAINT ck_payout_receipt_amount CHECK (amount_minor > 0),
        currency text NOT NULL CONSTRAINT ck_payout_receipt_currency CHECK (currency ~ '^[A-Z]{3}$'),
        direction text NOT NULL CONSTRAINT ck_payout_receipt_direction CHECK (direction IN ('in', 'out')),
        reference text NOT NULL,
        source text NOT NULL,
        value_on date NOT NULL,
        payer text NOT NULL DEFAULT '',
        note text NOT NULL DEFAULT '',
        recorded_at timestamptz NOT NULL DEFAULT now(),
        matched_at timestamptz,
        matched_by text,
        CONSTRAINT uq_payout_receipt_reference UNIQUE (source, reference),
        CONSTRAINT ck_payout_receipt_matched CHECK (num_nulls(payment_id, matched_at, matched_by) IN (0, 3)))""",
    "CREATE INDEX payout_receipt_payment ON payout_receipt (payment_id)",
    "CREATE INDEX payout_receipt_waiting ON payout_receipt (id) WHERE payment_id IS NULL",
)

# What of each row may change; what is paid to whom, and how much, never does.
_CHANGING = {
    "entity_account": "retired_at",
    "payout_run": "state, content_hash, reserved_by, approval_id, committed_by, committed_at, settled_at",
    "payout_payment": "state, provider, account_id, due_on, external_id, url, code, paid_minor, looked_at",
    "payout_request": "state, code, requests, asked_at, answered_at",
    "payout_event": "state, processed_at",
    "payout_receipt": "payment_id, matched_at, matched_by",
}

# The bank's own tables (files of orders, statements of account) follow here.
# An invoice is written once and never changed. Numbers count up per seller and year without a gap, because each but the
# first refers to the one before it.
_BANK = (
    """
    CREATE TABLE invoice (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        statement_id bigint NOT NULL REFERENCES statement,
        document_no int NOT NULL CONSTRAINT ck_invoice_document CHECK (document_no > 0),
        seller_id int NOT NULL REFERENCES legal_entity,
        buyer_id int NOT NULL REFERENCES legal_entity,
        year int NOT NULL,
        seq int NOT NULL CONSTRAINT ck_invoice_seq CHECK (seq > 0),
        prior int GENERATED ALWAYS AS (nullif(seq - 1, 0)) STORED,
        number text COLLATE "C" NOT NULL,
        type_code text NOT NULL CONSTRAINT ck_invoice_type CHECK (type_code IN ('380', '381', '389', '261')),
        issued_on date NOT NULL,
        currency text NOT NULL CONSTRAINT ck_invoice_currency CHECK (currency ~ '^[A-Z]{3}$'),
        net_minor bigint NOT NULL CONSTRAINT ck_invoice_net CHECK (net_minor >= 0),
        vat_minor bigint NOT NULL CONSTRAINT ck_invoice_vat CHECK (vat_minor >= 0),
        gross_minor bigint NOT NULL,
        xml bytea NOT NULL,
        xml_sha256 bytea NOT NULL,
        issued_at timestamptz NOT NULL DEFAULT now(),
        issued_by text NOT NULL,
        CONSTRAINT ck_invoice_parties CHECK (seller_id <> buyer_id),
        CONSTRAINT ck_invoice_gross CHECK (gross_minor = net_minor + vat_minor),
        CONSTRAINT ck_invoice_year CHECK (year = extract(year FROM issued_on)),
        CONSTRAINT ck_invoice_xml CHECK (xml_sha256 = sha256(xml)),
        CONSTRAINT uq_invoice_document UNIQUE (statement_id, document_no),
        CONSTRAINT uq_invoice_seq UNIQUE (seller_id, year, seq),
        CONSTRAINT uq_invoice_number UNIQUE (seller_id, number),
        CONSTRAINT fk_invoice_prior FOREIGN KEY (seller_id, year, prior) REFERENCES invoice (seller_id, year, seq))""",
    # A file of transfers for the bank. A request to pay stands in one file, once.
    """
    CREATE TABLE bank_file (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run_id bigint NOT NULL REFERENCES payout_run,
        no int NOT NULL CONSTRAINT ck_bank_file_no CHECK (no > 0),
        message_id text COLLATE "C" NOT NULL CONSTRAINT uq_bank_file_message UNIQUE
            CONSTRAINT ck_bank_file_message CHECK (message_id ~ '^[A-Za-z0-9-]{1,33}$'),
        account_id bigint NOT NULL REFERENCES entity_account,
        currency text NOT NULL,
        execute_on date NOT NULL,
        orders int NOT NULL CONSTRAINT ck_bank_file_orders CHECK (orders > 0),
        total_minor bigint NOT NULL CONSTRAINT ck_bank_file_total CHECK (total_minor > 0),
        file_key text NOT NULL,
        size bigint NOT NULL,
        sha256 bytea NOT NULL CONSTRAINT ck_bank_file_sha256 CHECK (length(sha256) = 32),
        made_at timestamptz NOT NULL,
        made_by text NOT NULL,
        CONSTRAINT uq_bank_file_no UNIQUE (run_id, no))""",
    """
    CREATE TABLE bank_order (
        request_id bigint PRIMARY KEY REFERENCES payout_request,
        file_id bigint NOT NULL REFERENCES bank_file,
        payment_id bigint NOT NULL REFERENCES payout_payment,
        amount_minor bigint NOT NULL CONSTRAINT ck_bank_order_amount CHECK (amount_minor > 0),
        CONSTRAINT uq_bank_order_payment UNIQUE (file_id, payment_id))""",
    # A statement of account as the bank wrote it; `known` of its entries had been told by an earlier one.
    """
    CREATE TABLE bank_statement (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        file_sha256 bytea NOT NULL CONSTRAINT ck_bank_statement_sha256 CHECK (length(file_sha256) = 32),
        place int NOT NULL,
        file_key text NOT NULL,
        program_id int REFERENCES program,
        iban text NOT NULL,
        number text NOT NULL,
        currency text NOT NULL CONSTRAINT ck_bank_statement_currency CHECK (currency ~ '^[A-Z]{3}$'),
        ends_on date NOT NULL,
        opening_minor bigint NOT NULL,
        moved_minor bigint NOT NULL,
        closing_minor bigint NOT NULL,
        entries int NOT NULL,
        known int NOT NULL,
        imported_at timestamptz NOT NULL DEFAULT now(),
        imported_by text NOT NULL,
        CONSTRAINT ck_bank_statement_balance CHECK (opening_minor + moved_minor = closing_minor),
        CONSTRAINT uq_bank_statement_file UNIQUE (file_sha256, place))""",
    """
    CREATE TABLE bank_entry (
        receipt_id bigint PRIMARY KEY REFERENCES payout_receipt,
        statement_id bigint NOT NULL REFERENCES bank_statement,
        iban text NOT NULL,
        reference text COLLATE "C" NOT NULL,
        returned boolean NOT NULL,
        reason text NOT NULL,
        party_iban text NOT NULL,
        texts text[] NOT NULL,
        CONSTRAINT uq_bank_entry_reference UNIQUE (iban, reference))""",
    "CREATE INDEX bank_entry_statement ON bank_entry (statement_id)",
    # What people said of money that had found no payment: each decision is a row, also the one that takes one back.
    """
    CREATE TABLE receipt_decision (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        receipt_id bigint NOT NULL REFERENCES payout_receipt,
        kind text NOT NULL CONSTRAINT ck_receipt_decision_kind
            CHECK (kind IN ('assigned', 'set_aside', 'undone')),
        payment_id bigint REFERENCES payout_payment,
        note text NOT NULL,
        actor text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_receipt_decision_payment CHECK (kind <> 'assigned' OR payment_id IS NOT NULL))""",
    "CREATE INDEX receipt_decision_receipt ON receipt_decision (receipt_id, id)",
)


def upgrade() -> None:
    for statement in (*_ACCOUNTS, *_RUNS, *_NEWS, *_BANK):
        op.execute(statement)
    for machine, pairs in (("run", _RUN), ("payment", _PAYMENT)):
        for pair in pairs:
            at, _, to = pair.partition(" ")
            op.execute(f"INSERT INTO payout_transition VALUES ('{machine}', '{at}', '{to}')")
    grant_read("payout_transition")
    grant_append_only("payout_change", *_CHANGING)
    for table, columns in _CHANGING.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO {APP_ROLE}")
    grant_append_only("invoice", "bank_file", "bank_order", "bank_statement", "bank_entry", "receipt_decision")
