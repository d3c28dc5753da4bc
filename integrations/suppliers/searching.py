"""Searching sellers of flights and box offices."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import httpx

from catalog.ports import (
    Event,
    EventSearch,
    Failure,
    FlightOffer,
    FlightSearch,
    Hall,
    Rejected,
    SupplierAccess,
    Unknown,
)
from integrations.suppliers import event as box_office
from integrations.suppliers import event_reading, flight, flight_reading
from integrations.suppliers.reading import bearer, mapping, mappings, overridden, reason
from integrations.suppliers.unable import NOT_OFFERED
from integrations.suppliers.wire import Guard, Request, Wire

_MOST = 100


class SupplierSearch:
    """The searches of every supplier that has one."""

    def __init__(self, client: httpx.Client | None = None, guard: Guard | None = None) -> None:
        self._wire = Wire(bearer, client, guard)

    def search_flights(self, ctx: SupplierAccess, search: FlightSearch) -> tuple[FlightOffer, ...] | Failure:
        """The flights of a day that can be held, cheapest first."""
        if ctx.protocol != "flight":
            return Rejected(NOT_OFFERED)
        leg = {"origin": search.origin, "destination": search.destination, "departure_date": search.on.isoformat()}
        wanted = {"slices": [leg], "passengers": [{"type": "adult"}] * search.passengers}
        asked = Request("search", "search", "POST", "/air/offer_requests", {"data": wanted}, patience_s=1.0)
        reply = self._wire.ask(ctx, overridden(flight.CAPS, ctx), asked)
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good:
            return Rejected(flight_reading.error(reply))
        offers = mappings(mapping(reply.facts.get("data")).get("offers"))[:_MOST]
        found = [offer for told in offers if (offer := flight_reading.flight_offer(told))]
        whole = [offer for offer in found if len(offer.passenger_ids) == search.passengers]
        return tuple(sorted(whole, key=lambda offer: (offer.cost_minor, offer.departs_at)))

    def search_events(self, ctx: SupplierAccess, search: EventSearch) -> tuple[Event, ...] | Failure:
        """What is on, soonest first."""
        if ctx.protocol != "event":
            return Rejected(NOT_OFFERED)
        asked = {
            "q": search.q,
            "city": search.city,
            "from": search.since.isoformat() if search.since else "",
            "to": search.until.isoformat() if search.until else "",
        }
        reply = self._wire.ask(
            ctx,
            overridden(box_office.CAPS, ctx),
            Request("search", "search", "GET", f"/events?{urlencode(asked)}", patience_s=1.0),
        )
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good:
            return Rejected(reason(reply.facts))
        found = [one for told in mappings(reply.facts.get("events"))[:_MOST] if (one := event_reading.event(told))]
        return tuple(sorted(found, key=lambda one: (one.starts_at, one.title)))

    def hall(self, ctx: SupplierAccess, event_ref: str) -> Hall | Failure:
        """An event's seats."""
        if ctx.protocol != "event":
            return Rejected(NOT_OFFERED)
        asked = Request("search", "search", "GET", f"/events/{quote(event_ref, safe='')}/seats", patience_s=1.0)
        reply = self._wire.ask(ctx, overridden(box_office.CAPS, ctx), asked)
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good:
            return Rejected(reason(reply.facts))
        found = event_reading.event(reply.facts)
        return Hall(found, event_reading.sections(reply.facts)) if found else Unknown()
