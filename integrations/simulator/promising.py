"""What a supplier of goods promises: live prices, pieces held under our reference, an answer for each line, a cancel.

The answers are those of X12 855: IA accepted, IQ quantity changed, IP price changed, IB backordered, IR rejected. Steps
that faults may name: `hold`, `order`, `cancel`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.simulator import deals
from integrations.simulator.assortment import Seller, products_of
from integrations.simulator.book import Book
from integrations.simulator.orderbook import Reply, known_order, promise, refusal, told, write_order

_HOLD_S, _SHORT_HOLD_S = 1800.0, 1.0


def quote(seller: Seller, lines: Sequence[Mapping[str, Any]]) -> Reply:
    """What the lines cost today."""
    goods = products_of(seller.code)
    if any(line["sku"] not in goods for line in lines):
        return Reply(422, {"code": "unknown_sku"})
    priced = [{**line, "cost_minor": round(float(goods[line["sku"]].price) * 100)} for line in lines]
    return Reply(200, {"lines": priced, "currency": "EUR", "expires_at": deals.stamp(time.time() + _HOLD_S)})


def hold(book: Book, seller: Seller, order: Mapping[str, Any], mood: frozenset[str]) -> Reply:
    """Hold pieces, or say again that they are held."""
    known = known_order(book, seller, order["client_ref"])
    if known is not None:
        return Reply(200, told(book, known))
    code = "out_of_stock" if "reject" in mood else refusal(book, seller, order)
    if code:
        return Reply(422, {"code": code})
    write_order(book, seller, order, "held", None)
    until = time.time() + (_SHORT_HOLD_S if "hold_short" in mood else float(book.setting("hold_s", str(_HOLD_S))))
    promise(book, seller, order["client_ref"], [], until)
    made = known_order(book, seller, order["client_ref"])
    assert made is not None
    return Reply(201, told(book, made))


def release(book: Book, seller: Seller, client_ref: str) -> Reply:
    """Let go of held pieces."""
    known = known_order(book, seller, client_ref)
    if known is None:
        return Reply(404, {"code": "not_found"})
    if known["state"] not in ("held", "expired", "released", "rejected", "cancelled"):
        return Reply(409, {"code": "already_ordered"})
    if known["state"] == "held":
        book.write("UPDATE placed SET state = 'released' WHERE number = :n", n=known["number"])
    return Reply(200, {"state": "released"})


def cancel(book: Book, seller: Seller, client_ref: str, mood: frozenset[str]) -> Reply:
    """Take an order back, as long as it has not left."""
    known = known_order(book, seller, client_ref)
    if known is None:
        return Reply(404, {"code": "not_found"})
    if known["state"] == "cancelled":
        return Reply(200, {"state": "cancelled"})
    if known["state"] not in ("pending", "accepted") or "cancel_refused" in mood:
        return Reply(409, {"code": "too_late"})
    book.write("UPDATE placed SET state = 'cancelled' WHERE number = :n", n=known["number"])
    book.write("DELETE FROM step WHERE supplier = :s AND client_ref = :r", s=seller.code, r=client_ref)
    return Reply(200, {"state": "cancelled"})


def acknowledge(
    seller: Seller, lines: Sequence[Mapping[str, Any]], mood: frozenset[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The answer for each line, and the pieces that are promised."""
    acks: list[dict[str, Any]] = [{"sku": line["sku"], "ack": "IA", "qty": line["qty"]} for line in lines]
    first = acks[0]
    if "half" in mood and len(acks) > 1:
        for ack in acks[len(acks) // 2 :]:
            ack |= {"ack": "IR", "qty": 0, "code": "out_of_stock"}
    elif ("half" in mood or "wrong_qty" in mood) and first["qty"] > 1:
        first |= {"ack": "IQ", "qty": first["qty"] // 2}
    elif "price_change" in mood:
        price = round(float(products_of(seller.code)[first["sku"]].price) * 100)
        first |= {"ack": "IP", "cost_minor": price * 12 // 10}
    return acks, [{"sku": ack["sku"], "qty": ack["qty"]} for ack in acks if ack["qty"]]
