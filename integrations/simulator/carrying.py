"""What happens after an order is taken: it is decided, shipped, scanned and delivered, each in its time."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from typing import Any

from coalition.kernel import clock
from integrations.simulator.assortment import CARRIERS, Seller, seller
from integrations.simulator.book import SCAN_EVERY, SHIP_AFTER, Book
from integrations.simulator.ordering import news_of_acceptance

ROAD, MESS = "road", "mess"
_PICKUP_DAYS = 5
_CAME = ("picked_up", "Picked up from the sender", "Riga")
_SORTED = ("in_transit", "Left the sorting centre", "Salaspils")
_HELD = ("on_hold", "Held at customs", "Riga", {"incident": "customs_delay", "action_required": True})
_AWAY = ("attempt_failed", "Nobody was at home", "Jelgava", {"incident": "consignee_not_home"})
# What may happen to a parcel: its scans as (status, text, place, more); a test chooses (`PUT /control/road`).
ROADS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "home": (_CAME, _SORTED, ("out_for_delivery", "With the courier", "Riga"), ("delivered", "Handed over", "Riga")),
    "pickup": (_CAME, _SORTED, ("available_for_pickup", "In the locker", "Riga"), ("delivered", "Fetched", "Riga")),
    "customs": (_CAME, _HELD, _SORTED, ("delivered", "Handed over", "Riga")),
    "returned": (
        *(_CAME, _SORTED, _AWAY),
        ("returning", "Going back to the sender", "Jelgava"),
        ("returned", "Back at the sender", "Riga"),
    ),
    "lost": (_CAME, _SORTED, ("lost", "Cannot be found", "Salaspils", {"incident": "carrier_parcel_lost"})),
    "damaged": (_CAME, _SORTED, ("damaged", "Crushed", "Salaspils", {"incident": "carrier_damaged_parcel"})),
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


def send(book: Book, carrier: str, tracking_no: str, road: str = "home") -> None:
    """Somebody hands a parcel of no supplier's to a carrier, as a member does who gives something back."""
    book.plan(carrier, tracking_no, f"{road}.0", time.time() + _pause(book))


def _take(book: Book, step: dict[str, Any]) -> None:
    if step["supplier"] in CARRIERS:
        _scan(book, step, step["supplier"], step["client_ref"])
        return
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
    elif _scan(book, step, placed["carrier"], placed["tracking_no"]):
        _change(book, placed, "state = 'delivered', delivered_at = :at", at=clock.now().isoformat())


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
    next_step = "hand_over" if electronic else f"{book.setting(ROAD, 'home')}.0"
    book.plan(who.code, placed["client_ref"], next_step, time.time() + _pause(book))


def _hand_over(book: Book, who: Seller, placed: dict[str, Any]) -> None:
    """An e-mail needs no carrier: the supplier itself says that it has arrived."""
    parcel = {"carrier": who.carrier, "tracking_no": placed["tracking_no"], "lines": json.loads(placed["lines"])}
    _tell_supplier_news(book, who, _parcel_news("parcel.delivered", placed, parcel))
    _change(book, placed, "state = 'delivered', delivered_at = :at", at=clock.now().isoformat())


def _scan(book: Book, step: dict[str, Any], carrier: str, tracking_no: str) -> bool:
    """Tell the scan that a step (`home.2`) stands for, and plan the next; whether the parcel has been delivered."""
    road, _, at = step["name"].partition(".")
    scans, no = ROADS[road], int(at)
    status, text, place, *more = scans[no]
    facts: dict[str, Any] = {"tracking_no": tracking_no, "status": status, "text": text, "place": place}
    facts |= {"event_id": f"evt_{tracking_no}_{no}", "occurred_at": clock.now().isoformat()}
    if status == "available_for_pickup":
        until = clock.now() + dt.timedelta(days=_PICKUP_DAYS)
        facts |= {"pickup_code": f"{_number_of(tracking_no, 'code') % 10_000:04d}", "pickup_until": until.isoformat()}
    _tell_scan(book, carrier, {**facts, **(more[0] if more else {})}, no)
    if no + 1 < len(scans):
        book.plan(step["supplier"], step["client_ref"], f"{road}.{no + 1}", time.time() + _pause(book))
    return bool(status == "delivered")


def _tell_scan(book: Book, carrier: str, scan: dict[str, Any], no: int) -> None:
    """Once and at once; where there is a mess, twice, and so late that later scans are told before."""
    path, sender, message = f"/api/v1/carriers/{carrier}/callbacks", f"carriers/{carrier}", {"events": [scan]}
    if book.setting(MESS, "0") == "0":
        book.tell(path, sender, message, time.time())
        return
    for telling in ("first", "again"):
        late = _number_of(scan["tracking_no"], f"{telling}.{no}") % 4
        book.tell(path, sender, message, time.time() + late * _pause(book))


def _number_of(*words: str) -> int:
    return int.from_bytes(hashlib.sha256("|".join(words).encode()).digest()[:8], "big")


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
