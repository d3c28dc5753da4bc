"""Cancelling a flight in two steps: terms with a time limit, then the confirmation. A hold is let go for nothing.

Of a paid one fifteen euro are kept, and what its offer calls not refundable gives nothing back.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request

from integrations.simulator import deals, timetable
from integrations.simulator.book import Book
from integrations.simulator.orderbook import Reply
from integrations.simulator.replying import serve

_TERMS_S = 600.0
_PENALTY = 1500
_LIVE = ("held", "issued")


def open_doors(app: Flask, book: Book, code: str, root: str) -> None:
    """The two steps."""

    @app.post(f"{root}/order_cancellations")
    def create() -> Response:
        wanted: Any = (request.get_json(force=True, silent=True) or {}).get("data", {})
        external_id = str(wanted.get("order_id"))
        return serve(book, code, external_id, "terms", lambda mood: _terms(book, external_id, mood))

    @app.post(f"{root}/order_cancellations/<number>/actions/confirm")
    def confirm(number: str) -> Response:
        external_id = number.removeprefix("ore_")
        return serve(book, code, external_id, "cancel", lambda mood: _confirm(book, external_id, mood))


def _terms(book: Book, external_id: str, mood: frozenset[str]) -> Reply:
    deal = deals.find(book, external_id)
    if deal is None:
        return Reply(404, _error("not_found"))
    if deal["state"] not in _LIVE:
        return Reply(
            422, _error("already_cancelled" if deal["state"] in ("released", "cancelled", "expired") else "no")
        )
    if "cancel_refused" in mood and deal["state"] == "issued":
        return Reply(422, _error("order_not_cancellable"))
    expires_at = time.time() + (1.0 if "hold_short" in mood else _TERMS_S)
    deals.change(book, deal, deal["state"], terms_until=expires_at)
    terms = {
        "id": f"ore_{external_id}",
        "order_id": external_id,
        "refund_amount": timetable.amount(_refund(deal)),
        "refund_currency": "EUR",
        "expires_at": deals.stamp(expires_at),
    }
    return Reply(201, {"data": terms})


def _confirm(book: Book, external_id: str, mood: frozenset[str]) -> Reply:
    deal = deals.find(book, external_id)
    if deal is None:
        return Reply(404, _error("not_found"))
    if deal["state"] not in _LIVE:
        return Reply(422, _error("already_cancelled"))
    if deal["facts"].get("terms_until", 0.0) <= time.time():
        return Reply(422, _error("cancellation_expired"))
    if "cancel_refused" in mood and deal["state"] == "issued":
        return Reply(422, _error("order_not_cancellable"))
    refund = _refund(deal)
    ended = deals.change(book, deal, "released" if deal["state"] == "held" else "cancelled", refund=refund)
    deals.tell(book, ended, timetable.news(ended, "order.cancelled"), mood)
    facts = {"id": f"ore_{external_id}", "refund_amount": timetable.amount(refund), "refund_currency": "EUR"}
    return Reply(200, {"data": {**facts, "confirmed_at": deals.stamp()}})


def _refund(deal: Mapping[str, Any]) -> int:
    allowed = deal["facts"]["offer"]["conditions"]["refund_before_departure"]["allowed"]
    return max(deal["total"] - _PENALTY, 0) if deal["state"] == "issued" and allowed else 0


def _error(code: str) -> dict[str, Any]:
    return {"errors": [{"code": code}]}
