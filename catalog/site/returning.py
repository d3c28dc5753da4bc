"""How the returns of an order are told on its page: how far each is, where it goes, what came back of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog import orders
from catalog.orders import Order, Return
from coalition.kernel import ids
from coalition.kernel.web.pages import language

_WAY = ("requested", "authorized", "in_transit", "received", "refunded")
_REACHED_BY = {"inspected": "received", "accepted": "received", "partly": "received", "closed": "refunded"}


def told_returns(order: Order) -> list[dict[str, Any]]:
    """The returns of an order as its page shows them, the newest first."""
    titles = {line.no: line.title(language()) for line in order.lines}
    return [_told(one, titles) for one in reversed(orders.returns_of(order.id))]


def returnable(order: Order) -> bool:
    """Whether something of the order may be given back now."""
    return bool(orders.returnable(order.program_id, order.id))


def _told(one: Return, titles: Mapping[int, str]) -> dict[str, Any]:
    at = {change.to_state: change.at for change in one.changes}
    now = _REACHED_BY.get(one.state, one.state)
    return {
        "id": ids.public("rma", one.id),
        "state": one.state,
        "reason": one.reason,
        "requested_at": one.requested_at,
        "send_until": one.send_until if one.state == "authorized" else None,
        "address": one.address if one.state == "authorized" else None,
        "label_url": one.label_url if one.state == "authorized" else None,
        "note": one.note,
        "points": one.refund_points,
        "cash_minor": one.refund_cash_minor,
        "cancellable": one.cancellable,
        "items": [{"title": titles.get(item.line_no, ""), "qty": item.qty} for item in one.items],
        "steps": _steps(now, at) if now in _WAY else [],
    }


def _steps(now: str, at: Mapping[str, Any]) -> list[dict[str, Any]]:
    reached = _WAY.index(now)
    return [
        {"key": key, "state": "done" if no <= reached else "now" if no == reached + 1 else "todo", "at": at.get(key)}
        for no, key in enumerate(_WAY)
    ]
