"""What a member has found at a seller of flights or a box office, and may order until it lapses.

A door asks the supplier (`BookingSearch`, outside any transaction) with a search that is checked here, and keeps what
it found; `rewards.shelve` then makes the chosen one an ordinary reward. Nothing is held at the supplier before there is
an order: what is promised until `expires_at` is the price.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catalog.ports import EventSearch, FlightOffer, FlightSearch, Hall
from catalog.suppliers.directory import Supplier, list_suppliers
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound

MOST_PASSENGERS, MOST_SEATS, MOST_DAYS = 9, 8, 330
SEATS_LAST = dt.timedelta(minutes=15)  # the price of seats that nobody holds
_AIRPORT = re.compile(r"[A-Z]{3}")
_KINDS = ("flight", "event")
_COLUMNS = (
    "id, supplier_id, member_id, offer_ref, kind, title, pieces, cost_minor, currency, expires_at, details, offer_id,"
    " travellers IS NOT NULL AS named"
)


@dataclass(frozen=True, slots=True)
class BookableOffer:
    """A flight for all its passengers (one piece), or the chosen seats of an event (a piece each).

    `cost_minor` is of one piece. `named`: its travellers are known. `offer_id` once it is a reward.
    """

    id: int
    supplier_id: int
    member_id: int
    offer_ref: str
    kind: str
    title: str
    pieces: int
    cost_minor: int
    currency: str
    expires_at: dt.datetime
    details: Mapping[str, Any]
    offer_id: int | None
    named: bool

    @property
    def ready(self) -> bool:
        """Whether nothing is missing for an order."""
        return self.named or self.kind == "event"


def searchable(program_id: int, kind: str) -> Sequence[Supplier]:
    """The program's active suppliers of `flight` or `event` that can be searched."""
    return [one for one in list_suppliers(program_id) if one.protocol == kind and kind in _KINDS]


def flight_search(origin: str, destination: str, on: dt.date | None, passengers: int, today: dt.date) -> FlightSearch:
    """A search for flights. Raises Invalid that points at every wrong field."""
    wrong = []
    codes = {"origin": origin.strip().upper(), "destination": destination.strip().upper()}
    for field, code in codes.items():
        if not _AIRPORT.fullmatch(code):
            wrong.append(FieldError(f"/{field}", "invalid", "Three letters name an airport, such as RIX."))
    if not wrong and codes["origin"] == codes["destination"]:
        wrong.append(FieldError("/destination", "invalid", "The flight has to lead somewhere else."))
    if on is None or not today <= on <= today + dt.timedelta(days=MOST_DAYS):
        wrong.append(FieldError("/on", "invalid", f"From today to {MOST_DAYS} days ahead."))
    if not 1 <= passengers <= MOST_PASSENGERS:
        wrong.append(FieldError("/passengers", "invalid", f"From 1 to {MOST_PASSENGERS} passengers."))
    if wrong or on is None:
        raise Invalid("invalid", "No flight can be looked for like this.", wrong)
    return FlightSearch(codes["origin"], codes["destination"], on, passengers)


def event_search(
    q: str = "", city: str = "", since: dt.date | None = None, until: dt.date | None = None
) -> EventSearch:
    """A search for events; what is empty asks for nothing. Raises Invalid for days in the wrong order."""
    if since and until and until < since:
        raise Invalid("invalid", "These days are in the wrong order.", [FieldError("/until", "invalid", "Not before.")])
    return EventSearch(q.strip()[:100], city.strip()[:100], since, until)


def keep_flights(supplier_id: int, member_id: int, found: Sequence[FlightOffer]) -> Sequence[BookableOffer]:
    """Keep what a search has found for a member, in the same order."""
    kept = []
    for offer in found:
        title = f"{offer.origin} → {offer.destination} · {offer.departs_at:%d.%m.%Y %H:%M} · {offer.flight_no}"
        details = {**asdict(offer), "passengers": len(offer.passenger_ids)}
        kept.append(
            _keep(supplier_id, member_id, "flight", offer.offer_ref, title, 1, offer.cost_minor, offer.currency)
            | {"expires_at": offer.expires_at, "details": details}
        )
    return [_write(one) for one in kept]


