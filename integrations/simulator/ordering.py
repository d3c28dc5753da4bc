"""Taking orders: idempotent by our reference, refusing what the supplier does not have, and moody when a test asks."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel import clock
from integrations.simulator.assortment import Seller, products_of
from integrations.simulator.book import Book

_HANG_S = 60.0
SHIP_AFTER, SCAN_EVERY = "ship_after_s", "scan_every_s"
ANSWERS = ("timeout", "timeout_before", "error_after_accept", "reject", "pending", "unavailable")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the supplier answers; `after_s` is how long it keeps us waiting first."""

    status: int
    facts: Mapping[str, Any]
    after_s: float = 0.0
    retry_after: str | None = None


def take(book: Book, seller: Seller, order: Mapping[str, Any]) -> Reply:
    """Take an order, or say again what was said about it."""
    with book.deed():
        known = _known(book, seller, order["client_ref"])
        if known is not None:
            book.write(
                "UPDATE placed SET requests = requests + 1 WHERE supplier = :s AND client_ref = :r",
                s=seller.code,
                r=order["client_ref"],
            )
            if known["body"] != _canonical(order):
                return Reply(409, {"code": "client_ref_conflict"})
            return _said(known, 200)
        whim = _whim(book, seller)
        answer = whim["answer"] if whim else ""
        if answer == "unavailable":
            return Reply(503, {"code": "unavailable"}, retry_after="1")
        if answer == "timeout_before":
            return Reply(500, {"code": "broken"}, after_s=_HANG_S)
        code = whim["code"] if whim and answer == "reject" else _refusal(book, seller, order)
        state = "rejected" if code else "pending" if answer == "pending" else "accepted"
        _write(book, seller, order, state, code)
        _proceed(book, seller, order, state)
        placed = _known(book, seller, order["client_ref"])
    assert placed is not None
    if answer == "error_after_accept":
        return Reply(500, {"code": "broken"})
    return _said(placed, 201, after_s=_HANG_S if answer == "timeout" else 0.0)


def status(book: Book, seller: Seller, client_ref: str) -> Reply:
    """What became of a reference; 404 if it was never seen."""
    known = _known(book, seller, client_ref)
    if known is None:
        return Reply(404, {"code": "not_found"})
    facts = {"external_id": known["external_id"], "state": known["state"], "code": known["code"]}
    return Reply(200, facts)


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


def _known(book: Book, seller: Seller, client_ref: str) -> dict[str, Any] | None:
    return book.row("SELECT * FROM placed WHERE supplier = :s AND client_ref = :r", s=seller.code, r=client_ref)


def _canonical(order: Mapping[str, Any]) -> str:
    return json.dumps(order, sort_keys=True, ensure_ascii=False)


def _said(placed: Mapping[str, Any], status: int, after_s: float = 0.0) -> Reply:
    if placed["state"] == "rejected":
        return Reply(422, {"state": "rejected", "code": placed["code"]}, after_s)
    if placed["state"] == "pending":
        return Reply(202, {"state": "pending", "poll_after_s": 1}, after_s)
    return Reply(status, {"state": "accepted", "external_id": placed["external_id"]}, after_s)


def _whim(book: Book, seller: Seller) -> dict[str, Any] | None:
    """How a test wants this request answered, if it wants anything."""
    found = book.row(
        "SELECT * FROM whim WHERE times > 0 AND (supplier IS NULL OR supplier = :s) ORDER BY id LIMIT 1", s=seller.code
    )
    if found:
        book.write("UPDATE whim SET times = times - 1 WHERE id = :id", id=found["id"])
    return found


def _refusal(book: Book, seller: Seller, order: Mapping[str, Any]) -> str | None:
    goods, sold = products_of(seller.code), book.sold(seller.code)
    for line in order["lines"]:
        product = goods.get(line["sku"])
        if product is None:
            return "unknown_sku"
        if product.stock and int(product.stock) - sold.get(product.sku, 0) < line["qty"]:
            return "out_of_stock"
    return None


def _write(book: Book, seller: Seller, order: Mapping[str, Any], state: str, code: str | None) -> None:
    last = book.row("SELECT coalesce(max(number), 0) AS number FROM placed")
    number = int(last["number"]) + 1 if last else 1
    book.write(
        "INSERT INTO placed (supplier, client_ref, number, external_id, body, lines, state, code)"
        " VALUES (:supplier, :client_ref, :number, :external_id, :body, :lines, :state, :code)",
        supplier=seller.code,
        client_ref=order["client_ref"],
        number=number,
        external_id=f"{seller.code[:2].upper()}-{number:06d}",
        body=_canonical(order),
        lines=json.dumps(order["lines"]),
        state=state,
        code=code,
    )


def _proceed(book: Book, seller: Seller, order: Mapping[str, Any], state: str) -> None:
    """Mean to decide a pending order, or to ship an accepted one."""
    due_at = time.time() + float(book.setting(SHIP_AFTER, "6"))
    if state == "pending":
        book.plan(seller.code, order["client_ref"], "decide", due_at)
    if state == "accepted":
        placed = _known(book, seller, order["client_ref"])
        assert placed is not None
        path = f"/api/v1/suppliers/{seller.code}/callbacks"
        book.tell(path, f"suppliers/{seller.code}", news_of_acceptance(placed), time.time())
        book.plan(seller.code, order["client_ref"], "ship", due_at)
