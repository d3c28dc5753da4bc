"""What is done to points beside purchases: approvals, transfers, conversions, donations, exchanges, adjustments.

A deed and an exchange are written once. What may change is the state of an approval and of a leg of an exchange, and
the checks say in which way: nothing is executed without another person's approval of the very payload.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only

revision = "0015_wallets"
down_revision = "0014_returns"

_APPROVALS = (
    """
    CREATE TABLE approval (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL,
        key text NOT NULL,
        subject text NOT NULL,
        payload jsonb NOT NULL,
        payload_hash bytea NOT NULL CONSTRAINT ck_approval_payload_hash CHECK (octet_length(payload_hash) = 32),
        reason text NOT NULL CONSTRAINT ck_approval_reason CHECK (reason <> ''),
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'requested' CONSTRAINT ck_approval_state
            CHECK (state IN ('requested', 'approved', 'executed', 'rejected', 'expired')),
        approver text,
        approved_at timestamptz,
        approved_hash bytea,
        executed_hash bytea,
        closed_at timestamptz,
        rejection text,
        result jsonb,
        CONSTRAINT ck_approval_four_eyes CHECK (approver <> requested_by),
        CONSTRAINT ck_approval_approved CHECK
            (state NOT IN ('approved', 'executed') OR (approver IS NOT NULL AND approved_hash = payload_hash)),
        CONSTRAINT ck_approval_executed CHECK
            (CASE state WHEN 'executed' THEN executed_hash = payload_hash ELSE executed_hash IS NULL END))""",
    """
    CREATE UNIQUE INDEX approval_living ON approval (kind, key)
        WHERE state IN ('requested', 'approved', 'executed')""",
    "CREATE INDEX approval_waiting ON approval (id) WHERE state IN ('requested', 'approved')",
)

# Grain: one row = one deed. `amount` is what it did to the wallet `account_id`, negative when points were taken;
# `arrived` what came to the other wallet, where there is one. A reversal names the journal row that it undoes.
_DEEDS = (
    """
    CREATE TABLE wallet_deed (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        partner_id int NOT NULL,
        kind text NOT NULL CONSTRAINT ck_wallet_deed_kind
            CHECK (kind IN ('adjustment', 'reversal', 'transfer', 'conversion', 'donation')),
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        member_id bigint NOT NULL,
        account_id bigint NOT NULL,
        entry_id bigint NOT NULL,
        currency_id int NOT NULL,
        amount bigint NOT NULL CONSTRAINT ck_wallet_deed_amount CHECK (amount <> 0),
        to_member_id bigint,
        to_account_id bigint,
        to_currency_id int,
        to_entry_id bigint,
        arrived bigint CONSTRAINT ck_wallet_deed_arrived CHECK (arrived > 0),
        counterparty_id bigint,
        rate numeric,
        reason_code text,
        note text,
        approval_id bigint REFERENCES approval,
        reverses_account_id bigint,
        reverses_entry_id bigint,
        actor text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_wallet_deed_key UNIQUE (partner_id, kind, external_id),
        CONSTRAINT uq_wallet_deed_reverses UNIQUE (reverses_account_id, reverses_entry_id),
        CONSTRAINT ck_wallet_deed_two_wallets CHECK
            (num_nulls(to_account_id, to_entry_id, arrived) IN (0, 3)
             AND (kind NOT IN ('transfer', 'conversion') OR arrived IS NOT NULL)),
        CONSTRAINT ck_wallet_deed_reason CHECK
            (kind NOT IN ('adjustment', 'reversal') OR (reason_code <> '' AND note <> '')),
        CONSTRAINT ck_wallet_deed_reverses CHECK ((kind = 'reversal') = (reverses_entry_id IS NOT NULL)))""",
    "CREATE INDEX wallet_deed_member ON wallet_deed (member_id, id)",
    "CREATE INDEX wallet_deed_entry ON wallet_deed (account_id, entry_id)",
    "CREATE INDEX wallet_deed_to_member ON wallet_deed (to_member_id, id) WHERE to_member_id IS NOT NULL",
    "CREATE INDEX wallet_deed_to_entry ON wallet_deed (to_account_id, to_entry_id) WHERE to_account_id IS NOT NULL",
)

_EXCHANGES = (
    """
    CREATE TABLE foreign_program (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL REFERENCES program,
        code text NOT NULL CONSTRAINT ck_foreign_program_code CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
        name text NOT NULL,
        legal_entity_id int NOT NULL REFERENCES legal_entity,
        currency_id int NOT NULL REFERENCES currency,
        rate numeric(18, 9) NOT NULL CONSTRAINT ck_foreign_program_rate CHECK (rate > 0),
        base_url text NOT NULL,
        secret text NOT NULL,
        open boolean NOT NULL DEFAULT true,
        CONSTRAINT uq_foreign_program_code UNIQUE (program_id, code))""",
    """
    CREATE TABLE exchange (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        partner_id int NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        member_id bigint NOT NULL,
        foreign_program_id int NOT NULL REFERENCES foreign_program,
        foreign_account text NOT NULL,
        account_id bigint NOT NULL,
        hold_id bigint NOT NULL,
        currency_id int NOT NULL,
        points bigint NOT NULL CONSTRAINT ck_exchange_points CHECK (points > 0),
        rate numeric(18, 9) NOT NULL,
        foreign_amount bigint NOT NULL CONSTRAINT ck_exchange_foreign_amount CHECK (foreign_amount > 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_exchange_key UNIQUE (partner_id, external_id),
        CONSTRAINT uq_exchange_hold UNIQUE (account_id, hold_id))""",
    "CREATE INDEX exchange_member ON exchange (member_id, id)",
    # One leg goes out (the foreign program credits), one may come back (it takes the credit away again).
    """
    CREATE TABLE exchange_leg (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        exchange_id bigint NOT NULL REFERENCES exchange,
        direction text NOT NULL CONSTRAINT ck_exchange_leg_direction CHECK (direction IN ('out', 'back')),
        client_ref text NOT NULL CONSTRAINT uq_exchange_leg_client_ref UNIQUE,
        external_id text COLLATE "C" NOT NULL,
        state text NOT NULL DEFAULT 'requested' CONSTRAINT ck_exchange_leg_state
            CHECK (state IN ('requested', 'sent', 'in_doubt', 'confirmed', 'rejected')),
        foreign_ref text,
        code text,
        entry_id bigint,
        requests int NOT NULL DEFAULT 0,
        checks int NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        asked_at timestamptz,
        answered_at timestamptz,
        CONSTRAINT ck_exchange_leg_answered CHECK
            ((state IN ('confirmed', 'rejected')) = (answered_at IS NOT NULL) AND
             (state <> 'confirmed' OR (foreign_ref IS NOT NULL AND entry_id IS NOT NULL)))) WITH (fillfactor = 70)""",
    """
    CREATE UNIQUE INDEX exchange_leg_living ON exchange_leg (exchange_id, direction) WHERE state <> 'rejected'""",
    """
    CREATE INDEX exchange_leg_reversal ON exchange_leg (external_id) WHERE direction = 'back'""",
    """
    CREATE INDEX exchange_leg_undecided ON exchange_leg (id)
        WHERE state IN ('requested', 'sent', 'in_doubt')""",
)
_PARTNER_KINDS = ("operator", "retail", "fuel", "bank", "airline", "supplier", "charity", "other")


def upgrade() -> None:
    for statement in (*_APPROVALS, *_DEEDS, *_EXCHANGES):
        op.execute(statement)
    op.execute("ALTER TABLE partner DROP CONSTRAINT ck_partner_kind")
    op.execute(f"ALTER TABLE partner ADD CONSTRAINT ck_partner_kind CHECK (kind IN {_PARTNER_KINDS})")
    grant_app("approval", "foreign_program", "exchange_leg")
    grant_append_only("wallet_deed", "exchange")
