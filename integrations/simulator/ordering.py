"""Taking orders: idempotent by our reference, refusing what the supplier does not have, and moody when a test asks."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from coalition.kernel import clock
from integrations.simulator import promising
from integrations.simulator.assortment import Seller
from integrations.simulator.book import SHIP_AFTER, Book
from integrations.simulator.faults import draw
from integrations.simulator.orderbook import Reply, canonical, known_order, promise, refusal, told, write_order

_HANG_S = 60.0
ANSWERS = ("timeout", "timeout_before", "error_after_accept", "reject", "pending", "unavailable")
_ANSWERED = (*ANSWERS, "error_before", "pending_fail")


def take(book: Book, seller: Seller, order: Mapping[str, Any]) -> Reply:
    """Take an order, or say again what was said about it; what was held under the reference is ordered out of it."""
    with book.deed():
        mood = draw(book, seller.code, order["client_ref"], "order")
        known = known_order(book, seller, order["client_ref"])
        if known is not None and known["state"] != "held":
            return _again(book, seller, known, order)
        whim = _whim(book, seller)
        answer = whim["answer"] if whim else next((one for one in _ANSWERED if one in mood), "")
        if (prevented := _prevented(answer, by_whim=whim is not None)) is not None:
            return prevented
        code = whim["code"] if whim and answer == "reject" else refusal(book, seller, order, "reject" in mood)
        state = "rejected" if code else "pending" if answer in ("pending", "pending_fail") else "accepted"
        promised = promising.acknowledge(seller, order["lines"], mood)
        write_order(book, seller, {**order, "lines": promised[1]}, state, code, whole=order)
        promise(book, seller, order["client_ref"], promised[0])
        _proceed(book, seller, order, "refused_later" if answer == "pending_fail" else state)
        placed = known_order(book, seller, order["client_ref"])
        assert placed is not None
        reply = _said(book, placed, 201)
    if answer == "error_after_accept":
        return Reply(500, {"code": "broken"})
    if answer == "timeout":
        return Reply(reply.status, reply.facts, _HANG_S) if whim else Reply(0, {})
    return reply


def status(book: Book, seller: Seller, client_ref: str) -> Reply:
    """What became of a reference; 404 if it was never seen."""
    with book.deed():
        known = known_order(book, seller, client_ref)
        return Reply(404, {"code": "not_found"}) if known is None else Reply(200, told(book, known))


def news_of_acceptance(placed: Mapping[str, Any]) -> dict[str, Any]:
    """The callback that says that an order was taken."""
    lines = [{**line, "state": "accepted"} for line in json.loads(placed["lines"])]
    return {
        "type": "order.accepted",
        "client_ref": placed["client_ref"],
        "external_id": placed["external_id"],
        "occurred_at": clock.now().isoformat(),
        "lines": lines,
    }


def _again(book: Book, seller: Seller, known: Mapping[str, Any], order: Mapping[str, Any]) -> Reply:
    book.write("UPDATE placed SET requests = requests + 1 WHERE number = :n", n=known["number"])
    if known["body"] != canonical(order):
        return Reply(409, {"code": "client_ref_conflict"})
    if known["state"] in ("expired", "released", "cancelled"):
        return Reply(422, {"state": known["state"], "code": f"hold_{known['state']}"})
    return _said(book, known, 200)


def _prevented(answer: str, *, by_whim: bool) -> Reply | None:
    if answer == "unavailable":
        return Reply(503, {"code": "unavailable"}, retry_after="1")
    if answer == "timeout_before":
        return Reply(500, {"code": "broken"}, after_s=_HANG_S) if by_whim else Reply(0, {})
    return Reply(500, {"code": "broken"}) if answer == "error_before" else None


def _said(book: Book, placed: Mapping[str, Any], status: int) -> Reply:
    if placed["state"] == "rejected":
        return Reply(422, {"state": "rejected", "code": placed["code"]})
    if placed["state"] == "pending":
        return Reply(202, {"state": "pending", "poll_after_s": 1})
    return Reply(status, {**told(book, placed), "state": "accepted"})


def _whim(book: Book, seller: Seller) -> dict[str, Any] | None:
    """How a test wants this request answered, if it wants anything."""
    found = book.row(
        "SELECT * FROM whim WHERE times > 0 AND (supplier IS NULL OR supplier = :s) ORDER BY id LIMIT 1", s=seller.code
    )
    if found:
        book.write("UPDATE whim SET times = times - 1 WHERE id = :id", id=found["id"])
    return found


def _proceed(book: Book, seller: Seller, order: Mapping[str, Any], state: str) -> None:
    """Mean to decide a pending order, for or against, or to ship an accepted one."""
    due_at = time.time() + float(book.setting(SHIP_AFTER, "6"))
    if state == "refused_later":
        book.plan(seller.code, order["client_ref"], "refuse", due_at)
    if state == "pending":
        book.plan(seller.code, order["client_ref"], "decide", due_at)
    if state == "accepted":
        placed = known_order(book, seller, order["client_ref"])
        assert placed is not None
        path = f"/api/v1/suppliers/{seller.code}/callbacks"
        book.tell(path, f"suppliers/{seller.code}", news_of_acceptance(placed), time.time())
        book.plan(seller.code, order["client_ref"], "ship", due_at)
