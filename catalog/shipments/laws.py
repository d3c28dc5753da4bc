"""What must always hold of parcels and messages."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law

_GONE = "'returned', 'failed', 'lost', 'damaged', 'cancelled'"


def laws() -> Sequence[Law]:
    """Every law of this room."""
    return [
        Law(
            "U4",
            "A delivered consignment has arrived whole: each of its parcels was delivered, or came to nothing and was"
            " replaced",
            "SELECT c.id FROM consignment c WHERE c.state = 'delivered' AND (NOT EXISTS"
            " (SELECT FROM shipment s WHERE s.consignment_id = c.id) OR EXISTS (SELECT FROM shipment s WHERE"
            " s.consignment_id = c.id AND s.rma_id IS NULL AND NOT EXISTS (SELECT FROM tracking_event t"
            f" WHERE t.shipment_id = s.id AND t.status IN ('delivered', {_GONE}))))",
        ),
        Law(
            "U5",
            "Only what a supplier has accepted is carried, and no more of it than was ordered, besides what came to"
            " nothing",
            "SELECT s.id FROM shipment s JOIN consignment c ON c.id = s.consignment_id"
            " WHERE c.state IN ('new', 'reserving', 'reserved', 'confirming', 'in_doubt', 'rejected', 'released',"
            " 'cancelled', 'voided')"
            " UNION ALL SELECT s.consignment_id FROM shipment s JOIN shipment_line l ON l.shipment_id = s.id"
            " WHERE NOT EXISTS (SELECT FROM tracking_event t WHERE t.shipment_id = s.id"
            f" AND t.status IN ({_GONE}))"
            " GROUP BY s.consignment_id, l.supplier_sku HAVING sum(l.qty) > (SELECT coalesce(sum(o.qty), 0)"
            " FROM order_line o WHERE o.consignment_id = s.consignment_id AND o.supplier_sku = l.supplier_sku)",
        ),
        Law(
            "K1",
            "A parcel on its way of which nothing is heard is expired once its carrier's days of patience are over",
            "SELECT s.id FROM shipment s JOIN carrier c ON c.id = s.carrier_id WHERE s.status NOT IN ('delivered',"
            " 'returned', 'failed', 'lost', 'damaged', 'cancelled', 'expired')"
            " AND s.heard_at < now() - make_interval(days => c.quiet_days + 1)",
        ),
        Law(
            "K5",
            "A parcel that is sent back belongs to a return of its own consignment, and is on the way back",
            "SELECT s.id FROM shipment s JOIN rma r ON r.id = s.rma_id"
            " WHERE r.consignment_id <> s.consignment_id OR s.leg <> 'return'",
        ),
        Law(
            "J3",
            "A message that was acknowledged is understood within a week, or set aside with its reason",
            "SELECT id FROM inbound_callback WHERE state = 'received' AND received_at < now() - interval '8 days'",
        ),
    ]
