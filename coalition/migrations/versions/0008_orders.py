"""Quotes, orders, consignments, parcels and their tracking, and what suppliers and carriers call in.

`order_transition` holds the state machines of `catalog/orders/states.py`: every recorded change refers to a row of it,
so a change that is not on the list cannot be recorded. Events, scans and deliveries are append-only.
"""

from alembic import op

from coalition.migrations.grants import grant_app, grant_append_only, grant_read

revision = "0008_orders"
down_revision = "0007_suppliers"

_TRANSITIONS = {
    "consignment": (
        "new confirming",
        "new cancelled",
        "confirming confirmed",
        "confirming in_doubt",
        "confirming rejected",
        "in_doubt confirmed",
        "in_doubt rejected",
        "confirmed preparing",
        "preparing partially_shipped",
        "preparing shipped",
        "partially_shipped shipped",
        "shipped delivered",
    ),
    "order": (
        " placing",
        "placing placed",
        "placing rejected",
        "placing cancelled",
        "placed in_progress",
        "in_progress completed",
    ),
}

_PRICING = (
    """
    CREATE TABLE delivery_option (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        supplier_id bigint NOT NULL,
        code text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_delivery_option_kind CHECK (kind IN ('courier', 'pickup', 'electronic')),
        points bigint NOT NULL CONSTRAINT ck_delivery_option_points CHECK (points >= 0),
        cost_minor bigint NOT NULL CONSTRAINT ck_delivery_option_cost CHECK (cost_minor >= 0),
        days_min int NOT NULL,
        days_max int NOT NULL,
        CONSTRAINT ck_delivery_option_days CHECK (0 <= days_min AND days_min <= days_max AND days_max <= 365),
        CONSTRAINT uq_delivery_option_code UNIQUE (supplier_id, code))""",
    """
    CREATE TABLE quote (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        member_id bigint NOT NULL,
        partner_id int NOT NULL,
        currency_id int NOT NULL,
        state text NOT NULL DEFAULT 'active'
            CONSTRAINT ck_quote_state CHECK (state IN ('active', 'used', 'expired', 'superseded')),
        method text NOT NULL,
        address jsonb,
        goods_points bigint NOT NULL CONSTRAINT ck_quote_goods CHECK (goods_points > 0),
        delivery_points bigint NOT NULL CONSTRAINT ck_quote_delivery CHECK (delivery_points >= 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL) WITH (fillfactor = 80)""",
    "CREATE INDEX quote_active ON quote (expires_at) WHERE state = 'active'",
    """
    CREATE TABLE quote_line (
        quote_id bigint NOT NULL REFERENCES quote,
        no smallint NOT NULL,
        supplier_id bigint NOT NULL,
        electronic boolean NOT NULL,
        reward_id bigint NOT NULL,
        offer_id bigint NOT NULL,
        supplier_sku text NOT NULL,
        title_en text NOT NULL,
        title_ru text NOT NULL,
        artwork text NOT NULL,
        qty int NOT NULL CONSTRAINT ck_quote_line_qty CHECK (qty > 0),
        unit_points bigint NOT NULL CONSTRAINT ck_quote_line_points CHECK (unit_points > 0),
        unit_cost_minor bigint NOT NULL CONSTRAINT ck_quote_line_cost CHECK (unit_cost_minor >= 0),
        cost_currency text NOT NULL,
        PRIMARY KEY (quote_id, no),
        CONSTRAINT uq_quote_line_offer UNIQUE (quote_id, offer_id))""",
    """
    CREATE TABLE quote_delivery (
        quote_id bigint NOT NULL REFERENCES quote,
        supplier_id bigint NOT NULL,
        code text NOT NULL,
        kind text NOT NULL,
        points bigint NOT NULL CONSTRAINT ck_quote_delivery_points CHECK (points >= 0),
        cost_minor bigint NOT NULL CONSTRAINT ck_quote_delivery_cost CHECK (cost_minor >= 0),
        days_min int NOT NULL,
        days_max int NOT NULL,
        PRIMARY KEY (quote_id, supplier_id, code))""",
)

