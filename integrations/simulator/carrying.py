"""What happens after an order is taken: it is decided, shipped, scanned and delivered, each in its time."""

from __future__ import annotations

import json
import time
from typing import Any

from coalition.kernel import clock
from integrations.simulator.assortment import CARRIERS, Seller, seller
from integrations.simulator.book import SCAN_EVERY, SHIP_AFTER, Book
from integrations.simulator.ordering import news_of_acceptance

_SCANS = {
    "picked_up": ("Picked up from the sender", "Riga"),
    "in_transit": ("Left the sorting centre", "Salaspils"),
    "out_for_delivery": ("With the courier", "Riga"),
    "delivered": ("Handed over", "Riga"),
}
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)  # of the check digit of UPU S10
_BATCH = 100


def advance(book: Book) -> bool:
    """Take every step that is due; whether there was any."""
    due = book.rows("SELECT * FROM step WHERE due_at <= :now ORDER BY due_at, id LIMIT :n", now=time.time(), n=_BATCH)
    for step in due:
        with book.deed():
            book.write("DELETE FROM step WHERE id = :id", id=step["id"])
            _take(book, step)
    return bool(due)


def tracking_number(number: int) -> str:
    """A parcel number in the form of UPU S10, with its check digit: `RR000000015LV`."""
    digits = f"{number % 10**8:08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    return f"RR{digits}{ {10: 0, 11: 5}.get(rest, rest) }LV"


def _take(book: Book, step: dict[str, Any]) -> None:
    placed = book.row(
        "SELECT * FROM placed WHERE supplier = :s AND client_ref = :r", s=step["supplier"], r=step["client_ref"]
    )
    who = seller(step["supplier"])
    if placed is None or who is None:
        return
    if step["name"] == "decide":
        _decide(book, who, placed)
    elif step["name"] == "refuse":
        _refuse(book, who, placed)
    elif step["name"] == "ship":
        _ship(book, who, placed)
    elif step["name"] == "hand_over":
        _hand_over(book, who, placed)
    else:
        _scan(book, who, placed, step["name"])


def _decide(book: Book, who: Seller, placed: dict[str, Any]) -> None:
    _change(book, placed, "state = 'accepted'")
    _tell_supplier_news(book, who, news_of_acceptance(placed))
    book.plan(who.code, placed["client_ref"], "ship", time.time() + float(book.setting(SHIP_AFTER, "6")))


def _refuse(book: Book, who: Seller, placed: dict[str, Any]) -> None:
    _change(book, placed, "state = 'rejected', code = 'out_of_stock'")
    facts = {"type": "order.rejected", "code": "out_of_stock", "occurred_at": clock.now().isoformat()}
    _tell_supplier_news(book, who, {**facts, "client_ref": placed["client_ref"]})


def _ship(book: Book, who: Seller, placed: dict[str, Any]) -> None:
    electronic = who.carrier not in CARRIERS
    tracking_no = placed["external_id"] if electronic else tracking_number(placed["number"])
    _change(
        book,
        placed,
        "state = 'shipped', carrier = :carrier, tracking_no = :tracking_no, shipped_at = :at",
        carrier=who.carrier,
        tracking_no=tracking_no,
        at=clock.now().isoformat(),
    )
    parcel = {"carrier": who.carrier, "tracking_no": tracking_no, "lines": json.loads(placed["lines"])}
    _tell_supplier_news(book, who, _parcel_news("parcel.shipped", placed, parcel))
    next_step = "hand_over" if electronic else "picked_up"
    book.plan(who.code, placed["client_ref"], next_step, time.time() + _pause(book))


def _hand_over(book: Book, who: Seller, placed: dict[str, Any]) -> None:
    """An e-mail needs no carrier: the supplier itself says that it has arrived."""
    parcel = {"carrier": who.carrier, "tracking_no": placed["tracking_no"], "lines": json.loads(placed["lines"])}
    _tell_supplier_news(book, who, _parcel_news("parcel.delivered", placed, parcel))
    _change(book, placed, "state = 'delivered', delivered_at = :at", at=clock.now().isoformat())


def _scan(book: Book, who: Seller, placed: dict[str, Any], name: str) -> None:
    at = clock.now().isoformat()
    text, place = _SCANS[name]
    scan = {"tracking_no": placed["tracking_no"], "status": name, "text": text, "place": place, "occurred_at": at}
    facts = {"events": [{"event_id": f"evt_{placed['tracking_no']}_{name}", **scan}]}
    carrier = placed["carrier"]
    book.tell(f"/api/v1/carriers/{carrier}/callbacks", f"carriers/{carrier}", facts, time.time())
    order = list(_SCANS)
    if name == order[-1]:
        _change(book, placed, "state = 'delivered', delivered_at = :at", at=at)
    else:
        book.plan(who.code, placed["client_ref"], order[order.index(name) + 1], time.time() + _pause(book))


def _change(book: Book, placed: dict[str, Any], change: str, **values: Any) -> None:
    book.write(f"UPDATE placed SET {change} WHERE number = :number", number=placed["number"], **values)


def _tell_supplier_news(book: Book, who: Seller, facts: dict[str, Any]) -> None:
    book.tell(f"/api/v1/suppliers/{who.code}/callbacks", f"suppliers/{who.code}", facts, time.time())


def _parcel_news(kind: str, placed: dict[str, Any], parcel: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "client_ref": placed["client_ref"],
        "external_id": placed["external_id"],
        "occurred_at": clock.now().isoformat(),
        "parcel": parcel,
    }


def _pause(book: Book) -> float:
    return float(book.setting(SCAN_EVERY, "6"))
