"""How an order and its parcels are told to a member: steps, news, newest first. Pure, apart from the language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.orders import ARRIVED, FAILED, Change, Consignment, Order
from catalog.shipments import Shipment
from coalition.kernel import ids

# Step of the page: the consignment's state that reaches it.
_STEPS = {"confirmed": "confirmed", "packed": "preparing", "on_the_way": "shipped", "delivered": "delivered"}
_ELECTRONIC_STEPS = {"confirmed": "confirmed", "delivered": "delivered"}
_NEWS = {
    "confirmed": "confirmed",
    "rejected": "rejected",
    "released": "cancelled",
    "cancelled": "cancelled",
    "voided": "cancelled",
    "preparing": "packed",
}
_CODE = re.compile("[a-z]+(_[a-z]+)+")  # ours or a supplier's, for nobody to read
_REASONS = ("out_of_stock", "insufficient_points")


def number(order_id: int) -> str:
    """An order's number as a member reads it out."""
    return f"R-{order_id}"


def told(
    order: Order, language: str, suppliers: Mapping[int, str], parcels: Mapping[int, Sequence[Shipment]]
) -> dict[str, Any]:
    """The context of the order page; `suppliers` are names by id, `parcels` by consignment."""
    to = order.address
    place = ", ".join(part for part in (to.line1, to.city, to.postal_code) if part)
    return {
        "id": ids.public("ord", order.id),
        "number": number(order.id),
        "placed_at": order.placed_at,
        "state": order.state,
        "reason": _reason(order),
        "points_total": order.points,
        "points_held": order.points_held,
        "points_captured": order.points_captured,
        "points_released": order.points_released,
        "cancellable": order.cancellable,
        "delivery": {
            "kind": order.consignments[0].delivery_kind,
            "name": to.name,
            "address": place or None,
            "email": to.email or None,
        },
        "parcels": [
            _parcel(order, share, language, suppliers[share.supplier_id], parcels.get(share.id, ()))
            for share in order.consignments
        ],
    }


def _reason(order: Order) -> str | None:
    """The reasons that the page has words for, and what a person wrote; a supplier's other codes say little."""
    if order.reason in _REASONS or order.reason is None:
        return order.reason
    if order.state == "rejected":
        return "supplier_refused"
    return None if _CODE.fullmatch(order.reason) else order.reason


def _parcel(
    order: Order, share: Consignment, language: str, supplier: str, shipments: Sequence[Shipment]
) -> dict[str, Any]:
    changes = [change for change in order.changes if change.consignment_id == share.id]
    carried = [parcel for parcel in shipments if share.delivery_kind != "electronic"]
    latest = carried[-1] if carried else None
    arrivals = [parcel.delivered_at for parcel in shipments if parcel.delivered_at]
    delivered_at = max(arrivals) if share.state in ARRIVED and arrivals else None
    return {
        "supplier": supplier,
        "state": "preparing" if share.state == "partially_shipped" else share.state,
        "carrier": latest.carrier.name if latest else None,
        "tracking_no": latest.tracking_no if latest else None,
        "tracking_url": latest.carrier.page_of(latest.tracking_no) if latest else None,
        "expected_on": None if share.state in FAILED else share.expected_on,
        "delivered_at": delivered_at,
        "steps": [] if share.state in FAILED else _steps(order, share, changes, delivered_at),
        "events": _events(order, changes, shipments),
        "lines": [
            {
                "reward_id": ids.public("rew", line.reward_id),
                "title": line.title(language),
                "artwork": line.artwork,
                "qty": line.qty,
                "points": line.points,
            }
            for line in share.lines
        ],
    }


def _steps(
    order: Order, share: Consignment, changes: Sequence[Change], delivered_at: dt.datetime | None
) -> list[dict[str, Any]]:
    reached = {change.to_state: change.at for change in changes}
    if delivered_at:
        reached["delivered"] = delivered_at
    wanted = _ELECTRONIC_STEPS if share.delivery_kind == "electronic" else _STEPS
    steps = [{"key": "placed", "state": "done", "at": order.placed_at}]
    for key, state in wanted.items():
        at = reached.get(state)
        before = steps[-1]["state"]
        steps.append({"key": key, "state": "done" if at else "now" if before == "done" else "todo", "at": at})
    return steps


def _events(order: Order, changes: Sequence[Change], shipments: Sequence[Shipment]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [{"at": order.placed_at, "code": "placed", "text": None, "place": None}]
    told += [
        {"at": change.at, "code": _NEWS[change.to_state], "text": None, "place": None}
        for change in changes
        if change.to_state in _NEWS
    ]
    told += [
        {"at": event.occurred_at, "code": event.status, "text": event.text or None, "place": event.place or None}
        for parcel in shipments
        for event in reversed(parcel.events)
    ]
    return sorted(told, key=lambda event: event["at"], reverse=True)