_ORDERS = (
    """
    CREATE TABLE order_transition (
        machine text NOT NULL,
        from_state text NOT NULL,
        to_state text NOT NULL,
        PRIMARY KEY (machine, from_state, to_state))""",
    """
    CREATE TABLE customer_order (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        partner_id int NOT NULL,
        external_id text COLLATE "C" NOT NULL,
        request_hash bytea NOT NULL,
        member_id bigint NOT NULL,
        quote_id bigint NOT NULL REFERENCES quote CONSTRAINT uq_customer_order_quote UNIQUE,
        currency_id int NOT NULL,
        state text NOT NULL,
        points bigint NOT NULL CONSTRAINT ck_customer_order_points CHECK (points > 0),
        method text NOT NULL,
        address jsonb NOT NULL,
        placed_at timestamptz NOT NULL DEFAULT now(),
        cancel_external_id text COLLATE "C",
        CONSTRAINT uq_customer_order_external UNIQUE (partner_id, external_id),
        CONSTRAINT uq_customer_order_cancel UNIQUE (partner_id, cancel_external_id)) WITH (fillfactor = 80)""",
    "CREATE INDEX customer_order_member ON customer_order (member_id, id DESC)",
    """
    CREATE TABLE consignment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id bigint NOT NULL REFERENCES customer_order,
        no smallint NOT NULL,
        supplier_id bigint NOT NULL,
        state text NOT NULL,
        reason text,
        delivery_kind text NOT NULL,
        points bigint NOT NULL CONSTRAINT ck_consignment_points CHECK (points > 0),
        delivery_points bigint NOT NULL
            CONSTRAINT ck_consignment_delivery CHECK (delivery_points BETWEEN 0 AND points),
        cost_minor bigint NOT NULL CONSTRAINT ck_consignment_cost CHECK (cost_minor >= 0),
        delivery_minor bigint NOT NULL CONSTRAINT ck_consignment_delivery_cost CHECK (delivery_minor >= 0),
        cost_currency text NOT NULL,
        expected_on date NOT NULL,
        hold_account_id bigint,
        hold_id bigint,
        CONSTRAINT uq_consignment_no UNIQUE (order_id, no)) WITH (fillfactor = 80)""",
    """
    CREATE TABLE order_line (
        order_id bigint NOT NULL REFERENCES customer_order,
        no smallint NOT NULL,
        consignment_id bigint NOT NULL REFERENCES consignment,
        reward_id bigint NOT NULL,
        offer_id bigint NOT NULL,
        supplier_sku text NOT NULL,
        title_en text NOT NULL,
        title_ru text NOT NULL,
        artwork text NOT NULL,
        qty int NOT NULL CONSTRAINT ck_order_line_qty CHECK (qty > 0),
        unit_points bigint NOT NULL CONSTRAINT ck_order_line_points CHECK (unit_points > 0),
        unit_cost_minor bigint NOT NULL CONSTRAINT ck_order_line_cost CHECK (unit_cost_minor >= 0),
        reservation_key text COLLATE "C" NOT NULL CONSTRAINT uq_order_line_reservation UNIQUE,
        PRIMARY KEY (order_id, no))""",
    "CREATE INDEX order_line_consignment ON order_line (consignment_id)",
    """
    CREATE TABLE supplier_order (
        consignment_id bigint PRIMARY KEY REFERENCES consignment,
        client_ref text COLLATE "C" NOT NULL CONSTRAINT uq_supplier_order_client_ref UNIQUE,
        state text NOT NULL DEFAULT 'created' CONSTRAINT ck_supplier_order_state
            CHECK (state IN ('created', 'asked', 'pending', 'unknown', 'accepted', 'rejected', 'cancelled')),
        external_id text,
        requests int NOT NULL DEFAULT 0,
        checks int NOT NULL DEFAULT 0,
        asked_at timestamptz,
        answered_at timestamptz,
        CONSTRAINT ck_supplier_order_accepted CHECK (state <> 'accepted' OR external_id IS NOT NULL))
        WITH (fillfactor = 80)""",
    """
    CREATE TABLE order_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id bigint NOT NULL REFERENCES customer_order,
        consignment_id bigint REFERENCES consignment,
        machine text NOT NULL,
        from_state text NOT NULL,
        to_state text NOT NULL,
        reason text,
        actor text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT ck_order_event_machine CHECK ((machine = 'consignment') = (consignment_id IS NOT NULL)),
        CONSTRAINT fk_order_event_transition
            FOREIGN KEY (machine, from_state, to_state) REFERENCES order_transition)""",
    """
    CREATE UNIQUE INDEX order_event_once
        ON order_event (order_id, consignment_id, to_state) NULLS NOT DISTINCT""",
)

