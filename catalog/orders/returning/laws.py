"""What must always hold of returns."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law


def laws() -> Sequence[Law]:
    """Every law of returns: pieces, changes, points in the ledger, and what suppliers are not owed any more."""
    return [
        Law(
            "B1",
            "No more comes back of a line than was delivered of it",
            "SELECT i.order_id FROM rma_item i JOIN rma r ON r.id = i.rma_id"
            " JOIN order_line l ON l.order_id = i.order_id AND l.no = i.line_no"
            " LEFT JOIN consignment_delivery d ON d.consignment_id = l.consignment_id"
            " WHERE r.state NOT IN ('refused', 'expired', 'cancelled') GROUP BY i.order_id, i.line_no, l.qty"
            " HAVING bool_or(d.consignment_id IS NULL) OR sum(CASE WHEN r.state IN ('accepted', 'partly', 'rejected',"
            " 'refunded', 'closed') THEN i.accepted_qty ELSE i.qty END) > l.qty",
        ),
        Law(
            "B2",
            "A return is where its recorded changes have led, one after another, each with exactly one event",
            "SELECT r.id FROM rma r LEFT JOIN LATERAL (SELECT to_state FROM rma_event e WHERE e.rma_id = r.id"
            " ORDER BY e.id DESC LIMIT 1) e ON true WHERE r.state IS DISTINCT FROM e.to_state"
            " UNION ALL SELECT e.id FROM (SELECT id, from_state, lag(to_state, 1, '') OVER (PARTITION BY rma_id"
            " ORDER BY id) AS before FROM rma_event) e WHERE e.from_state <> e.before"
            " UNION ALL SELECT e.id FROM rma_event e FULL JOIN (SELECT id, (payload ->> 'event_id')::bigint AS event_id"
            " FROM outbox WHERE kind = 'return.updated') b ON b.event_id = e.id"
            " GROUP BY e.id HAVING count(b.id) <> 1 OR e.id IS NULL",
        ),
        Law(
            "B3",
            "What a return pays back is the sum of its items, in points that the ledger has put back",
            "SELECT r.id FROM rma r WHERE (r.refund_points, r.refund_cash_minor) <> (SELECT sum(i.points),"
            " sum(i.cash_minor) FROM rma_item i WHERE i.rma_id = r.id)"
            " OR r.refund_points <> coalesce((SELECT sum(e.amount) FROM entry e JOIN consignment c"
            " ON c.id = r.consignment_id WHERE e.account_id = c.hold_account_id AND e.id = ANY(r.entry_ids)"
            " AND e.kind = 7), 0)"
            " OR ((r.refund_points + r.refund_cash_minor > 0) AND r.state NOT IN ('refunded', 'closed'))",
        ),
        Law(
            "B4",
            "A supplier is not owed for what it has taken back, and for nothing else less",
            "SELECT r.id FROM rma r FULL JOIN return_credit k ON k.rma_id = r.id"
            " WHERE coalesce(k.cost_minor, 0) IS DISTINCT FROM"
            " (SELECT sum(i.cost_minor) FROM rma_item i WHERE i.rma_id = r.id)"
            " UNION ALL SELECT d.consignment_id FROM consignment_delivery d JOIN return_credit k"
            " ON k.consignment_id = d.consignment_id GROUP BY d.consignment_id, d.cost_minor"
            " HAVING sum(k.cost_minor) > d.cost_minor",
        ),
    ]
