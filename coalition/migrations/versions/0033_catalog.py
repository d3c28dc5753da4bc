"""Cancellations that are kept: what a supplier did not take back may be asked for again, under another id."""

from alembic import op

from coalition.migrations.grants import grant_append_only

revision = "0033_catalog"
down_revision = "0032_exposure"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE order_cancellation (
            partner_id int NOT NULL,
            external_id text COLLATE "C" NOT NULL,
            order_id bigint NOT NULL REFERENCES customer_order,
            reason text,
            asked_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (partner_id, external_id))""")
    op.execute("CREATE INDEX order_cancellation_order ON order_cancellation (order_id)")
    op.execute("""
        INSERT INTO order_cancellation (partner_id, external_id, order_id)
        SELECT partner_id, cancel_external_id, id FROM customer_order WHERE cancel_external_id IS NOT NULL""")
    op.execute("ALTER TABLE customer_order DROP COLUMN cancel_external_id")
    grant_append_only("order_cancellation")
