"""The cash part of orders: payments with everything that was asked of the payment provider.

`payment_transition` holds the state machine of `catalog/payments/states.py`: every recorded change refers to a row of
it. What was asked (`payment_request`) carries its idempotency key from before the first call; what the provider calls
in (`payment_event`) is stored first and understood later; what does not agree (`payment_case`) waits for people.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only, grant_read

revision = "0023_payments"
down_revision = "0022_suppliers"

_TRANSITIONS = (
    " created",
    "created opened",
    "created voided",
    "created failed",
    "opened authorized",
    "opened voided",
    "opened expired",
    "opened failed",
    "authorized partly_captured",
    "authorized captured",
    "authorized voided",
    "authorized expired",
    "partly_captured captured",
)

_PAYMENTS = (
    """
    CREATE TABLE payment_transition (
        from_state text NOT NULL,
        to_state text NOT NULL,
        PRIMARY KEY (from_state, to_state))""",
    """
    CREATE TABLE payment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        ref text COLLATE "C" NOT NULL CONSTRAINT uq_payment_ref UNIQUE,
        program_id int NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT ck_payment_amount CHECK (amount_minor > 0),
        currency text NOT NULL CONSTRAINT ck_payment_currency CHECK (currency ~ '^[A-Z]{3}$'),
        description text NOT NULL,
        locale text NOT NULL,
        success_url text NOT NULL,
        cancel_url text NOT NULL,
        expires_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'created',
        code text,
        session_id text COLLATE "C" CONSTRAINT uq_payment_session UNIQUE,
        url text,
        intent_id text COLLATE "C" CONSTRAINT uq_payment_intent UNIQUE,
        authorized_minor bigint NOT NULL DEFAULT 0,
        wanted_minor bigint NOT NULL DEFAULT 0,
        captured_minor bigint NOT NULL DEFAULT 0,
        voided_minor bigint NOT NULL DEFAULT 0,
        refunded_minor bigint NOT NULL DEFAULT 0,
        many_captures boolean NOT NULL DEFAULT false,
        capture_before timestamptz,
        decided boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        looked_at timestamptz,
        compared_at timestamptz,
        CONSTRAINT ck_payment_authorized CHECK (authorized_minor IN (0, amount_minor)),
        CONSTRAINT ck_payment_wanted CHECK (wanted_minor BETWEEN 0 AND authorized_minor),
        CONSTRAINT ck_payment_captured CHECK
            (captured_minor >= 0 AND voided_minor >= 0 AND captured_minor + voided_minor <= authorized_minor),
        CONSTRAINT ck_payment_refunded CHECK (refunded_minor BETWEEN 0 AND captured_minor),
        CONSTRAINT ck_payment_opened CHECK (state NOT IN ('opened', 'authorized', 'partly_captured', 'captured')
            OR (session_id IS NOT NULL AND url IS NOT NULL))) WITH (fillfactor = 70)""",
    "CREATE INDEX payment_live ON payment (id) WHERE state IN ('opened', 'authorized', 'partly_captured')",
    """
    CREATE TABLE payment_change (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        payment_id bigint NOT NULL REFERENCES payment,
        from_state text NOT NULL,
        to_state text NOT NULL,
        code text,
        actor text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_payment_change_once UNIQUE (payment_id, to_state),
        CONSTRAINT fk_payment_change_transition FOREIGN KEY (from_state, to_state) REFERENCES payment_transition)""",
    """
    CREATE TABLE payment_request (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        payment_id bigint NOT NULL REFERENCES payment,
        kind text NOT NULL CONSTRAINT ck_payment_request_kind
            CHECK (kind IN ('open', 'close', 'capture', 'void', 'refund')),
        key text COLLATE "C" NOT NULL CONSTRAINT uq_payment_request_key UNIQUE,
        round int NOT NULL DEFAULT 0,
        amount_minor bigint NOT NULL DEFAULT 0,
        final boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'created' CONSTRAINT ck_payment_request_state
            CHECK (state IN ('created', 'asked', 'unknown', 'done', 'refused', 'dropped')),
        external_id text,
        code text,
        requests int NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        asked_at timestamptz,
        answered_at timestamptz,
        CONSTRAINT ck_payment_request_amount CHECK ((kind IN ('capture', 'refund')) = (amount_minor > 0)),
        CONSTRAINT ck_payment_request_answered CHECK
            ((state IN ('done', 'refused', 'dropped')) = (answered_at IS NOT NULL))) WITH (fillfactor = 70)""",
    "CREATE INDEX payment_request_payment ON payment_request (payment_id, id)",
    """
    CREATE INDEX payment_request_waiting ON payment_request (id) WHERE state IN ('created', 'asked', 'unknown')""",
    "CREATE UNIQUE INDEX payment_request_once ON payment_request (payment_id, kind) WHERE kind IN ('open', 'close')",
)

_NEWS = (
    """
    CREATE TABLE payment_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id text COLLATE "C" NOT NULL CONSTRAINT uq_payment_event_event UNIQUE,
        kind text NOT NULL,
        ref text,
        session_id text,
        intent_id text,
        state text NOT NULL DEFAULT 'received' CONSTRAINT ck_payment_event_state
            CHECK (state IN ('received', 'processed', 'ignored', 'unmatched')),
        occurred_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        processed_at timestamptz,
        CONSTRAINT ck_payment_event_processed CHECK ((state = 'received') = (processed_at IS NULL)))""",
    "CREATE INDEX payment_event_waiting ON payment_event (id) WHERE state = 'received'",
    # One row = one thing about one payment on which the provider and we do not agree, or that it refuses.
    """
    CREATE TABLE payment_case (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int,
        payment_id bigint REFERENCES payment,
        subject text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_payment_case_kind CHECK (kind IN
            ('unmatched', 'amount', 'captured', 'refunded', 'missing', 'refused', 'lapsing', 'lapsed')),
        ours text NOT NULL,
        theirs text NOT NULL,
        found_at timestamptz NOT NULL DEFAULT now(),
        seen_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz,
        closed_by text,
        reason text,
        CONSTRAINT ck_payment_case_closed CHECK (num_nulls(closed_at, closed_by, reason) IN (0, 3)))""",
    "CREATE UNIQUE INDEX payment_case_open ON payment_case (subject, kind) WHERE closed_at IS NULL",
    # Orders: under which reference an order's cash part is known.
    """
    CREATE TABLE order_payment (
        order_id bigint PRIMARY KEY REFERENCES customer_order,
        payment_ref text COLLATE "C" NOT NULL CONSTRAINT uq_order_payment_ref UNIQUE)""",
    # What other rooms may know of a payment: whoever asked for it knows the reference.
    """
    CREATE VIEW payment_amounts AS
    SELECT ref, program_id, state, amount_minor, currency, authorized_minor, wanted_minor, captured_minor, voided_minor,
           refunded_minor, decided
      FROM payment""",
)


def upgrade() -> None:
    for statement in _PAYMENTS + _NEWS:
        op.execute(statement)
    rows = ", ".join("('{}', '{}')".format(*pair.split(" ")) for pair in _TRANSITIONS)
    op.execute(f"INSERT INTO payment_transition (from_state, to_state) VALUES {rows}")
    grant_app("payment", "payment_request", "payment_event", "payment_case")
    grant_append_only("payment_change", "order_payment")
    grant_read("payment_transition", "payment_amounts")