def keep_seats(supplier_id: int, member_id: int, hall: Hall, seats: Collection[str]) -> BookableOffer:
    """Keep the chosen seats of an event for a member. Raises Invalid unless they are free and cost the same."""
    chosen = sorted(set(seats))
    sections = [section for section in hall.sections if any(seat.id in chosen for seat in section.seats)]
    free = {seat.id for section in sections for seat in section.seats if seat.free}
    if not 1 <= len(chosen) <= MOST_SEATS:
        raise _wrong("invalid", f"From 1 to {MOST_SEATS} seats.")
    if any(seat not in free for seat in chosen):
        raise _wrong("seat_taken", "One of these seats is not free any more.")
    if len({section.price_minor for section in sections}) > 1:
        raise _wrong("seats_differ", "Choose seats of one price at a time.")
    event, section = hall.event, sections[0]
    title = f"{event.title} · {event.starts_at:%d.%m.%Y %H:%M} · {', '.join(chosen)}"
    ref = f"{event.ref}:{'+'.join(chosen)}"
    details = {**asdict(event), "seats": chosen, "section": section.name}
    facts = _keep(supplier_id, member_id, "event", ref, title, len(chosen), section.price_minor, section.currency)
    return _write(facts | {"expires_at": clock.now() + SEATS_LAST, "details": details})


def bookable(member_id: int, bookable_id: int) -> BookableOffer:
    """What a member has found, as long as it can be ordered. Raises NotFound, for another member's too."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM bookable_offer WHERE id = :id AND member_id = :member_id AND expires_at > now()",
        {"id": bookable_id, "member_id": member_id},
    )
    if row is None:
        raise NotFound()
    return BookableOffer(**row._mapping)


def bookables(member_id: int, offer_ids: Collection[int]) -> Mapping[int, BookableOffer]:
    """Of these offers, those that the member has found and may order now."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM bookable_offer WHERE offer_id = ANY (:ids) AND member_id = :member_id"
        " AND expires_at > now()",
        {"ids": list(offer_ids), "member_id": member_id},
    )
    return {row.offer_id: BookableOffer(**row._mapping) for row in rows}


def become(bookable_id: int, offer_id: int) -> None:
    """Note the offer that a found one has become."""
    execute("UPDATE bookable_offer SET offer_id = :offer_id WHERE id = :id", {"id": bookable_id, "offer_id": offer_id})


def forget_lapsed(limit: int) -> int:
    """Forget up to `limit` finds that lapsed an hour ago and never became a reward; how many."""
    return execute(
        "DELETE FROM bookable_offer WHERE id IN (SELECT id FROM bookable_offer WHERE offer_id IS NULL"
        " AND expires_at < now() - interval '1 hour' ORDER BY id LIMIT :limit)",
        {"limit": limit},
    )


def _keep(
    supplier_id: int, member_id: int, kind: str, ref: str, title: str, pieces: int, cost_minor: int, currency: str
) -> dict[str, Any]:
    facts = {"supplier_id": supplier_id, "member_id": member_id, "kind": kind, "offer_ref": ref, "title": title[:150]}
    return {**facts, "pieces": pieces, "cost_minor": cost_minor, "currency": currency}


def _write(facts: Mapping[str, Any]) -> BookableOffer:
    row = fetch_one(
        "INSERT INTO bookable_offer (supplier_id, member_id, offer_ref, kind, title, pieces, cost_minor, currency,"
        " expires_at, details) VALUES (:supplier_id, :member_id, :offer_ref, :kind, :title, :pieces, :cost_minor,"
        " :currency, :expires_at, CAST(:details AS jsonb)) ON CONFLICT (supplier_id, member_id, offer_ref) DO UPDATE"
        " SET title = excluded.title, cost_minor = excluded.cost_minor, expires_at = excluded.expires_at,"
        f" details = excluded.details RETURNING {_COLUMNS}",
        {**facts, "details": json.dumps(facts["details"], default=str)},
    )
    assert row is not None
    return BookableOffer(**row._mapping)


def _wrong(code: str, detail: str) -> Invalid:
    return Invalid("invalid", "These seats cannot be ordered.", [FieldError("/seats", code, detail)])
