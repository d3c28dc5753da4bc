"""The points ledger: accounts, the journal, lots and their draws, holds; the view that settlement reads.

The tables and the view are this revision's own. One short CHECK a hot table, because it is parsed anew by every
statement that writes a row (a tenth of an earn's CPU); the laws watch the rest. Of the functions only those that the
view needs are installed here; revision 0010 completes the tables and installs them all.
"""

from alembic import op

from coalition.migrations.functions import install_functions
from coalition.migrations.grants import grant_app, grant_append_only, grant_read, grant_sequences

revision = "0003_ledger"
down_revision = "0002_access"

_TABLES = (
    """
    CREATE TABLE account (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        currency_id int NOT NULL,
        kind smallint NOT NULL CONSTRAINT ck_account_kind CHECK (kind BETWEEN 1 AND 7),
        owner bigint NOT NULL,
        created_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        CONSTRAINT uq_account_owner UNIQUE (program_id, kind, owner, currency_id))""",
    """
    CREATE TABLE funding (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        spec text COLLATE "C" NOT NULL CONSTRAINT uq_funding_spec UNIQUE,
        created_xid xid8 NOT NULL DEFAULT pg_current_xact_id())""",
    """
    CREATE TABLE funding_leg (
        funding_id int NOT NULL REFERENCES funding,
        no smallint NOT NULL,
        party_id bigint NOT NULL,
        weight bigint NOT NULL CONSTRAINT ck_funding_leg_weight CHECK (weight <> 0),
        legs smallint NOT NULL CONSTRAINT ck_funding_leg_no CHECK (no BETWEEN 0 AND legs - 1),
        total bigint NOT NULL CONSTRAINT ck_funding_leg_total CHECK (total > 0),
        PRIMARY KEY (funding_id, no),
        CONSTRAINT uq_funding_leg_party UNIQUE (funding_id, party_id))""",
    "CREATE SEQUENCE entry_id",
    """
    CREATE TABLE entry (
        id bigint NOT NULL DEFAULT nextval('entry_id'),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        occurred_at timestamptz NOT NULL,
        account_id bigint NOT NULL,
        contra_id bigint NOT NULL,
        amount bigint NOT NULL,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        program_id int NOT NULL,
        partner_id int NOT NULL,
        currency_id int NOT NULL,
        kind smallint NOT NULL,
        operation smallint NOT NULL,
        no smallint NOT NULL DEFAULT 0,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        expires_at timestamptz,
        active_at timestamptz,
        funding_id int,
        origin_id bigint,
        root_id bigint,
        CONSTRAINT ck_entry_amount CHECK (amount <> 0),
        PRIMARY KEY (account_id, id),
        CONSTRAINT uq_entry_business_key UNIQUE (partner_id, operation, external_id, no))""",
    "CREATE INDEX entry_root ON entry (account_id, id) WHERE root_id IS NOT NULL",
    """
    CREATE TABLE lot (
        account_id bigint NOT NULL,
        expires_at timestamptz NOT NULL,
        entry_id bigint NOT NULL,
        active_at timestamptz NOT NULL DEFAULT '-infinity',
        amount bigint NOT NULL,
        remaining bigint NOT NULL CONSTRAINT ck_lot_remaining CHECK (remaining > 0 AND remaining <= amount),
        funding_id int NOT NULL,
        PRIMARY KEY (account_id, expires_at, entry_id)) WITH (fillfactor = 85)""",
    "CREATE INDEX lot_expiry ON lot USING brin (expires_at) WITH (pages_per_range = 32)",
    """
    CREATE TABLE allocation (
        debit_id bigint NOT NULL,
        lot_id bigint NOT NULL,
        account_id bigint NOT NULL,
        amount bigint NOT NULL CONSTRAINT ck_allocation_amount CHECK (amount <> 0),
        drawn_before bigint NOT NULL CONSTRAINT ck_allocation_drawn_before CHECK (drawn_before >= 0),
        expires_at timestamptz NOT NULL,
        funding_id int NOT NULL,
        PRIMARY KEY (account_id, debit_id, lot_id))""",
    """
    CREATE TABLE wallet (
        account_id bigint PRIMARY KEY,
        undrawn bigint NOT NULL,
        held bigint NOT NULL DEFAULT 0,
        arrears bigint NOT NULL DEFAULT 0,
        version bigint NOT NULL DEFAULT 0,
        program_id int NOT NULL,
        currency_id int NOT NULL,
        CONSTRAINT ck_wallet_sign CHECK (least(undrawn, held, arrears) >= 0)) WITH (fillfactor = 50)""",
    """
    CREATE TABLE hold (
        account_id bigint NOT NULL,
        id bigint NOT NULL,
        amount bigint NOT NULL CONSTRAINT ck_hold_amount CHECK (amount > 0),
        captured bigint NOT NULL DEFAULT 0,
        released bigint NOT NULL DEFAULT 0,
        state text NOT NULL DEFAULT 'open'
            CONSTRAINT ck_hold_state CHECK (state IN ('open', 'captured', 'released', 'expired')),
        expires_at timestamptz NOT NULL,
        purpose text NOT NULL,
        partner_id int NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz,
        CONSTRAINT ck_hold_resolved CHECK (captured >= 0 AND released >= 0
            AND CASE state WHEN 'open' THEN captured + released < amount ELSE captured + released = amount END),
        PRIMARY KEY (account_id, id)) WITH (fillfactor = 70)""",
    "CREATE INDEX hold_open ON hold (expires_at) WHERE state = 'open'",
)

