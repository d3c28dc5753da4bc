"""Orders as sagas: reservations at suppliers, answers line by line, the operators' queue, deadlines.

`order_transition` becomes the design's table; a change that an older order went through stays listed, because its event
refers to it. A state may now be reached twice (a refused cancellation leads back), so that events are numbered instead.
"""

from alembic import op

from coalition.migrations.functions import install_functions
from coalition.migrations.grants import grant_app, grant_append_only

revision = "0021_sagas"
down_revision = "0020_prices"

_TRANSITIONS = {
    "consignment": (
        "new reserving",
        "reserving reserved",
        "reserving rejected",
        "reserved confirming",
        "reserved released",
        "confirming confirmed",
        "confirming in_doubt",
        "confirming rejected",
        "in_doubt confirmed",
        "in_doubt rejected",
        "confirmed preparing",
        "confirmed issued",
        "confirmed cancel_requested",
        "preparing partially_shipped",
        "preparing shipped",
        "preparing cancel_requested",
        "cancel_requested cancelled",
        "cancel_requested confirmed",
        "cancel_requested preparing",
        "partially_shipped shipped",
        "shipped delivered",
        "delivered closed",
        "issued closed",
        "issued void_requested",
        "void_requested voided",
        "void_requested issued",
    ),
    "order": (
        " placing",
        "placing placed",
        "placing rejected",
        "placed in_progress",
        "placed cancelled",
        "in_progress completed",
        "in_progress cancelled",
    ),
}

