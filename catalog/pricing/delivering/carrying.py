"""Carriers' tariffs: a zone by the longest prefix, a row by weight and day, a price by base and kilograms.

Overlapping rows cannot be entered (an exclusion constraint), so that at most one row fits. Where none does, where a
weight is missing, or a size that the carrier reckons with, the service is not offered: never for nothing by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from catalog.ports import Address
from catalog.pricing.delivering.pickups import PickupPoint, pickup_point
from catalog.pricing.types import DeliveryOption, QuotedLine
from coalition import programs
from coalition.kernel import clock
from coalition.kernel.db import AnyRow, fetch_all, load_sql
from coalition.kernel.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class Place:
    """Where to: an address, once there is one, and the code of a pick-up point, if one was chosen."""

    address: Address | None = None
    pickup_code: str | None = None


def carried(
    program_id: int, supplier_id: int, lines: Sequence[QuotedLine], place: Place
) -> list[DeliveryOption] | None:
    """What the supplier's carriers take for these lines, the cheapest first; None if it has no carriers' services.

    Raises Invalid `unknown_pickup_point`.
    """
    services = _services(supplier_id)
    if not services:
        return None
    point = _point(program_id, place)
    currency, program = programs.main_currency(program_id), programs.get(program_id)
    goods, found = sum(line.points for line in lines), []
    for service in services:
        chargeable = chargeable_g(lines, service.divisor)
        if chargeable is None or (point is not None and service.kind == "pickup" and point.carrier != service.carrier):
            continue
        row = _row(program_id, service, _whereto(place, point, service.kind), chargeable, program.zone)
        if row is not None:
            found.append(_option(service, row, chargeable, goods, currency.face_minor))
    return sorted(found, key=lambda option: (option.points, option.code))


def chargeable_g(lines: Iterable[QuotedLine], divisor: int | None) -> int | None:
    """The grams that a carrier reckons with: the greater of all weights and all volumes over `divisor` (cm3 a kg).

    None if a weight is not known, or a volume where volumes count.
    """
    weight, volume = 0, 0
    for line in lines:
        if line.weight_g is None or (divisor is not None and line.volume_cm3 is None):
            return None
        weight += line.qty * line.weight_g
        volume += line.qty * (line.volume_cm3 or 0)
    return weight if divisor is None else max(weight, -(-volume * 1000 // divisor))


def tariff_minor(base_minor: int, per_kg_minor: int, grams: int) -> int:
    """What a carrier takes for so many grams, rounded up to a minor unit of money."""
    return base_minor + -(-per_kg_minor * grams // 1000)


def in_points(amount_minor: int, face_minor: Decimal) -> int:
    """How many points are worth this money, rounded up."""
    return -(-amount_minor // Fraction(face_minor))


def from_prices(supplier_ids: Sequence[int]) -> list[DeliveryOption]:
    """The services of these suppliers at their lowest price of today, for whoever only looks around."""
    rows = fetch_all(
        load_sql(__file__, "from_prices.sql"), {"suppliers": list(supplier_ids), "today": clock.now().date()}
    )
    faces = {row.program_id: programs.main_currency(row.program_id).face_minor for row in rows}
    return [
        DeliveryOption(
            row.supplier_id,
            row.code,
            row.kind,
            in_points(row.base_minor, faces[row.program_id]),
            row.base_minor,
            row.days_min,
            row.days_max,
            carrier=row.carrier,
        )
        for row in rows
    ]


def postal(text: str) -> str:
    """A postal code as prefixes are compared: capitals and digits alone."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def _services(supplier_id: int) -> Sequence[AnyRow]:
    return fetch_all(
        "SELECT supplier_id, code, carrier, service, kind, divisor FROM delivery_service WHERE supplier_id = :id"
        " ORDER BY id LIMIT 100",
        {"id": supplier_id},
    )


def _point(program_id: int, place: Place) -> PickupPoint | None:
    if place.pickup_code is None:
        return None
    found = pickup_point(program_id, place.pickup_code)
    if found is None:
        problem = FieldError("/delivery/pickup_code", "unknown_pickup_point", "There is no such pick-up point.")
        raise Invalid("unknown_pickup_point", "Nothing can be sent to this point.", [problem])
    return found


def _whereto(place: Place, point: PickupPoint | None, kind: str) -> dict[str, Any]:
    """Country, postal code and city as the zones are looked up; all None while nobody knows."""
    at = point if kind == "pickup" and point is not None else place.address
    if at is None or not at.country:
        return {"country": None, "postal": "", "city": ""}
    return {"country": at.country, "postal": postal(at.postal_code), "city": at.city.strip().lower()}


def _row(program_id: int, service: AnyRow, whereto: dict[str, Any], grams: int, zone: str) -> AnyRow | None:
    params = {
        "program_id": program_id,
        "carrier": service.carrier,
        "service": service.service,
        "grams": grams,
        "today": clock.local_date(clock.now(), zone),
        **whereto,
    }
    rows = fetch_all(load_sql(__file__, "tariff.sql"), params)
    return rows[0] if rows else None


def _option(service: AnyRow, row: AnyRow, grams: int, goods: int, face_minor: Decimal) -> DeliveryOption:
    cost = tariff_minor(row.base_minor, row.per_kg_minor, grams)
    free = row.free_from_points is not None and goods >= row.free_from_points
    return DeliveryOption(
        service.supplier_id,
        service.code,
        service.kind,
        0 if free else in_points(cost, face_minor),
        cost,
        row.days_min,
        row.days_max,
        carrier=service.carrier,
        zone=row.zone,
        tariff_id=row.id,
        chargeable_g=grams,
    )
