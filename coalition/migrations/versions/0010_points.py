"""The ledger beyond the plain path: restrictions, attribution rules, arrears, points given back, moved, idle.

From here on all functions of the ledger are installed, but for those that give back (0039_restoring), and the view
tells when the points were issued and drawn.
"""

from alembic import op

from coalition.migrations.functions import install_functions
from coalition.migrations.grants import grant_app, grant_append_only, grant_read

revision = "0010_points"
down_revision = "0009_settlement"

_FUNCTIONS = (
    *("replay", "funding", "end", "awaken", "take", "net", "net_lot", "net_all", "credit", "choose", "debit"),
    *("debit_by", "hold", "slice", "capture", "release", "clawed", "claw_own", "owe", "home"),
    *("claw_back", "pair", "arrivals", "arrive", "empty", "owe_elsewhere", "merge", "follow"),
    *("expire", "expire_idle", "expire_holds", "wind_down"),
)

_TABLES = (
    "ALTER TABLE account DROP CONSTRAINT ck_account_kind, ADD CONSTRAINT ck_account_kind CHECK (kind BETWEEN 1 AND 9)",
    "ALTER TABLE entry ADD restriction_id int, ADD issued_at timestamptz",
    "ALTER TABLE lot ADD restriction_id int",
    "ALTER TABLE allocation ADD no int NOT NULL DEFAULT 0",
    "ALTER TABLE wallet ADD idle_at timestamptz, ADD merged_into bigint",
    "CREATE INDEX entry_origin ON entry (account_id, origin_id) WHERE origin_id IS NOT NULL",
    "DROP INDEX entry_root",
    "CREATE INDEX entry_root ON entry (account_id, root_id) WHERE root_id IS NOT NULL",
    "CREATE INDEX wallet_merged ON wallet (merged_into) WHERE merged_into IS NOT NULL",
    "CREATE INDEX wallet_idle ON wallet (idle_at) WHERE idle_at IS NOT NULL",
    """
    CREATE TABLE debt (
        account_id bigint NOT NULL,
        entry_id bigint NOT NULL,
        contra_id bigint NOT NULL,
        amount bigint NOT NULL,
        remaining bigint NOT NULL CONSTRAINT ck_debt_remaining CHECK (remaining > 0 AND remaining <= amount),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (account_id, entry_id))""",
    """
    CREATE TABLE clawback (
        account_id bigint NOT NULL,
        credit_id bigint NOT NULL,
        partner_id int NOT NULL,
        operation smallint NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        no smallint NOT NULL,
        request_hash bytea NOT NULL,
        home_id bigint NOT NULL,
        debit_id bigint,
        debt_id bigint,
        own bigint NOT NULL,
        others bigint NOT NULL,
        owed bigint NOT NULL,
        waived bigint NOT NULL CONSTRAINT ck_clawback_sign CHECK (least(own, others, owed, waived) >= 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (account_id, credit_id, partner_id, operation, external_id, no),
        CONSTRAINT uq_clawback_business_key UNIQUE (partner_id, operation, external_id, no))""",
)

# Grain: one row = one funding leg of one credit, of one lot's share in one redemption, expiry, clawback or netting,
# or of points that come back or arrive. Points are positive in the direction of the kind; what is taken back is the
# same kind with negative points. `lot_id` is the credit that a lot goes back to, also where it was split; `origin_id`
# is the hold of a capture, the redemption that is given back, the credit that is clawed back, the debt that is
# netted. `issued_at` is when the points came to be, wherever they went since; `drawn_at` when they were redeemed,
# also if they come back now. What only moves between wallets is a redemption (counter kind 7 or 8) on one side and
# its negative on the other.
_MOVEMENTS = """
    CREATE VIEW ledger_movements AS
    SELECT 'e' || e.id || '.' || s.no AS movement_id, e.xid, e.id AS entry_id,
           CASE WHEN e.kind = 1 THEN 'issue' WHEN c.kind = 2 THEN 'clawback' ELSE 'redeem' END AS kind, e.program_id,
           e.currency_id, e.account_id, s.party_id, c.kind AS counter_kind, c.owner AS counter_owner,
           CASE WHEN e.kind IN (1, 8) THEN s.points ELSE -s.points END AS points,
           e.occurred_at, e.recorded_at, e.operation, e.external_id, e.partner_id,
           CASE e.kind WHEN 8 THEN e.origin_id ELSE coalesce(e.root_id, e.id) END AS lot_id, e.origin_id,
           coalesce(e.issued_at, e.occurred_at) AS issued_at, coalesce(o.occurred_at, e.occurred_at) AS drawn_at
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
           coalesce(b.issued_at, b.occurred_at), coalesce(o.occurred_at, e.occurred_at)
      FROM entry e
      JOIN account c ON c.id = e.contra_id
      JOIN allocation a ON a.account_id = e.account_id AND a.debit_id = e.id
      LEFT JOIN entry b ON b.account_id = a.account_id AND b.id = a.lot_id
      LEFT JOIN entry o ON e.kind = 7 AND o.account_id = e.account_id AND o.id = e.origin_id
     CROSS JOIN LATERAL ledger_split(a.funding_id, a.drawn_before, a.drawn_before + abs(a.amount)) s
     WHERE e.kind IN (2, 4, 6, 7, 9)
"""


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    op.execute("DROP VIEW ledger_movements")
    op.execute(_MOVEMENTS)
    install_functions(*_FUNCTIONS)
    grant_app("debt")
    grant_append_only("clawback")
    grant_read("ledger_movements")
