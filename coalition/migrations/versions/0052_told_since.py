"""An endpoint is told of what was not yet committed when it was made: events know their transaction, endpoints theirs.

Old events and endpoints have none; for them the order of the ids decides, as before. No row is rewritten.
"""

from alembic import op

revision = "0052_told_since"
down_revision = "0051_named_holdings"


def upgrade() -> None:
    op.execute("ALTER TABLE outbox ADD COLUMN xid xid8")
    op.execute("ALTER TABLE outbox ALTER COLUMN xid SET DEFAULT pg_current_xact_id()")
    op.execute("ALTER TABLE webhook_endpoint ADD COLUMN since_snapshot pg_snapshot, ADD COLUMN made_xid xid8")
