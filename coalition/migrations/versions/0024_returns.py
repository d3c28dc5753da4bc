"""Parcels' legs and incidents; returns of orders from the request to the refund."""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only, grant_read

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
    "CREATE INDEX shipment_undelivered ON shipment (id) WHERE status <> 'delivered'",
    "CREATE INDEX inbound_callback_set_aside ON inbound_callback (id) WHERE state IN ('unmatched', 'refused')",
)


_RETURNS = (
    """
    CREATE TABLE return_policy (
        supplier_id bigint PRIMARY KEY,
        days smallint NOT NULL CONSTRAINT ck_return_policy_days CHECK (days BETWEEN 0 AND 365),
        send_within_days smallint NOT NULL DEFAULT 14
            CONSTRAINT ck_return_policy_send CHECK (send_within_days BETWEEN 1 AND 365),
        auto_authorize boolean NOT NULL DEFAULT false,
        address text NOT NULL DEFAULT '')""",
    """
    CREATE TABLE rma_transition (
        from_state text NOT NULL,
        to_state text NOT NULL,
        PRIMARY KEY (from_state, to_state))""",
    """
    CREATE TABLE rma (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        order_id bigint NOT NULL REFERENCES customer_order,
        consignment_id bigint NOT NULL REFERENCES consignment,
        partner_id int NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        state text NOT NULL DEFAULT 'requested',
        reason text NOT NULL CONSTRAINT ck_rma_reason CHECK (reason IN
            ('damaged', 'wrong_item', 'not_as_described', 'changed_mind', 'arrived_late', 'other')),
        comment text,
        note text,
        address text,
        label_url text,
        requested_at timestamptz NOT NULL DEFAULT now(),
        send_until timestamptz,
        refund_points bigint NOT NULL DEFAULT 0 CONSTRAINT ck_rma_points CHECK (refund_points >= 0),
        refund_cash_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_rma_cash CHECK (refund_cash_minor >= 0),
        entry_ids bigint[] NOT NULL DEFAULT '{}',
        CONSTRAINT uq_rma_external UNIQUE (partner_id, external_id)) WITH (fillfactor = 80)""",
    "CREATE INDEX rma_order ON rma (order_id, id)",
    "CREATE INDEX rma_board ON rma (program_id, state, id)",
    "CREATE INDEX rma_unsent ON rma (send_until) WHERE state = 'authorized'",
    """
    CREATE TABLE rma_item (
        rma_id bigint NOT NULL REFERENCES rma,
        order_id bigint NOT NULL,
        line_no smallint NOT NULL,
        qty int NOT NULL CONSTRAINT ck_rma_item_qty CHECK (qty > 0),
        reception text NOT NULL DEFAULT 'awaiting' CONSTRAINT ck_rma_item_reception
            CHECK (reception IN ('awaiting', 'in_transit', 'received', 'missing', 'lost', 'cancelled')),
        received_qty int NOT NULL DEFAULT 0,
        acceptance text NOT NULL DEFAULT 'pending' CONSTRAINT ck_rma_item_acceptance
            CHECK (acceptance IN ('pending', 'accepted', 'partly', 'rejected')),
        accepted_qty int NOT NULL DEFAULT 0,
        points bigint NOT NULL DEFAULT 0 CONSTRAINT ck_rma_item_points CHECK (points >= 0),
        cash_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_rma_item_cash CHECK (cash_minor >= 0),
        cost_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_rma_item_cost CHECK (cost_minor >= 0),
        CONSTRAINT ck_rma_item_pieces CHECK (0 <= accepted_qty AND accepted_qty <= received_qty
            AND received_qty <= qty),
        CONSTRAINT fk_rma_item_line FOREIGN KEY (order_id, line_no) REFERENCES order_line (order_id, no),
        PRIMARY KEY (rma_id, line_no))""",
    "CREATE INDEX rma_item_line ON rma_item (order_id, line_no)",
    """
    CREATE TABLE rma_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rma_id bigint NOT NULL REFERENCES rma,
        from_state text NOT NULL,
        to_state text NOT NULL,
        reason text,
        actor text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT fk_rma_event_transition FOREIGN KEY (from_state, to_state) REFERENCES rma_transition,
        CONSTRAINT uq_rma_event_once UNIQUE (rma_id, to_state))""",
    """
    ALTER TABLE shipment
        ADD COLUMN rma_id bigint REFERENCES rma,
        DROP CONSTRAINT uq_shipment_tracking,
        ADD CONSTRAINT uq_shipment_tracking
            UNIQUE NULLS NOT DISTINCT (consignment_id, carrier_id, tracking_no, rma_id)""",
)