_ORDERS = (
    """
    ALTER TABLE customer_order
        ADD points_paid bigint,
        ADD cash_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_customer_order_cash CHECK (cash_minor >= 0),
        ADD cash_currency text,
        ADD payment text NOT NULL DEFAULT 'none'
            CONSTRAINT ck_customer_order_payment CHECK (payment IN ('none', 'wanted', 'authorized', 'failed')),
        ADD payment_valid_until timestamptz""",
    "UPDATE customer_order SET points_paid = points",
    """
    ALTER TABLE customer_order
        ALTER points_paid SET NOT NULL,
        ADD CONSTRAINT ck_customer_order_paid CHECK (points_paid BETWEEN 0 AND points),
        ADD CONSTRAINT ck_customer_order_cash_currency CHECK ((cash_minor > 0) <= (cash_currency IS NOT NULL)),
        ADD CONSTRAINT ck_customer_order_payment_cash CHECK ((payment = 'none') = (cash_minor = 0))""",
    """
    ALTER TABLE consignment
        ADD points_paid bigint,
        ADD points_captured bigint NOT NULL DEFAULT 0,
        ADD points_released bigint NOT NULL DEFAULT 0,
        ADD points_refunded bigint NOT NULL DEFAULT 0,
        ADD cash_minor bigint NOT NULL DEFAULT 0,
        ADD cash_captured bigint NOT NULL DEFAULT 0,
        ADD cash_released bigint NOT NULL DEFAULT 0,
        ADD cash_refunded bigint NOT NULL DEFAULT 0,
        ADD capture_entry_id bigint,
        ADD hold_expires_at timestamptz,
        ADD price_guarantee_until timestamptz,
        ADD void_until timestamptz,
        ADD stage_before text,
        ADD state_at timestamptz NOT NULL DEFAULT now(),
        ADD sla_due_at timestamptz""",
    """
    UPDATE consignment c SET points_paid = c.points, points_captured = h.captured, points_released = h.released,
           capture_entry_id = (SELECT max(e.id) FROM entry e WHERE e.account_id = h.account_id AND e.origin_id = h.id
                                  AND e.kind = 4)
      FROM hold h WHERE h.account_id = c.hold_account_id AND h.id = c.hold_id""",
    "UPDATE consignment SET points_paid = points WHERE points_paid IS NULL",
    """
    ALTER TABLE consignment
        ALTER points_paid SET NOT NULL,
        ADD CONSTRAINT ck_consignment_points_paid CHECK (points_paid BETWEEN 0 AND points),
        ADD CONSTRAINT ck_consignment_points_ends CHECK (points_captured >= 0 AND points_released >= 0
            AND points_captured + points_released IN (0, points_paid)
            AND points_refunded BETWEEN 0 AND points_captured),
        ADD CONSTRAINT ck_consignment_cash_ends CHECK (cash_minor >= 0 AND cash_captured >= 0 AND cash_released >= 0
            AND cash_captured + cash_released IN (0, cash_minor) AND cash_refunded BETWEEN 0 AND cash_captured)""",
    "CREATE INDEX consignment_due ON consignment (sla_due_at) WHERE sla_due_at IS NOT NULL",
    "CREATE INDEX consignment_void ON consignment (void_until) WHERE state = 'issued'",
    "CREATE INDEX consignment_state ON consignment (state, state_at)"
    " WHERE state NOT IN ('closed', 'rejected', 'released', 'cancelled', 'voided')",
    """
    ALTER TABLE order_line
        ADD state text NOT NULL DEFAULT 'open'
            CONSTRAINT ck_order_line_state CHECK (state IN ('open', 'accepted', 'released')),
        ADD answer text CONSTRAINT ck_order_line_answer
            CHECK (answer IN ('accepted', 'qty_changed', 'price_changed', 'backordered', 'rejected')),
        ADD split_from smallint,
        ADD points_paid bigint,
        ADD cash_minor bigint NOT NULL DEFAULT 0 CONSTRAINT ck_order_line_cash CHECK (cash_minor >= 0)""",
    """
    UPDATE order_line l SET points_paid = qty * unit_points,
           state = CASE WHEN c.state IN ('new', 'confirming', 'in_doubt') THEN 'open'
                        WHEN c.state IN ('rejected', 'cancelled') THEN 'released' ELSE 'accepted' END
      FROM consignment c WHERE c.id = l.consignment_id""",
    """
    ALTER TABLE order_line
        ALTER points_paid SET NOT NULL,
        ADD CONSTRAINT ck_order_line_paid CHECK (points_paid >= 0)""",
    """
    ALTER TABLE supplier_order
        DROP CONSTRAINT ck_supplier_order_state,
        ADD CONSTRAINT ck_supplier_order_state CHECK (state IN ('created', 'asked', 'reserved', 'pending', 'unknown',
            'accepted', 'rejected', 'releasing', 'released', 'cancelled')),
        ADD protocol text NOT NULL DEFAULT 'goods',
        ADD caps jsonb NOT NULL DEFAULT '{}',
        ADD sent_at timestamptz,
        ADD doubt_until timestamptz,
        ADD undo_since timestamptz,
        ADD terms jsonb,
        ADD rounds int NOT NULL DEFAULT 0,
        ADD job_id bigint""",
    # What was called off before its supplier was asked is `released` now.
    "INSERT INTO order_transition (machine, from_state, to_state) VALUES ('consignment', 'cancelled', 'released')",
    """
    INSERT INTO order_event (order_id, consignment_id, machine, from_state, to_state, reason, actor)
    SELECT order_id, id, 'consignment', 'cancelled', 'released', reason, 'migration' FROM consignment
     WHERE state = 'cancelled'""",
    """
    INSERT INTO outbox (kind, key, payload)
    SELECT 'order.updated', o.key, o.payload || jsonb_build_object('event_id', e.id, 'state', e.to_state)
      FROM order_event e JOIN order_event b ON b.consignment_id = e.consignment_id AND b.to_state = 'cancelled'
      JOIN outbox o ON o.kind = 'order.updated' AND (o.payload ->> 'event_id')::bigint = b.id
     WHERE e.from_state = 'cancelled'""",
    "UPDATE consignment SET state = 'released' WHERE state = 'cancelled'",
    "DROP INDEX order_event_once",
    "ALTER TABLE order_event ADD seq int",
    """
    UPDATE order_event e SET seq = n.seq FROM (SELECT id,
        row_number() OVER (PARTITION BY order_id, consignment_id ORDER BY id) AS seq FROM order_event) n
     WHERE n.id = e.id""",
    "ALTER TABLE order_event ALTER seq SET NOT NULL",
    "CREATE UNIQUE INDEX order_event_seq ON order_event (order_id, consignment_id, seq) NULLS NOT DISTINCT",
)

