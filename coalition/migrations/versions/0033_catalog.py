"""Cancellations that are kept, and rewards that no feed brings: points of other programs, and donations.

What a supplier did not take back may be asked for again, under another id.
"""

from alembic import op

from coalition.migrations.grants import grant_append_only

revision = "0033_catalog"
down_revision = "0032_exposure"

_KNOWN = {
    "kind": ("goods", "electronic", "digital", "flight", "event", "donation", "program"),
    "protocol": ("goods", "giftcode", "flight", "event", "pool", "foreign", "none"),
}


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
    for name, known in _KNOWN.items():
        op.execute(f"ALTER TABLE supplier DROP CONSTRAINT ck_supplier_{name}")
        op.execute(f"ALTER TABLE supplier ADD CONSTRAINT ck_supplier_{name} CHECK ({name} IN {known})")
    op.execute("ALTER TABLE offer ADD COLUMN units bigint CONSTRAINT ck_offer_units CHECK (units > 0)")
    op.execute("ALTER TABLE quote_line ADD COLUMN kind text NOT NULL DEFAULT 'goods'")
