"""How an order is told to a member: its consignments with their parcels, steps and news. Pure, but for the language.

A consignment is one supplier's share; it may be sent in several parcels, each with its carrier and its number.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.orders import ARRIVED, FAILED, Change, Consignment, Order, OrderLine, Shown
from catalog.shipments import Shipment
from coalition.kernel import ids

# Step of the page: the consignment's state that reaches it.
_STEPS = {"confirmed": "confirmed", "packed": "preparing", "on_the_way": "shipped", "delivered": "delivered"}
_ISSUED_STEPS = {"confirmed": "confirmed", "issued": "issued"}
_ISSUED_BY = ("issued", "delivered", "closed")  # the first of these that happened
_AT_ONCE = ("electronic", "booking")
_NEWS = {
    "reserved": "reserved",
    "confirmed": "confirmed",
    "rejected": "rejected",
    "released": "released_by_us",
    "cancel_requested": "cancel_requested",
    "void_requested": "cancel_requested",
    "cancelled": "cancelled",
    "voided": "cancelled",
    "preparing": "packed",
    "issued": "issued",
}
_CODE = re.compile("[a-z]+(_[a-z]+)+")  # ours or a supplier's, for nobody to read
_REASONS = (
    "out_of_stock",
    "insufficient_points",
    "payment_failed",
    "payment_not_paid",
    "payment_expired",
    "payment_authorization_lapsed",
    "payment_provider_unavailable",
)


def number(order_id: int) -> str:
    """An order's number as a member reads it out."""
    return f"R-{order_id}"


def told(
    order: Order,
    language: str,
    suppliers: Mapping[int, str],
    parcels: Mapping[int, Sequence[Shipment]],
    shown: Iterable[Shown] | None = None,
) -> dict[str, Any]:
    """The context of the order page; `suppliers` are names by id, `parcels` by consignment, `shown` what was issued,
    None while it is hidden."""
    to = order.address
    place = ", ".join(part for part in (to.line1, to.city, to.postal_code) if part)
    shares = [
        _consignment(order, share, language, suppliers[share.supplier_id], parcels.get(share.id, ()), shown)
        for share in order.consignments
    ]
    return {
        "id": ids.public("ord", order.id),
        "number": number(order.id),
        "placed_at": order.placed_at,
        "state": order.state,
        "partly": order.partly,
        "reason": _reason(order.reason, order.state),
        "payment": order.payment,
        "points_total": order.points_paid,
        "points_held": order.points_held,
        "points_captured": order.points_captured,
        "points_released": order.points_released,
        "cash": _cash(order),
        "cancellable": order.cancellable,
        "repeatable": any(line.reward_id for line in order.lines),
        "delivery": {
            "kind": order.consignments[0].delivery_kind,
            "name": to.name,
            "address": place or None,
            "email": to.email or None,
        },
        "parcels": shares,
        "count": sum(max(1, len(share["sent"])) for share in shares),
        "shown": shown is not None,
    }


def _cash(order: Order) -> dict[str, Any] | None:
    """What is paid by card, if anything: in all, charged by now, and given back."""
    if not order.cash_minor:
        return None
    taken, back = (sum(getattr(one, name) for one in order.consignments) for name in ("cash_captured", "cash_refunded"))
    return {"minor": order.cash_minor, "currency": order.cash_currency, "taken": taken, "back": back}


def _reason(reason: str | None, state: str) -> str | None:
    """The reasons that the page has words for, and what a person wrote; a supplier's other codes say little."""
    if reason in _REASONS or reason is None:
        return reason
    if state == "rejected":
        return "supplier_refused"
    return None if _CODE.fullmatch(reason) else reason


