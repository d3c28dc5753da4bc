"""A seller of flights in the manner of Duffel: offers, orders that hold a seat, payments, cancelling in two steps.

An offer becomes one order at most. Creating an order may be answered 202; then `order.created` or
`order.creation_failed` is told. A held order is bought by a payment of exactly its price. Steps that faults may name:
`offer`, `order` (the hold), `payment` (the pivot), `status`, `terms`, `cancel`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request

from integrations.simulator import cancelling, deals, timetable
from integrations.simulator.book import Book
from integrations.simulator.orderbook import Reply
from integrations.simulator.replying import serve

_HOLD_S, _SHORT_HOLD_S = 3600.0, 1.0
_DEARER = 120  # percent
_TRAVELLER = ("id", "given_name", "family_name", "born_on")


def open_doors(app: Flask, book: Book, code: str) -> None:
    """The seller's API."""
    root = f"/suppliers/{code}/air"
    _open_offers(app, book, code, root)
    _open_orders(app, book, code, root)
    cancelling.open_doors(app, book, code, root)


def take_step(book: Book, deal: dict[str, Any]) -> None:
    """Decide an order that was answered 202."""
    if deal["state"] != "pending":
        return
    if deal["step"] == "fail":
        changed = deals.change(book, deal, "rejected", code="offer_no_longer_available")
    else:
        changed = deals.change(book, deal, "held")
    told = "order.creation_failed" if deal["step"] == "fail" else "order.created"
    deals.tell(book, changed, timetable.news(changed, told), frozenset(deal["facts"]["news"]))


def _open_offers(app: Flask, book: Book, code: str, root: str) -> None:
    @app.post(f"{root}/offer_requests")
    def search() -> Response:
        wanted: Any = (request.get_json(force=True, silent=True) or {}).get("data", {})
        [leg] = wanted["slices"]

        def find(_: frozenset[str]) -> Reply:
            asked = (leg["origin"], leg["destination"], leg["departure_date"], len(wanted["passengers"]))
            return Reply(201, {"data": {"id": "orq_1", "offers": timetable.search(book, *asked)}})

        return serve(book, code, "", "search", find)

    @app.get(f"{root}/offers/<offer_id>")
    def offer(offer_id: str) -> Response:
        def look(_: frozenset[str]) -> Reply:
            found = timetable.offer(book, offer_id)
            return Reply(200, {"data": found}) if found else Reply(404, _errors("offer_no_longer_available"))

        return serve(book, code, offer_id, "offer", look)


def _open_orders(app: Flask, book: Book, code: str, root: str) -> None:
    @app.post(f"{root}/orders")
    def order() -> Response:
        wanted: Any = (request.get_json(force=True, silent=True) or {}).get("data", {})
        ref = wanted.get("metadata", {}).get("client_ref", "")
        return serve(book, code, ref, "order", lambda mood: _hold(book, code, ref, wanted, mood))

    @app.get(f"{root}/orders")
    def orders() -> Response:
        ref = request.args.get("client_ref", "")

        def look(_: frozenset[str]) -> Reply:
            return Reply(200, {"data": [_told(deal) for deal in deals.by_ref(book, code, ref)]})

        return serve(book, code, ref, "status", look)

    @app.get(f"{root}/orders/<external_id>")
    def status(external_id: str) -> Response:
        def look(_: frozenset[str]) -> Reply:
            deal = deals.find(book, external_id)
            return Reply(200, {"data": _told(deal)}) if deal else Reply(404, _errors("not_found"))

        return serve(book, code, external_id, "status", look)

    @app.post(f"{root}/payments")
    def payment() -> Response:
        wanted: Any = (request.get_json(force=True, silent=True) or {}).get("data", {})
        external_id = str(wanted.get("order_id"))
        return serve(book, code, external_id, "payment", lambda mood: _pay(book, wanted, mood))

    app.add_url_rule("/control/airports", view_func=lambda: timetable.AIRPORTS, endpoint="airports")


