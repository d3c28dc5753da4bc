"""A box office in the manner of Ticketmaster and Wix: seats are held in a cart, bought by a commit, deleted if not.

One call at a time for each cart: a second one beside it is refused and counted (`cart_conflicts` in the book). Steps
that faults may name: `cart` (the hold), `commit` (the pivot), `status`, `delete`, `void`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, request

from integrations.simulator import deals, playbill
from integrations.simulator.book import Book
from integrations.simulator.orderbook import Reply
from integrations.simulator.replying import answer, serve

_HOLD_S, _SHORT_HOLD_S = 900.0, 1.0
_DEARER = 120  # percent
Deed = Callable[[frozenset[str]], Reply]


def open_doors(app: Flask, book: Book, code: str) -> None:
    """The box office's API."""
    root, busy = f"/suppliers/{code}", set[str]()
    playbill.open_doors(app, book, code, root)

    def alone(cart: str, step: str, deed: Deed) -> Response:
        if cart in busy:
            book.set(conflicts=int(book.setting("conflicts", "0")) + 1)
            return answer(Reply(409, {"code": "cart_busy"}, retry_after="1"))
        busy.add(cart)
        try:
            return serve(book, code, cart, step, deed)
        finally:
            busy.discard(cart)

    _open_carts(app, book, code, root)
    _open_cart(app, book, root, alone)


def take_step(book: Book, deal: dict[str, Any]) -> None:
    """Tell of a hold whose time is over."""
    if deal["state"] == "expired":
        deals.tell(book, deal, _news(deal, "cart.expired"), frozenset(deal["facts"]["news"]))
    elif deal["state"] == "held":
        book.plan(deal["supplier"], deal["external_id"], "lapse", deal["expires_at"] + 0.1)


def _open_carts(app: Flask, book: Book, code: str, root: str) -> None:
    @app.post(f"{root}/carts")
    def create() -> Response:
        wanted: Any = request.get_json(force=True, silent=True) or {}
        ref = str(wanted.get("reference", ""))
        return serve(book, code, ref, "cart", lambda mood: _hold(book, code, ref, wanted, mood))

    @app.get(f"{root}/carts")
    def carts() -> Response:
        ref = request.args.get("reference", "")

        def look(_: frozenset[str]) -> Reply:
            return Reply(200, {"carts": [_told(deal) for deal in deals.by_ref(book, code, ref)]})

        return serve(book, code, ref, "status", look)


def _open_cart(app: Flask, book: Book, root: str, alone: Callable[[str, str, Deed], Response]) -> None:
    def of(cart: str, act: Callable[[dict[str, Any], frozenset[str]], Reply]) -> Deed:
        def deed(mood: frozenset[str]) -> Reply:
            deal = deals.find(book, cart)
            return act(deal, mood) if deal else Reply(404, {"code": "not_found"})

        return deed

    @app.get(f"{root}/carts/<cart>")
    def status(cart: str) -> Response:
        return alone(cart, "status", of(cart, lambda deal, _: Reply(200, {"cart": _told(deal)})))

    @app.post(f"{root}/carts/<cart>/commit")
    def commit(cart: str) -> Response:
        wanted: Any = request.get_json(force=True, silent=True) or {}
        return alone(cart, "commit", of(cart, lambda deal, mood: _commit(book, deal, wanted, mood)))

    @app.post(f"{root}/carts/<cart>/void")
    def void(cart: str) -> Response:
        return alone(cart, "void", of(cart, lambda deal, mood: _void(book, deal, mood)))

    @app.delete(f"{root}/carts/<cart>")
    def delete(cart: str) -> Response:
        return alone(cart, "delete", of(cart, lambda deal, mood: _delete(book, deal, mood)))


def _hold(book: Book, code: str, ref: str, wanted: Mapping[str, Any], mood: frozenset[str]) -> Reply:
    event, seats = playbill.event(str(wanted.get("event_id"))), wanted.get("seats", [])
    prices = playbill.prices(event, seats) if event else None
    if event is None or prices is None:
        return Reply(422, {"code": "unknown_seat"})
    if "reject" in mood or playbill.taken(book, event["id"]) & set(seats):
        return Reply(409, {"code": "seats_taken"})
    hold_s = _SHORT_HOLD_S if "hold_short" in mood else float(book.setting("hold_s", str(_HOLD_S)))
    made = deals.create(
        book,
        code,
        ref,
        prefix="cart_",
        state="held",
        body=wanted,
        lines=[{"sku": f"{event['id']}:{'+'.join(seats)}", "qty": len(seats)}],
        facts={"event": event["id"], "seats": seats, "news": sorted(mood)},
        total=sum(prices),
        expires_at=time.time() + hold_s,
    )
    book.plan(code, made["external_id"], "lapse", time.time() + hold_s + 0.1)
    return Reply(201, {"cart": _told(made)})


def _commit(book: Book, deal: dict[str, Any], wanted: Mapping[str, Any], mood: frozenset[str]) -> Reply:
    if deal["state"] == "issued":
        return Reply(200, {"cart": _told(deal)})
    if deal["state"] != "held":
        return Reply(410, {"code": "cart_expired" if deal["state"] == "expired" else "cart_closed"})
    if "price_change" in mood:
        book.write(
            "UPDATE deal SET total = total * :p / 100 WHERE external_id = :id", p=_DEARER, id=deal["external_id"]
        )
        deal = deals.find(book, deal["external_id"]) or deal
    if wanted.get("total_minor") != deal["total"]:
        return Reply(422, {"code": "price_changed"})
    sold = deals.change(book, deal, "issued")
    deals.tell(book, sold, _news(sold, "cart.committed"), mood)
    return Reply(200, {"cart": _told(sold)})


def _void(book: Book, deal: dict[str, Any], mood: frozenset[str]) -> Reply:
    if deal["state"] == "cancelled":
        return Reply(200, {"cart": _told(deal)})
    if deal["state"] != "issued" or "cancel_refused" in mood:
        return Reply(409, {"code": "too_late" if deal["state"] == "issued" else "not_committed"})
    voided = deals.change(book, deal, "cancelled", refund=deal["total"])
    deals.tell(book, voided, _news(voided, "cart.voided"), mood)
    return Reply(200, {"cart": _told(voided)})


def _delete(book: Book, deal: dict[str, Any], mood: frozenset[str]) -> Reply:
    if deal["state"] == "issued":
        return Reply(409, {"code": "committed"})
    if deal["state"] == "held":
        deal = deals.change(book, deal, "released")
        deals.tell(book, deal, _news(deal, "cart.deleted"), mood)
    return Reply(200, {"cart": _told(deal)})


def _told(deal: Mapping[str, Any]) -> dict[str, Any]:
    facts = {"id": deal["external_id"], "reference": deal["client_ref"], "state": deal["state"]}
    tickets = []
    if deal["state"] == "issued":
        tickets = [{"seat": seat, "barcode": f"{deal['number']:08d}{seat}"} for seat in deal["facts"]["seats"]]
    refund = {"refund_minor": deal["facts"]["refund"]} if "refund" in deal["facts"] else {}
    expires = {"expires_at": deals.stamp(deal["expires_at"]), "total_minor": deal["total"], "currency": "EUR"}
    return {**facts, **expires, **refund, "lines": deal["lines"], "tickets": tickets}


def _news(deal: Mapping[str, Any], kind: str) -> dict[str, Any]:
    about = {"cart_id": deal["external_id"], "reference": deal["client_ref"]}
    return {"id": f"evt_{deal['external_id']}_{kind}", "type": kind, "occurred_at": deals.stamp(), **about}
