"""What each supplier can do, and searches for tickets."""

from alembic import op

revision = "0022_suppliers"
down_revision = "0021_sagas"

UPGRADE = [
    "ALTER TABLE supplier DROP CONSTRAINT ck_supplier_kind",
    """
    ALTER TABLE supplier ADD CONSTRAINT ck_supplier_kind
        CHECK (kind IN ('goods', 'electronic', 'digital', 'flight', 'event', 'donation'))""",
    """
    ALTER TABLE supplier ADD COLUMN protocol text NOT NULL DEFAULT 'goods' CONSTRAINT ck_supplier_protocol
        CHECK (protocol IN ('goods', 'giftcode', 'flight', 'event'))""",
    """
    ALTER TABLE supplier ADD COLUMN caps jsonb NOT NULL DEFAULT '{}' CONSTRAINT ck_supplier_caps
        CHECK (jsonb_typeof(caps) = 'object')""",
]


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)
