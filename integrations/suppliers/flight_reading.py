"""What a seller of flights tells: orders, tickets, offers; and the passengers that it wants to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.ports import (
    Accepted,
    Address,
    Artefact,
    Cancelled,
    FlightOffer,
    NotFound,
    Outcome,
    Pending,
    Rejected,
    Reserved,
    SupplierLine,
    Unknown,
)
from integrations.suppliers.reading import mapping, mappings, minor, moment, reason, word
from integrations.suppliers.wire import Reply

TRAVELLER = ("given_name", "family_name", "born_on")
_POLL_S = 2.0
_RANK = (Accepted, Reserved, Pending, Unknown, Cancelled, Rejected)


def error(reply: Reply) -> str:
    """The code of a refusal."""
    errors = mappings(reply.facts.get("errors"))
    return reason(errors[0]) if errors else "refused"


def order_outcome(told: object) -> Outcome:
    """What an order's state means."""
    order = mapping(told)
    state, external_id = order.get("state"), word(order.get("id"))
    if state == "pending":
        return Pending(_POLL_S)
    if state == "rejected":
        return Rejected(reason(order))
    if state == "expired":
        return Rejected("hold_expired")
    if state in ("released", "cancelled"):
        return Cancelled()
    payment = mapping(order.get("payment_status"))
    until = moment(payment.get("payment_required_by"))
    if state == "held" and external_id and until:
        return Reserved(external_id, until, moment(payment.get("price_guarantee_expires_at")))
    return _issued(external_id, order) if state == "issued" and external_id else Unknown()


def pick(outcomes: Sequence[Outcome]) -> Outcome:
    """Of several orders under one reference, the one that binds us most."""
    if not outcomes:
        return NotFound()
    return min(outcomes, key=lambda one: _RANK.index(type(one)))


def passengers(line: SupplierLine, address: Address) -> list[dict[str, str]] | None:
    """The passengers as the seller wants them; None if one of them lacks what it must know."""
    people, ids = mappings(line.details.get("travellers")), line.details.get("passenger_ids")
    if not isinstance(ids, list) or len(ids) != len(people) or not people:
        return None
    found = []
    for number, person in zip(ids, people, strict=True):
        known = {name: word(person.get(name)) for name in TRAVELLER}
        if not all(known.values()):
            return None
        contact = {"email": address.email, "phone_number": address.phone}
        found.append({"id": word(number), **known, **contact})
    return found


def is_refundable(offer: Mapping[str, Any]) -> bool:
    """Whether something comes back before departure."""
    refund = mapping(mapping(offer.get("conditions")).get("refund_before_departure"))
    return refund.get("allowed") is True


def flight_offer(offer: Mapping[str, Any]) -> FlightOffer | None:
    """A direct flight that can be held; None for what we do not sell or cannot read."""
    slices = mappings(offer.get("slices"))
    segments = mappings(slices[0].get("segments")) if len(slices) == 1 else []
    needs = mapping(offer.get("payment_requirements"))
    if len(segments) != 1 or needs.get("requires_instant_payment") is not False:
        return None
    [leg] = segments
    carrier, departs, arrives = mapping(leg.get("marketing_carrier")), _local(leg, "departing"), _local(leg, "arriving")
    cost, expires_at = minor(offer.get("total_amount")), moment(offer.get("expires_at"))
    ref, ids = word(offer.get("id")), tuple(word(one.get("id")) for one in mappings(offer.get("passengers")))
    if not ref or cost is None or expires_at is None or departs is None or arrives is None or not all(ids):
        return None
    return FlightOffer(
        offer_ref=ref,
        carrier=word(carrier.get("name")),
        flight_no=word(carrier.get("iata_code"), 3) + word(leg.get("marketing_carrier_flight_number"), 6),
        origin=word(mapping(leg.get("origin")).get("iata_code"), 3),
        destination=word(mapping(leg.get("destination")).get("iata_code"), 3),
        departs_at=departs,
        arrives_at=arrives,
        cost_minor=cost,
        currency=word(offer.get("total_currency"), 3),
        expires_at=expires_at,
        refundable=is_refundable(offer),
        passenger_ids=ids,
    )


def _issued(external_id: str, order: Mapping[str, Any]) -> Outcome:
    """One artefact for the whole line: the tickets of all its passengers."""
    tickets = [
        f"{word(one.get('passenger'), 200)} {word(one.get('unique_identifier'))}".strip()
        for one in mappings(order.get("documents"))
        if one.get("type") == "electronic_ticket" and word(one.get("unique_identifier"))
    ]
    if not tickets:
        return Accepted(external_id)
    reference = word(order.get("booking_reference"), 20)
    sku = word(order.get("offer_id"))
    content = "\n".join(([reference] if reference else []) + tickets)
    return Accepted(external_id, artefacts=(Artefact(sku, 1, "e_ticket", content),), issued=True)


def _local(leg: Mapping[str, Any], which: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(word(leg.get(f"{which}_at"), 40)).replace(tzinfo=None)
    except ValueError:
        return None