def _consignment(
    order: Order,
    share: Consignment,
    language: str,
    supplier: str,
    shipments: Sequence[Shipment],
    shown: Iterable[Shown] | None,
) -> dict[str, Any]:
    changes = [change for change in order.changes if change.consignment_id == share.id]
    carried = [parcel for parcel in shipments if share.delivery_kind not in _AT_ONCE]
    arrivals = [parcel.delivered_at for parcel in shipments if parcel.delivered_at]
    delivered_at = max(arrivals) if share.state in ARRIVED and arrivals else None
    return {
        "id": ids.public("con", share.id),
        "supplier": supplier,
        "kind": share.delivery_kind,
        "state": share.state,
        "reason": _reason(share.reason, share.state),
        "expected_on": None if share.state in FAILED else share.expected_on,
        "delivered_at": delivered_at,
        "issues": share.state in ("issued", "void_requested") or (share.state == "closed" and _issued(changes)),
        "sent": [_sent(parcel) for parcel in carried],
        "steps": [] if share.state in FAILED else _steps(order, share, changes, shipments),
        "events": _events(order, changes, shipments, share.delivery_kind in _AT_ONCE),
        "lines": [_line(line, language, order.cash_currency, shown) for line in share.lines],
    }


def _issued(changes: Iterable[Change]) -> bool:
    return any(change.to_state == "issued" for change in changes)


def _sent(parcel: Shipment) -> dict[str, Any]:
    return {
        "id": parcel.id,
        "carrier": parcel.carrier.name,
        "tracking_no": parcel.tracking_no,
        "tracking_url": parcel.carrier.page_of(parcel.tracking_no),
        "leg": parcel.leg,
        "status": parcel.status,
        "incident": parcel.incident or None,
        "action_required": parcel.action_required,
        "pickup_until": parcel.pickup_until,
        "delivered_at": parcel.delivered_at,
    }


def _line(line: OrderLine, language: str, currency: str | None, shown: Iterable[Shown] | None) -> dict[str, Any]:
    issued = [one for one in shown or () if one.line_no == line.no]
    return {
        "no": line.no,
        "reward_id": ids.public("rew", line.reward_id),
        "title": line.title(language),
        "artwork": line.artwork,
        "qty": line.qty,
        "points": line.points_paid,
        "cash": {"minor": line.cash_minor, "currency": currency} if line.cash_minor else None,
        "released": line.state == "released",
        "answer": line.answer,
        "issued": [{"kind": one.kind, "content": one.content, "unit_no": one.unit_no} for one in issued],
    }


def _steps(
    order: Order, share: Consignment, changes: Sequence[Change], shipments: Sequence[Shipment]
) -> list[dict[str, Any]]:
    reached: dict[str, dt.datetime | None] = {change.to_state: change.at for change in changes}
    waiting = [event.occurred_at for one in shipments for event in one.events if event.status == "available_for_pickup"]
    wanted = _ISSUED_STEPS if share.delivery_kind in _AT_ONCE or "issued" in reached else _STEPS
    reached["issued"] = next((reached[state] for state in _ISSUED_BY if state in reached), None)
    steps = [{"key": "placed", "state": "done", "at": order.placed_at}]
    for key, state in wanted.items():
        if key == "delivered" and share.delivery_kind == "pickup":
            at: dt.datetime | None = min(waiting) if waiting else reached.get("delivered")
            steps.append(_step("ready", at, steps[-1]["state"]))
        steps.append(_step(key, reached.get(state), steps[-1]["state"]))
    return steps


def _step(key: str, at: dt.datetime | None, before: Any) -> dict[str, Any]:
    return {"key": key, "state": "done" if at else "now" if before == "done" else "todo", "at": at}


def _events(
    order: Order, changes: Sequence[Change], shipments: Sequence[Shipment], at_once: bool
) -> list[dict[str, Any]]:
    several = len(shipments) > 1
    told: list[dict[str, Any]] = [{"at": order.placed_at, "code": "placed", "text": None, "place": None}]
    told += [
        {"at": change.at, "code": _NEWS[change.to_state], "text": None, "place": None}
        for change in changes
        if change.to_state in _NEWS and not (at_once and change.to_state == "preparing")
    ]
    told += [
        {
            "at": event.occurred_at,
            "code": event.status,
            "text": event.text or None,
            "place": event.place or None,
            "parcel": parcel.tracking_no if several else None,
            "incident": event.incident or None,
        }
        for parcel in shipments
        for event in reversed(parcel.events)
    ]
    return sorted(told, key=lambda event: event["at"], reverse=True)
