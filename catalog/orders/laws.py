"""What must always hold of orders: the laws O and U of the reliability plan, and the ones that tie orders to points."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law

_UNDECIDED = "('new', 'reserving', 'reserved', 'confirming', 'in_doubt')"
_REFUSED = "('rejected', 'released')"
_FAILED = "('rejected', 'released', 'cancelled', 'voided')"
_LATEST = (
    "SELECT DISTINCT ON (order_id, consignment_id) order_id, consignment_id, to_state FROM order_event"
    " ORDER BY order_id, consignment_id, seq DESC"
)


def laws() -> Sequence[Law]:
    """Every law of this room. Points are checked against the ledger's holds, stock against reservations."""
    return [*_of_points(), *_of_changes(), *_of_suppliers()]


def _of_points() -> list[Law]:
    return [
        Law(
            "O1",
            "A consignment's points are held until it is decided, then captured and released to the last one",
            "SELECT c.id FROM consignment c LEFT JOIN hold h ON h.account_id = c.hold_account_id AND h.id = c.hold_id"
            " WHERE (h.id IS NULL) <> (c.points_paid = 0) OR h.amount <> c.points_paid"
            " OR h.captured <> c.points_captured OR h.released <> c.points_released"
            f" OR (h.state = 'open') <> (c.state IN {_UNDECIDED})"
            f" OR (c.state IN {_REFUSED} AND c.points_released <> c.points_paid)"
            f" OR (c.state NOT IN {_UNDECIDED} AND c.points_captured + c.points_released <> c.points_paid)"
            f" OR (c.state NOT IN {_UNDECIDED} AND c.cash_captured + c.cash_released <> c.cash_minor)"
            " OR (c.state IN ('cancelled', 'voided')) <> (c.points_refunded + c.cash_refunded > 0)"
            " OR c.points_refunded NOT IN (0, c.points_captured) OR c.cash_refunded NOT IN (0, c.cash_captured)",
        ),
        Law(
            "O3",
            "An order costs what was quoted: its lines and its delivery, and its consignments add up to it",
            "SELECT o.id FROM customer_order o JOIN quote q ON q.id = o.quote_id"
            " WHERE o.points <> q.goods_points + q.delivery_points OR q.state <> 'used'"
            " OR o.points <> (SELECT sum(c.points) FROM consignment c WHERE c.order_id = o.id)"
            " OR o.points <> (SELECT sum(l.qty * l.unit_points) FROM order_line l WHERE l.order_id = o.id)"
            " + (SELECT sum(c.delivery_points) FROM consignment c WHERE c.order_id = o.id)"
            " OR o.points_paid <> (SELECT sum(c.points_paid) FROM consignment c WHERE c.order_id = o.id)"
            " OR o.cash_minor <> (SELECT sum(c.cash_minor) FROM consignment c WHERE c.order_id = o.id)",
        ),
        Law(
            "O8",
            "An order's cash is what its payment asks for; what is taken of it is what accepted consignments cost",
            "SELECT o.id, o.program_id FROM customer_order o LEFT JOIN order_payment x ON x.order_id = o.id"
            " LEFT JOIN payment_amounts p ON p.ref = x.payment_ref WHERE (o.cash_minor > 0) <> (p.ref IS NOT NULL)"
            " OR p.amount_minor <> o.cash_minor OR p.currency <> o.cash_currency"
            " OR (o.payment = 'authorized' AND p.state IN ('created', 'opened', 'failed'))"
            " OR (p.state NOT IN ('failed', 'expired') AND p.wanted_minor <>"
            " (SELECT sum(c.cash_captured) FROM consignment c WHERE c.order_id = o.id))",
        ),
        Law(
            "O4",
            "Each line is captured or released whole: what is captured is the accepted lines and the delivery",
            "SELECT c.id FROM consignment c JOIN order_line l ON l.consignment_id = c.id GROUP BY c.id"
            f" HAVING bool_or((l.state = 'open') <> (c.state IN {_UNDECIDED}))"
            f" OR (c.state IN {_REFUSED}) <> (bool_and(l.state = 'released'))"
            " OR sum(l.points_paid) > c.points_paid OR sum(l.cash_minor) > c.cash_minor"
            f" OR (c.state NOT IN {_UNDECIDED}"
            " AND (c.points_released <> CASE WHEN bool_or(l.state = 'accepted')"
            " THEN coalesce(sum(l.points_paid) FILTER (WHERE l.state = 'released'), 0) ELSE c.points_paid END"
            " OR c.cash_released <> CASE WHEN bool_or(l.state = 'accepted')"
            " THEN coalesce(sum(l.cash_minor) FILTER (WHERE l.state = 'released'), 0) ELSE c.cash_minor END))",
        ),
        Law(
            "O5",
            "What is undecided keeps its points: no hold of it ends within a day",
            "SELECT c.id FROM consignment c JOIN hold h ON h.account_id = c.hold_account_id AND h.id = c.hold_id"
            f" WHERE c.state IN {_UNDECIDED} AND h.expires_at < now() + interval '1 day'",
        ),
    ]


