"""How many points were issued and redeemed, summed up as the accruals follow the ledger: what monitoring reads.

What was accrued before is counted once, here.
"""

from alembic import op

from coalition.migrations.grants import grant_app

revision = "0053_counted_points"
down_revision = "0052_told_since"

# Grain: one row = a program, a points currency and a kind of movement; `points` (minor units) never shrinks.
_TABLE = """
    CREATE TABLE counted_points (
        program_id int NOT NULL,
        currency_id int NOT NULL,
        kind text NOT NULL CONSTRAINT ck_counted_points_kind CHECK (kind IN ('issue', 'redeem')),
        points bigint NOT NULL CONSTRAINT ck_counted_points_points CHECK (points > 0),
        PRIMARY KEY (program_id, currency_id, kind))"""
_BEFORE = """
    INSERT INTO counted_points (program_id, currency_id, kind, points)
    SELECT m.program_id, m.currency_id, m.kind, sum(m.points)
      FROM ledger_movements m JOIN accrual_watermark w ON w.program_id = m.program_id AND m.xid < w.upto
     WHERE m.points > 0 AND (m.kind = 'issue' OR m.kind = 'redeem' AND m.counter_kind = 3)
     GROUP BY m.program_id, m.currency_id, m.kind"""


def upgrade() -> None:
    op.execute("LOCK TABLE accrual_watermark IN EXCLUSIVE MODE")  # no run may pass what is summed up here
    op.execute(_TABLE)
    op.execute(_BEFORE)
    grant_app("counted_points")
