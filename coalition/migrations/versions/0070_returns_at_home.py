"""What a return took of a merged member is told of the wallet from which it was taken, as its journal rows are."""

from alembic import op

revision = "0070_returns_at_home"
down_revision = "0069_referrals"


def upgrade() -> None:
    op.execute("""
        UPDATE return_effect x SET account_id = c.home_id
          FROM purchase_return r, clawback c
         WHERE r.id = x.return_id AND c.account_id = x.account_id AND c.home_id <> c.account_id
           AND c.partner_id = r.partner_id AND c.operation = CASE r.kind WHEN 'void' THEN 11 ELSE 2 END
           AND c.external_id = r.external_id AND c.no = x.award_no""")
