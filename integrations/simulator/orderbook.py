"""The pages of a supplier's book that orders and holds of goods stand in, and what a supplier answers of them."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.simulator.assortment import Seller, products_of
from integrations.simulator.book import Book

_BODY = ("client_ref", "lines", "address")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the supplier answers; `after_s` is how long it keeps us waiting first."""

    status: int
    facts: Mapping[str, Any]
    after_s: float = 0.0
    retry_after: str | None = None


def told(book: Book, placed: Mapping[str, Any]) -> dict[str, Any]:
    """What the supplier tells of an order or a hold."""
    found = book.row(
        "SELECT * FROM promise WHERE supplier = :s AND client_ref = :r", s=placed["supplier"], r=placed["client_ref"]
    )
    facts = {"external_id": placed["external_id"], "state": placed["state"], "code": placed["code"]}
    if found and found["hold_until"] and placed["state"] == "held":
        facts["hold_expires_at"] = dt.datetime.fromtimestamp(found["hold_until"], dt.UTC).isoformat()
    return {**facts, "lines": json.loads(found["acks"])} if found else facts


def known_order(book: Book, seller: Seller, client_ref: str) -> dict[str, Any] | None:
    """What the book has under a reference, a hold that is over having lapsed."""
    _lapse(book)
    return book.row("SELECT * FROM placed WHERE supplier = :s AND client_ref = :r", s=seller.code, r=client_ref)


def canonical(order: Mapping[str, Any]) -> str:
    """What is asked for, so that a repetition can be told from another request."""
    return json.dumps({name: order.get(name) for name in _BODY}, sort_keys=True, ensure_ascii=False)


def refusal(book: Book, seller: Seller, order: Mapping[str, Any], unwilling: bool = False) -> str | None:
    """Why the order cannot be taken, if it cannot; what is held for it is not counted as sold."""
    if unwilling:
        return "out_of_stock"
    goods, left = products_of(seller.code), book.left(seller.code, besides=order["client_ref"])
    for line in order["lines"]:
        if line["sku"] not in goods:
            return "unknown_sku"
        if left.get(line["sku"], line["qty"]) < line["qty"]:
            return "out_of_stock"
    return None


def write_order(
    book: Book,
    seller: Seller,
    order: Mapping[str, Any],
    state: str,
    code: str | None,
    *,
    whole: Mapping[str, Any] | None = None,
) -> None:
    """Put an order or a hold into the book, or bring a hold to its next state; `whole` is what was asked for."""
    last = book.row("SELECT coalesce(max(number), 0) AS number FROM placed")
    number = int(last["number"]) + 1 if last else 1
    book.write(
        "INSERT INTO placed (supplier, client_ref, number, external_id, body, lines, state, code)"
        " VALUES (:supplier, :client_ref, :number, :external_id, :body, :lines, :state, :code)"
        " ON CONFLICT (supplier, client_ref) DO UPDATE SET body = excluded.body, lines = excluded.lines,"
        " state = excluded.state, code = excluded.code",
        supplier=seller.code,
        client_ref=order["client_ref"],
        number=number,
        external_id=f"{seller.code[:2].upper()}-{number:06d}",
        body=canonical(whole or order),
        lines=json.dumps(order["lines"]),
        state=state,
        code=code,
    )


def promise(
    book: Book, seller: Seller, client_ref: str, acks: Sequence[Mapping[str, Any]], until: float | None = None
) -> None:
    """Keep what was promised under our reference."""
    book.write(
        "INSERT INTO promise VALUES (:s, :r, :acks, :until) ON CONFLICT (supplier, client_ref)"
        " DO UPDATE SET acks = excluded.acks",
        s=seller.code,
        r=client_ref,
        acks=json.dumps(acks),
        until=until,
    )


def _lapse(book: Book) -> None:
    """Let holds lapse whose time is over."""
    book.write(
        "UPDATE placed SET state = 'expired' WHERE state = 'held' AND EXISTS (SELECT 1 FROM promise p WHERE"
        " p.supplier = placed.supplier AND p.client_ref = placed.client_ref AND p.hold_until <= :now)",
        now=time.time(),
    )
