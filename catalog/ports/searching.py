"""What is found rather than listed: flights on a day, events with their seats. Nothing here is reserved yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from catalog.ports.outcomes import Failure
from catalog.ports.supplying import SupplierAccess


@dataclass(frozen=True, slots=True)
class FlightSearch:
    """Direct flights from one airport to another (IATA codes) on a local date, for so many adults."""

    origin: str
    destination: str
    on: dt.date
    passengers: int


@dataclass(frozen=True, slots=True)
class FlightOffer:
    """A flight for all passengers together, to be ordered as `offer_ref` until `expires_at`; times are local.

    `passenger_ids` are the seller's names for the passengers, in the order in which travellers are given.
    """

    offer_ref: str
    carrier: str
    flight_no: str
    origin: str
    destination: str
    departs_at: dt.datetime
    arrives_at: dt.datetime
    cost_minor: int
    currency: str
    expires_at: dt.datetime
    refundable: bool
    passenger_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventSearch:
    """Events whose title or venue has `q` in it, in a city, between two local dates; empty and None ask nothing."""

    q: str = ""
    city: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something to go to; `starts_at` is local, `from_minor` the cheapest seat."""

    ref: str
    title: str
    venue: str
    city: str
    starts_at: dt.datetime
    from_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat, by the box office's own name for it."""

    id: str
    free: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a hall in which every seat costs the same."""

    code: str
    name: str
    price_minor: int
    currency: str
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Hall:
    """An event with its seats as they are now."""

    event: Event
    sections: tuple[Section, ...]


class BookingSearch(Protocol):
    """Suppliers that can be searched, chosen by `SupplierAccess.protocol`. It never raises; Rejected for the others."""

    def search_flights(self, ctx: SupplierAccess, search: FlightSearch) -> tuple[FlightOffer, ...] | Failure:
        """The flights of a day, cheapest first."""
        ...

    def search_events(self, ctx: SupplierAccess, search: EventSearch) -> tuple[Event, ...] | Failure:
        """What is on, soonest first."""
        ...

    def hall(self, ctx: SupplierAccess, event_ref: str) -> Hall | Failure:
        """An event's seats."""
        ...