def _of_changes() -> list[Law]:
    return [
        Law(
            "O2",
            "Only listed changes of state have happened, each from where the last one led, and there it stands",
            "SELECT e.id FROM order_event e LEFT JOIN order_transition t ON t.machine = e.machine"
            " AND t.from_state = e.from_state AND t.to_state = e.to_state WHERE t.machine IS NULL"
            " UNION ALL SELECT e.id FROM (SELECT id, from_state, machine, lag(to_state) OVER w AS before,"
            " lag(seq) OVER w AS seq_before, seq FROM order_event"
            " WINDOW w AS (PARTITION BY order_id, consignment_id ORDER BY seq)) e"
            " WHERE e.from_state <> coalesce(e.before, CASE e.machine WHEN 'order' THEN '' ELSE 'new' END)"
            " OR e.seq <> coalesce(e.seq_before, 0) + 1"
            f" UNION ALL SELECT c.id FROM consignment c LEFT JOIN ({_LATEST}) e ON e.consignment_id = c.id"
            " WHERE c.state <> coalesce(e.to_state, 'new')"
            f" UNION ALL SELECT o.id FROM customer_order o LEFT JOIN ({_LATEST}) e ON e.order_id = o.id"
            " AND e.consignment_id IS NULL WHERE o.state IS DISTINCT FROM e.to_state",
        ),
        Law(
            "D3",
            "Every change of state has exactly one event, and every event of an order its change",
            "SELECT e.id FROM order_event e FULL JOIN (SELECT id, (payload ->> 'event_id')::bigint AS event_id"
            " FROM outbox WHERE kind IN ('order.placed', 'order.updated', 'order.delivered')) b ON b.event_id = e.id"
            " GROUP BY e.id HAVING count(b.id) <> 1 OR e.id IS NULL",
        ),
        Law(
            "O6",
            "Whatever is past its time has an alarm within five minutes",
            "SELECT c.id FROM consignment c JOIN customer_order o ON o.id = c.order_id"
            " WHERE c.sla_due_at < now() - interval '5 minutes' AND c.state_at < now() - interval '5 minutes'"
            " AND NOT EXISTS (SELECT FROM order_alarm a WHERE a.consignment_id = c.id AND a.cleared_at IS NULL)",
        ),
    ]


def _of_suppliers() -> list[Law]:
    return [
        Law(
            "U1",
            "A supplier order was accepted exactly where the consignment went on, and each consignment has one",
            "SELECT c.id FROM consignment c LEFT JOIN supplier_order s ON s.consignment_id = c.id"
            f" WHERE s.state IS NULL OR (s.state = 'accepted') <> (c.state NOT IN {_UNDECIDED}"
            f" AND c.state NOT IN {_FAILED})",
        ),
        Law(
            "U2",
            "Where points went back no supplier has a live order: it refused, was never asked, or is letting go",
            "SELECT c.id FROM consignment c JOIN supplier_order s ON s.consignment_id = c.id"
            f" WHERE c.state IN {_FAILED} AND s.state NOT IN ('rejected', 'releasing', 'released', 'cancelled')"
            " OR s.state = 'releasing' AND s.undo_since < now() - interval '2 days' AND NOT EXISTS (SELECT FROM"
            " order_case a WHERE a.consignment_id = c.id AND a.state = 'open')",
        ),
        Law(
            "S5",
            "Stock is kept for what is undecided, gone for what was accepted, back for what came to nothing",
            "SELECT l.order_id FROM order_line l LEFT JOIN reservation r ON r.key = l.reservation_key"
            " WHERE r.qty IS DISTINCT FROM l.qty OR r.state IS DISTINCT FROM"
            " CASE l.state WHEN 'open' THEN 'held' WHEN 'released' THEN 'released' ELSE 'committed' END",
        ),
        Law(
            "U3",
            "A supplier is owed for exactly what was delivered, or issued for good",
            "SELECT c.id FROM consignment c FULL JOIN consignment_delivery d ON d.consignment_id = c.id"
            " WHERE (c.state IN ('delivered', 'closed')) IS DISTINCT FROM (d.consignment_id IS NOT NULL)"
            " OR d.cost_minor <> c.cost_minor OR d.delivery_minor <> c.delivery_minor",
        ),
        Law(
            "U6",
            "A reward is issued once: an artefact belongs to a piece that was accepted, and no code is given twice",
            "SELECT a.id FROM artefact a LEFT JOIN order_line l ON l.order_id = a.order_id AND l.no = a.line_no"
            " WHERE l.state IS DISTINCT FROM 'accepted' OR a.unit_no > l.qty"
            " UNION ALL SELECT min(id) FROM artefact WHERE kind = 'code' GROUP BY mark HAVING count(*) > 1",
        ),
    ]
