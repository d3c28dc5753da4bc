"""Parcels' legs and incidents; returns of orders from the request to the refund."""

from alembic import op

revision = "0024_returns"
down_revision = "0023_payments"

_TRACKING = (
    """
    ALTER TABLE carrier
        ADD COLUMN vocabulary text NOT NULL DEFAULT 'coalition' CONSTRAINT ck_carrier_vocabulary CHECK
            (vocabulary IN ('coalition', 'easypost', 'aftership', 'shippo', 'karrio', 'schema_org')),
        ADD COLUMN quiet_days smallint NOT NULL DEFAULT 30
            CONSTRAINT ck_carrier_quiet_days CHECK (quiet_days BETWEEN 1 AND 365),
        ADD COLUMN number_forms text[] NOT NULL DEFAULT '{}'""",
    """
    ALTER TABLE tracking_event
        ADD COLUMN substatus text NOT NULL DEFAULT '',
        ADD COLUMN incident text NOT NULL DEFAULT '' CONSTRAINT ck_tracking_event_incident
            CHECK (incident = '' OR incident ~ '^(carrier|retailer|consignee|customs|weather)_[a-z_]+$'),
        ADD COLUMN action_required boolean NOT NULL DEFAULT false,
        ADD COLUMN first_scan boolean NOT NULL DEFAULT false,
        ADD COLUMN pickup_code bytea,
        ADD COLUMN pickup_until timestamptz""",
    """
    CREATE INDEX tracking_event_pickup ON tracking_event (shipment_id, occurred_at)
     WHERE pickup_code IS NOT NULL OR pickup_until IS NOT NULL""",
    """
    ALTER TABLE shipment
        ADD COLUMN substatus text NOT NULL DEFAULT '',
        ADD COLUMN incident text NOT NULL DEFAULT '',
        ADD COLUMN action_required boolean NOT NULL DEFAULT false,
        ADD COLUMN heard_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN seen_at timestamptz""",
    """
    CREATE INDEX shipment_moving ON shipment (heard_at)
     WHERE status NOT IN ('delivered', 'returned', 'failed', 'lost', 'damaged', 'cancelled', 'expired')""",
)


def upgrade() -> None:
    for statement in _TRACKING:
        op.execute(statement)
