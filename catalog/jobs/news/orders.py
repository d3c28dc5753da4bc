"""News of orders and parcels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog import orders
from catalog.jobs.news.concerned import Concerned
from coalition.kernel.outbox import Event
from coalition.partners.webhooks import News, Wanted, translates

_DELIVERED = "order.delivered"  # a change of state like any other, to those outside


@translates("order.placed", "order.updated", _DELIVERED)
def changed(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """An order or a consignment has another state."""
    if not wanted.get("order.placed") and not wanted.get("order.updated"):
        return
    known, concerned = orders.told_changes({event.payload["event_id"] for event in events}), Concerned()
    for event in events:
        name = "order.updated" if event.kind == _DELIVERED else event.kind
        told = known[event.payload["event_id"]]
        changes = {"consignment": concerned.consignment(told), "reason": told.reason}
        for partner_id, about, own in concerned.by(told):
            state = told.to_state if told.no is None else told.order_state
            data = {**own, "state": state if own["order_id"] else None, **changes}
            yield News(name, partner_id, about, f"change:{told.id}", told.at, data, event.id)


@translates("shipment.updated")
def moved(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """A parcel has another status."""
    if not wanted.get("shipment.updated"):
        return
    known, concerned = orders.told_consignments({event.payload["consignment_id"] for event in events}), Concerned()
    for event in events:
        told = known[event.payload["consignment_id"]]
        parcel = {"tracking_number": event.payload["tracking_no"], "status": event.payload["status"]}
        for partner_id, about, own in concerned.by(told):
            data = {**own, "consignment": concerned.consignment(told), **parcel}
            yield News("shipment.updated", partner_id, about, f"parcel:{event.id}", told.at, data, event.id)
