"""People of a partner sign in: a role of their own, and as many users of one partner as it has people."""

from alembic import op

revision = "0035_partner_people"
down_revision = "0034_promotions"


def upgrade() -> None:
    op.execute("INSERT INTO role (id, name) VALUES (6, 'partner')")
    op.execute("DROP INDEX uq_user_account_owner_ref")
    op.execute(
        "CREATE UNIQUE INDEX uq_user_account_owner_ref ON user_account (owner_ref) WHERE owner_ref LIKE 'member:%'"
    )
    op.execute("CREATE INDEX user_account_partner ON user_account (owner_ref) WHERE owner_ref LIKE 'partner:%'")
