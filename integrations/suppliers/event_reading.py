"""What a box office tells: carts with their tickets, halls with their seats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.ports import (
    Accepted,
    Artefact,
    Cancelled,
    Event,
    NotFound,
    Outcome,
    Pending,
    Rejected,
    Reserved,
    Seat,
    Section,
    Unknown,
)
from integrations.suppliers.reading import mapping, mappings, moment, whole, word

QUOTE_LASTS = dt.timedelta(minutes=5)  # a price of seats that nobody holds
_RANK = (Accepted, Reserved, Pending, Unknown, Cancelled, Rejected)


def seats_of(sku: str) -> tuple[str, list[str]]:
    """The event and its seats that an article of ours names."""
    event, _, seats = sku.partition(":")
    return event, seats.split("+")


def cart_outcome(told: object) -> Outcome:
    """What a cart's state means."""
    cart = mapping(told)
    state, external_id, until = cart.get("state"), word(cart.get("id")), moment(cart.get("expires_at"))
    if state == "held" and external_id and until:
        return Reserved(external_id, until, until)
    if state == "expired":
        return Rejected("hold_expired")
    if state in ("released", "cancelled"):
        return Cancelled(whole(cart.get("refund_minor")), word(cart.get("currency"), 3) or None)
    return _issued(external_id, cart) if state == "issued" and external_id else Unknown()


def pick(outcomes: Sequence[Outcome]) -> Outcome:
    """Of several carts under one reference, the one that binds us most."""
    if not outcomes:
        return NotFound()
    return min(outcomes, key=lambda one: _RANK.index(type(one)))


def free_seats(facts: Mapping[str, Any]) -> dict[str, int]:
    """The seats that can be had, with their prices."""
    return {seat.id: section.price_minor for section in sections(facts) for seat in section.seats if seat.free}


def sections(facts: Mapping[str, Any]) -> tuple[Section, ...]:
    """The hall, without what cannot be read of it."""
    found = []
    for told in mappings(facts.get("sections")):
        price = whole(told.get("price_minor"))
        seats = (Seat(word(seat.get("id")), seat.get("free") is True) for seat in mappings(told.get("seats")))
        if price is not None:
            known = tuple(seat for seat in seats if seat.id)
            code, name, currency = (word(told.get(key)) for key in ("code", "name", "currency"))
            found.append(Section(code, name, price, currency, known))
    return tuple(found)


def event(told: Mapping[str, Any]) -> Event | None:
    """An event; None for one that cannot be read."""
    try:
        starts_at = dt.datetime.fromisoformat(word(told.get("starts_at"), 40)).replace(tzinfo=None)
    except ValueError:
        return None
    ref, title, price = word(told.get("id")), word(told.get("title"), 200), whole(told.get("from_minor"))
    if not ref or not title or price is None:
        return None
    venue, city, currency = (word(told.get(key), 200) for key in ("venue", "city", "currency"))
    return Event(ref, title, venue, city, starts_at, price, currency)


def _issued(external_id: str, cart: Mapping[str, Any]) -> Outcome:
    tickets = [(word(one.get("seat")), word(one.get("barcode"), 200)) for one in mappings(cart.get("tickets"))]
    lines = mappings(cart.get("lines"))
    sku = word(lines[0].get("sku"), 1000) if len(lines) == 1 else ""
    if not sku or not tickets or not all(seat and barcode for seat, barcode in tickets):
        return Accepted(external_id)
    artefacts = (
        Artefact(sku, number, "e_ticket", f"{seat} {barcode}") for number, (seat, barcode) in enumerate(tickets, 1)
    )
    return Accepted(external_id, artefacts=tuple(artefacts), issued=True)
