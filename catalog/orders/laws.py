"""What must always hold of orders: the laws O and U of the reliability plan, and the ones that tie orders to points."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law

_LATEST = (
    "SELECT DISTINCT ON (order_id, consignment_id) order_id, consignment_id, to_state FROM order_event"
    " ORDER BY order_id, consignment_id, id DESC"
)


def laws() -> Sequence[Law]:
    """Every law of this room. Points are checked against the ledger's holds, stock against reservations."""
    return [
        Law(
            "O1",
            "A consignment's points are held until it is decided, then captured, or released if it came to nothing",
            "SELECT c.id FROM consignment c LEFT JOIN hold h ON h.account_id = c.hold_account_id AND h.id = c.hold_id"
            " WHERE h.id IS NULL OR h.amount <> c.points OR h.state <> CASE"
            " WHEN c.state IN ('new', 'confirming', 'in_doubt') THEN 'open'"
            " WHEN c.state IN ('rejected', 'cancelled') THEN 'released' ELSE 'captured' END",
        ),
        Law(
            "O3",
            "An order costs what was quoted: its lines and its delivery, and its consignments add up to it",
            "SELECT o.id FROM customer_order o JOIN quote q ON q.id = o.quote_id"
            " WHERE o.points <> q.goods_points + q.delivery_points OR q.state <> 'used'"
            " OR o.points <> (SELECT sum(c.points) FROM consignment c WHERE c.order_id = o.id)"
            " OR o.points <> (SELECT sum(l.qty * l.unit_points) FROM order_line l WHERE l.order_id = o.id)"
            " + (SELECT sum(c.delivery_points) FROM consignment c WHERE c.order_id = o.id)",
        ),
        Law(
            "O2",
            "Only listed changes of state have happened, and the state is where the last of them led",
            "SELECT e.id FROM order_event e LEFT JOIN order_transition t ON t.machine = e.machine"
            " AND t.from_state = e.from_state AND t.to_state = e.to_state WHERE t.machine IS NULL"
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
            "U1",
            "A supplier order was accepted exactly where the consignment went on, and each consignment has one",
            "SELECT c.id FROM consignment c LEFT JOIN supplier_order s ON s.consignment_id = c.id"
            " WHERE s.state IS NULL OR (s.state = 'accepted')"
            " <> (c.state NOT IN ('new', 'confirming', 'in_doubt', 'rejected', 'cancelled'))",
        ),
        Law(
            "S5",
            "Stock is kept for what is undecided, gone for what was accepted, back for what came to nothing",
            "SELECT l.order_id FROM order_line l JOIN consignment c ON c.id = l.consignment_id"
            " LEFT JOIN reservation r ON r.key = l.reservation_key"
            " WHERE r.state IS DISTINCT FROM CASE WHEN c.state IN ('new', 'confirming', 'in_doubt') THEN 'held'"
            " WHEN c.state IN ('rejected', 'cancelled') THEN 'released' ELSE 'committed' END OR r.qty <> l.qty",
        ),
        Law(
            "U3",
            "A supplier is owed for exactly what was delivered",
            "SELECT c.id FROM consignment c FULL JOIN consignment_delivery d ON d.consignment_id = c.id"
            " WHERE (c.state = 'delivered') IS DISTINCT FROM (d.consignment_id IS NOT NULL)"
            " OR d.cost_minor <> c.cost_minor OR d.delivery_minor <> c.delivery_minor",
        ),
    ]