def _hold(book: Book, code: str, ref: str, wanted: Mapping[str, Any], mood: frozenset[str]) -> Reply:
    offers = wanted.get("selected_offers", [])
    found = timetable.offer(book, offers[0]) if len(offers) == 1 else None
    if any(offers[0] == line["sku"] for deal in deals.by_ref(book, code, ref) for line in deal["lines"]):
        return Reply(422, _errors("duplicate_booking"))
    if found is None or "reject" in mood:
        return Reply(422, _errors("offer_no_longer_available"))
    people = wanted.get("passengers", [])
    if len(people) != len(found["passengers"]) or any(not one.get(name) for one in people for name in _TRAVELLER):
        return Reply(422, _errors("invalid_passenger_details"))
    later = "pending" in mood or "pending_fail" in mood
    made = deals.create(
        book,
        code,
        ref,
        prefix="ord_air_",
        state="pending" if later else "held",
        body=wanted,
        lines=[{"sku": offers[0], "qty": 1}],
        facts={"news": sorted(mood), "offer": found, "people": [_name(one) for one in people]},
        total=round(float(found["total_amount"]) * 100),
        expires_at=time.time()
        + (_SHORT_HOLD_S if "hold_short" in mood else float(book.setting("hold_s", str(_HOLD_S)))),
    )
    if later:
        deals.decide_later(book, made, "fail" if "pending_fail" in mood else "create")
        return Reply(202, {"data": {"metadata": {"client_ref": ref}}})
    deals.tell(book, made, timetable.news(made, "order.created"), mood)
    return Reply(201, {"data": _told(made)})


def _pay(book: Book, wanted: Mapping[str, Any], mood: frozenset[str]) -> Reply:
    deal = deals.find(book, str(wanted.get("order_id")))
    if deal is None:
        return Reply(404, _errors("not_found"))
    if deal["state"] == "issued":
        return Reply(422, _errors("already_paid"))
    if deal["state"] == "expired":
        return Reply(422, _errors("past_payment_required_by_date"))
    if deal["state"] != "held":
        return Reply(422, _errors("order_not_payable"))
    if "price_change" in mood:
        book.write(
            "UPDATE deal SET total = total * :p / 100 WHERE external_id = :id", p=_DEARER, id=deal["external_id"]
        )
        deal = deals.find(book, deal["external_id"]) or deal
    if wanted.get("payment", {}).get("amount") != timetable.amount(deal["total"]):
        return Reply(422, _errors("price_changed"))
    paid = deals.change(book, deal, "issued")
    deals.tell(book, paid, timetable.news(paid, "order.updated"), mood)
    return Reply(201, {"data": {"id": f"pay_{paid['number']}", "order_id": paid["external_id"]}})


def _told(deal: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": deal["external_id"] if deal["state"] != "pending" else None,
        "state": deal["state"],
        "code": deal["code"],
        "offer_id": deal["facts"]["offer"]["id"],
        "booking_reference": f"AL{deal['number']:04d}",
        "total_amount": timetable.amount(deal["total"]),
        "total_currency": "EUR",
        "metadata": {"client_ref": deal["client_ref"]},
        "payment_status": {
            "awaiting_payment": deal["state"] == "held",
            "payment_required_by": deals.stamp(deal["expires_at"]),
            "price_guarantee_expires_at": deals.stamp(deal["expires_at"]),
        },
        "documents": [],
    }
    if deal["state"] == "issued":
        people = enumerate(deal["facts"]["people"], 1)
        facts["documents"] = [_ticket(deal["number"], at, name) for at, name in people]
    return facts


def _ticket(number: int, at: int, name: str) -> dict[str, str]:
    return {"type": "electronic_ticket", "unique_identifier": f"220-{number:08d}{at:02d}", "passenger": name}


def _name(person: Mapping[str, Any]) -> str:
    return f"{person['given_name']} {person['family_name']}"


def _errors(code: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "type": "invalid_request_error"}]}