_WORK = (
    """
    CREATE TABLE artefact (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id bigint NOT NULL,
        line_no smallint NOT NULL,
        unit_no int NOT NULL CONSTRAINT ck_artefact_unit CHECK (unit_no > 0),
        kind text NOT NULL CONSTRAINT ck_artefact_kind CHECK (kind IN ('code', 'e_ticket', 'pdf', 'link')),
        sealed bytea NOT NULL,
        mark bytea NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT fk_artefact_line FOREIGN KEY (order_id, line_no) REFERENCES order_line (order_id, no),
        CONSTRAINT uq_artefact_unit UNIQUE (order_id, line_no, unit_no))""",
    """
    CREATE TABLE order_case (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        order_id bigint NOT NULL REFERENCES customer_order,
        consignment_id bigint NOT NULL REFERENCES consignment,
        kind text NOT NULL,
        facts jsonb NOT NULL DEFAULT '{}',
        state text NOT NULL DEFAULT 'open'
            CONSTRAINT ck_order_case_state CHECK (state IN ('open', 'decided', 'settled')),
        decision text,
        reason text,
        opened_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz,
        closed_by text,
        CONSTRAINT ck_order_case_closed CHECK ((state = 'open') = (closed_at IS NULL)),
        CONSTRAINT ck_order_case_decided CHECK ((state = 'decided') = (decision IS NOT NULL)
            AND (state <> 'decided' OR (reason IS NOT NULL AND closed_by IS NOT NULL))))""",
    "CREATE INDEX artefact_mark ON artefact (mark)",
    "CREATE UNIQUE INDEX order_case_open ON order_case (consignment_id, kind) WHERE state = 'open'",
    "CREATE INDEX order_case_program ON order_case (program_id, id DESC)",
    """
    CREATE TABLE order_alarm (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        program_id int NOT NULL,
        consignment_id bigint NOT NULL REFERENCES consignment,
        kind text NOT NULL CONSTRAINT ck_order_alarm_kind CHECK (kind IN ('stuck', 'late', 'in_doubt', 'backordered')),
        raised_at timestamptz NOT NULL DEFAULT now(),
        cleared_at timestamptz)""",
    "CREATE UNIQUE INDEX order_alarm_open ON order_alarm (consignment_id, kind) WHERE cleared_at IS NULL",
    """
    CREATE TABLE order_sla (
        supplier_id bigint PRIMARY KEY,
        answer_s int NOT NULL CONSTRAINT ck_order_sla_answer CHECK (answer_s BETWEEN 1 AND 2592000))""",
)


def upgrade() -> None:
    rows = ", ".join(
        "('{}', '{}', '{}')".format(machine, *pair.split(" "))
        for machine, pairs in _TRANSITIONS.items()
        for pair in pairs
    )
    op.execute(f"INSERT INTO order_transition (machine, from_state, to_state) VALUES {rows} ON CONFLICT DO NOTHING")
    for statement in _ORDERS + _WORK:
        op.execute(statement)
    op.execute(
        "DELETE FROM order_transition t WHERE (machine, from_state, to_state) NOT IN"
        f" (VALUES {rows}) AND NOT EXISTS (SELECT FROM order_event e WHERE (e.machine, e.from_state, e.to_state)"
        " = (t.machine, t.from_state, t.to_state))"
    )
    op.execute(
        "GRANT UPDATE (qty, state, answer, points_paid, cash_minor, unit_cost_minor) ON order_line TO coalition_app"
    )
    grant_append_only("artefact")
    grant_app("order_case", "order_alarm", "order_sla")
    install_functions("extend_hold")
