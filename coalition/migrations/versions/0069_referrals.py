"""Members who were brought are looked up by who they are; the first who told of one counts."""

from alembic import op

revision = "0069_referrals"
down_revision = "0068_issued"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX event_referral ON event (program_id, (attributes ->> 'friend'), id) WHERE type = 'referral'"
    )