# Grain: one row = one funding leg of one credit, or of one lot's share in one redemption or expiry. Points are positive
# in the direction of the kind; a draw that is taken back is the same kind with negative points. `lot_id` is the credit
# that the lot goes back to, also where a release has split it; `origin_id` is the hold of a capture.
_MOVEMENTS = """
    CREATE VIEW ledger_movements AS
    SELECT 'e' || e.id || '.' || s.no AS movement_id, e.xid, e.id AS entry_id, 'issue' AS kind, e.program_id,
           e.currency_id, e.account_id, s.party_id, c.kind AS counter_kind, c.owner AS counter_owner, s.points,
           e.occurred_at, e.recorded_at, e.operation, e.external_id, e.partner_id, e.id AS lot_id, e.origin_id
      FROM entry e
      JOIN account c ON c.id = e.contra_id
     CROSS JOIN LATERAL ledger_split(e.funding_id, 0, e.amount) s
     WHERE e.kind = 1
     UNION ALL
    SELECT 'd' || e.id || '.' || a.lot_id || '.' || s.no, e.xid, e.id,
           CASE WHEN e.kind = 6 THEN 'expire' WHEN c.kind = 2 THEN 'clawback' ELSE 'redeem' END, e.program_id,
           e.currency_id, e.account_id, s.party_id, c.kind, c.owner, s.points * sign(a.amount)::int,
           e.occurred_at, e.recorded_at, e.operation, e.external_id, e.partner_id,
           coalesce(b.root_id, a.lot_id), e.origin_id
      FROM entry e
      JOIN account c ON c.id = e.contra_id
      JOIN allocation a ON a.account_id = e.account_id AND a.debit_id = e.id
      LEFT JOIN entry b ON b.account_id = a.account_id AND b.id = a.lot_id AND b.root_id IS NOT NULL
     CROSS JOIN LATERAL ledger_split(a.funding_id, a.drawn_before, a.drawn_before + abs(a.amount)) s
     WHERE e.kind IN (2, 4, 6)
"""


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    install_functions("funding")
    op.execute(_MOVEMENTS)
    grant_app("wallet", "lot", "hold")
    grant_append_only("account", "funding", "funding_leg", "entry", "allocation")
    grant_sequences("entry_id")
    grant_read("ledger_movements")