_TRANSITIONS = (
    " requested",
    "requested authorized",
    "requested refused",
    "requested cancelled",
    "authorized in_transit",
    "authorized expired",
    "authorized cancelled",
    "in_transit received",
    "in_transit lost_in_transit",
    "received inspected",
    "inspected accepted",
    "inspected partly",
    "inspected rejected",
    "accepted refunded",
    "partly refunded",
    "refunded closed",
    "rejected closed",
)

# What a supplier takes back it is not owed for any more: a row beside its deliveries, with the sign turned.
_CREDITS = (
    """
    CREATE TABLE return_credit (
        rma_id bigint PRIMARY KEY REFERENCES rma,
        consignment_id bigint NOT NULL,
        program_id int NOT NULL,
        supplier_id bigint NOT NULL,
        legal_entity_id bigint NOT NULL,
        credited_at timestamptz NOT NULL,
        cost_minor bigint NOT NULL CONSTRAINT ck_return_credit_cost CHECK (cost_minor > 0),
        currency text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        xid xid8 NOT NULL DEFAULT pg_current_xact_id())""",
    "DROP VIEW catalog_deliveries",
    """
    CREATE VIEW catalog_deliveries AS
    SELECT ('c' || consignment_id) COLLATE "C" AS supply_id, 'delivery' AS kind, consignment_id, program_id,
           supplier_id, legal_entity_id, delivered_at, cost_minor, delivery_minor, currency, recorded_at, xid
      FROM consignment_delivery
     UNION ALL
    SELECT ('r' || rma_id) COLLATE "C", 'return', consignment_id, program_id, supplier_id, legal_entity_id, credited_at,
           -cost_minor, 0, currency, recorded_at, xid
      FROM return_credit""",
    """
    ALTER TABLE supply_accrual
        DROP CONSTRAINT supply_accrual_pkey,
        ADD COLUMN supply_id text COLLATE "C",
        ADD COLUMN kind text NOT NULL DEFAULT 'delivery'
            CONSTRAINT ck_supply_accrual_kind CHECK (kind IN ('delivery', 'return'))""",
    "UPDATE supply_accrual SET supply_id = 'c' || consignment_id",
    "ALTER TABLE supply_accrual ALTER COLUMN kind DROP DEFAULT, ADD PRIMARY KEY (supply_id)",
    """
    ALTER TABLE statement_line
        DROP CONSTRAINT ck_statement_line_code,
        ADD CONSTRAINT ck_statement_line_code CHECK (code IN ('issue_funding', 'service_fee', 'redemption_funding',
            'redeemed', 'breakage', 'supplied', 'delivery', 'taken_back'))""",
)


def upgrade() -> None:
    for statement in _TRACKING + _RETURNS + _CREDITS:
        op.execute(statement)
    rows = ", ".join("('{}', '{}')".format(*pair.split(" ")) for pair in _TRANSITIONS)
    op.execute(f"INSERT INTO rma_transition (from_state, to_state) VALUES {rows}")
    grant_app("return_policy", "rma", "rma_item")
    grant_append_only("rma_event", "return_credit")
    grant_read("rma_transition", "catalog_deliveries")