_SHIPMENTS = (
    """
    CREATE TABLE carrier (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        code text NOT NULL CONSTRAINT uq_carrier_code UNIQUE
            CONSTRAINT ck_carrier_code CHECK (code ~ '^[a-z][a-z0-9-]{1,30}$'),
        name text NOT NULL,
        secret text NOT NULL,
        tracking_url text)""",
    """
    CREATE TABLE shipment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        consignment_id bigint NOT NULL REFERENCES consignment,
        carrier_id int NOT NULL REFERENCES carrier,
        tracking_no text COLLATE "C" NOT NULL,
        leg text NOT NULL DEFAULT 'outbound' CONSTRAINT ck_shipment_leg CHECK (leg IN ('outbound', 'return')),
        status text NOT NULL DEFAULT 'unknown',
        status_at timestamptz,
        delivered_at timestamptz,
        registered_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_shipment_tracking UNIQUE (consignment_id, carrier_id, tracking_no)) WITH (fillfactor = 80)""",
    "CREATE INDEX shipment_tracking ON shipment (carrier_id, tracking_no, id DESC)",
    """
    CREATE TABLE shipment_line (
        shipment_id bigint NOT NULL REFERENCES shipment,
        supplier_sku text NOT NULL,
        qty int NOT NULL CONSTRAINT ck_shipment_line_qty CHECK (qty > 0),
        PRIMARY KEY (shipment_id, supplier_sku))""",
    """
    CREATE TABLE tracking_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        shipment_id bigint NOT NULL REFERENCES shipment,
        fingerprint bytea NOT NULL,
        raw_code text NOT NULL,
        raw_text text NOT NULL,
        place text NOT NULL,
        status text NOT NULL,
        occurred_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_tracking_event_fingerprint UNIQUE (shipment_id, fingerprint))""",
    """
    CREATE TABLE consignment_delivery (
        consignment_id bigint PRIMARY KEY REFERENCES consignment,
        program_id int NOT NULL,
        supplier_id bigint NOT NULL,
        legal_entity_id bigint NOT NULL,
        delivered_at timestamptz NOT NULL,
        cost_minor bigint NOT NULL,
        delivery_minor bigint NOT NULL,
        currency text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        xid xid8 NOT NULL DEFAULT pg_current_xact_id())""",
    """
    CREATE VIEW catalog_deliveries AS
    SELECT consignment_id, program_id, supplier_id, legal_entity_id, delivered_at, cost_minor, delivery_minor,
           currency, recorded_at, xid
      FROM consignment_delivery""",
    """
    CREATE TABLE inbound_callback (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL,
        webhook_id text NOT NULL,
        body jsonb NOT NULL,
        state text NOT NULL DEFAULT 'received' CONSTRAINT ck_inbound_callback_state
            CHECK (state IN ('received', 'processed', 'unmatched', 'refused')),
        reason text,
        received_at timestamptz NOT NULL DEFAULT now(),
        processed_at timestamptz,
        CONSTRAINT uq_inbound_callback_webhook UNIQUE (source, webhook_id))""",
    "CREATE INDEX inbound_callback_waiting ON inbound_callback (id) WHERE state = 'received'",
)


def upgrade() -> None:
    for statement in _PRICING + _ORDERS + _SHIPMENTS:
        op.execute(statement)
    for machine, pairs in _TRANSITIONS.items():
        rows = ", ".join("('{}', '{}', '{}')".format(machine, *pair.split(" ")) for pair in pairs)
        op.execute(f"INSERT INTO order_transition (machine, from_state, to_state) VALUES {rows}")
    grant_app("delivery_option", "quote", "quote_line", "quote_delivery")
    grant_app("customer_order", "consignment", "supplier_order")
    grant_append_only("order_line", "order_event", "shipment_line", "tracking_event", "consignment_delivery")
    # What is "carried" by e-mail is announced by its supplier alone: nobody knows this secret.
    op.execute(
        "INSERT INTO carrier (code, name, secret) VALUES"
        " ('email', 'E-mail', 'whsec_' || encode(sha256(uuid_send(gen_random_uuid())), 'base64'))"
    )
    grant_app("carrier", "shipment", "inbound_callback")
    grant_read("order_transition", "catalog_deliveries")
