"""Services of suppliers, zones and tariffs of carriers, as staff keep them.

A tariff is never rewritten: another price is another row from another day on; the last day of the one before is set.
Quotes name the row that they were reckoned by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import psycopg
from sqlalchemy.exc import IntegrityError

from catalog.pricing.delivering.carrying import postal
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one, session
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

_MOST_GRAMS = 1_000_000
_TARIFF = (
    "id, carrier, service, zone, lower(weight_g) AS from_g, upper(weight_g) - 1 AS to_g, lower(valid) AS valid_from,"
    " upper(valid) - 1 AS valid_to, base_minor, per_kg_minor, free_from_points, days_min, days_max"
)


@dataclass(frozen=True, slots=True)
class Service:
    """How a supplier sends by a carrier: as method `code`. `divisor` None: only real weight counts."""

    code: str
    carrier: str
    service: str
    kind: str
    divisor: int | None = 5000


@dataclass(frozen=True, slots=True)
class Zone:
    """Addresses of a country whose postal code or city (`kind` postal or region) begins with `prefix` ("": all)."""

    carrier: str
    country: str
    kind: str
    prefix: str
    zone: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a carrier takes for a parcel from `from_g` to `to_g` grams, both inclusive, in a zone, between two days.

    `base_minor` and `per_kg_minor` are the program's money; members pay nothing from `free_from_points` of goods on.
    `valid_to` None: until another follows.
    """

    carrier: str
    service: str
    zone: str
    from_g: int
    to_g: int
    valid_from: dt.date
    valid_to: dt.date | None
    base_minor: int
    per_kg_minor: int = 0
    free_from_points: int | None = None
    days_min: int = 1
    days_max: int = 5
    id: int = 0


def set_service(program_id: int, supplier_id: int, service: Service) -> None:
    """Let a supplier send by a carrier's service; said again, it replaces what was said. From then on tariffs price
    everything that this supplier sends. Raises Invalid."""
    _refuse(
        {
            "/code": not 1 <= len(service.code) <= 40,
            "/kind": service.kind not in ("courier", "pickup"),
            "/divisor": service.divisor is not None and not 1 <= service.divisor <= 100_000,
        }
    )
    execute(
        "INSERT INTO delivery_service (program_id, supplier_id, code, carrier, service, kind, divisor) VALUES"
        " (:program_id, :supplier_id, :code, :carrier, :service, :kind, :divisor) ON CONFLICT (supplier_id, code)"
        " DO UPDATE SET carrier = excluded.carrier, service = excluded.service, kind = excluded.kind,"
        " divisor = excluded.divisor",
        {"program_id": program_id, "supplier_id": supplier_id, **asdict(service)},
    )
    audit.record("delivery_service.set", f"supplier:{supplier_id}", code=service.code, carrier=service.carrier)


def remove_service(supplier_id: int, code: str) -> None:
    """Let a supplier send by this method no more; without any service, its flat options count again."""
    if execute(
        "DELETE FROM delivery_service WHERE supplier_id = :id AND code = :code", {"id": supplier_id, "code": code}
    ):
        audit.record("delivery_service.remove", f"supplier:{supplier_id}", code=code)


def services(supplier_id: int) -> list[Service]:
    """The carriers' services that a supplier sends by."""
    rows = fetch_all(
        "SELECT code, carrier, service, kind, divisor FROM delivery_service WHERE supplier_id = :id"
        " ORDER BY id LIMIT 100",
        {"id": supplier_id},
    )
    return [Service(*row) for row in rows]


def set_zones(program_id: int, zones: Iterable[Zone]) -> int:
    """Say which zone these addresses are in; said again, a prefix changes its zone. How many. Raises Invalid."""
    count = 0
    for zone in zones:
        kinds = ("postal", "region")
        _refuse({"/country": len(zone.country) != 2, "/kind": zone.kind not in kinds, "/zone": not zone.zone})
        prefix = postal(zone.prefix) if zone.kind == "postal" else zone.prefix.strip().lower()
        count += execute(
            "INSERT INTO tariff_zone (program_id, carrier, country, kind, prefix, zone) VALUES (:program_id, :carrier,"
            " :country, :kind, :prefix, :zone) ON CONFLICT (program_id, carrier, country, kind, prefix)"
            " DO UPDATE SET zone = excluded.zone",
            {"program_id": program_id, **asdict(zone), "country": zone.country.upper(), "prefix": prefix},
        )
    audit.record("tariff_zones.set", f"program:{program_id}", zones=count)
    return count


def zones_of(program_id: int, carrier: str, *, after: str = "", limit: int = 200) -> list[Zone]:
    """A carrier's zones by country and prefix, those with a prefix after `after` for the next page."""
    rows = fetch_all(
        "SELECT carrier, country, kind, prefix, zone FROM tariff_zone WHERE program_id = :program_id"
        " AND carrier = :carrier AND (:after = '' OR prefix > :after) ORDER BY prefix, country, kind LIMIT :limit",
        {"program_id": program_id, "carrier": carrier, "after": after, "limit": min(limit, 1000)},
    )
    return [Zone(*row) for row in rows]


def add_tariff(program_id: int, tariff: Tariff) -> int:
    """Add a row; its id. Raises Invalid, or Conflict `tariff_overlaps` if another says the same weights and days."""
    _refuse(
        {
            "/carrier": not tariff.carrier or not tariff.service or not tariff.zone,
            "/to_g": not 0 <= tariff.from_g <= tariff.to_g <= _MOST_GRAMS,
            "/valid_to": tariff.valid_to is not None and tariff.valid_to < tariff.valid_from,
            "/base_minor": not 0 <= tariff.base_minor <= 10**12 or not 0 <= tariff.per_kg_minor <= 10**12,
            "/free_from_points": tariff.free_from_points is not None and tariff.free_from_points < 1,
            "/days_max": not 0 <= tariff.days_min <= tariff.days_max <= 365,
        }
    )
    try:
        with session().begin_nested():
            row = fetch_one(
                "INSERT INTO carrier_tariff (program_id, carrier, service, zone, weight_g, valid, base_minor,"
                " per_kg_minor, free_from_points, days_min, days_max) VALUES (:program_id, :carrier, :service, :zone,"
                " int4range(:from_g, :to_g, '[]'), daterange(:valid_from, :valid_to, '[]'), :base_minor,"
                " :per_kg_minor, :free_from_points, :days_min, :days_max) RETURNING id",
                {"program_id": program_id, **asdict(tariff)},
            )
    except IntegrityError as error:
        if not isinstance(error.orig, psycopg.errors.ExclusionViolation):
            raise
        raise Conflict("tariff_overlaps", "Another row is valid for some of these weights and days.") from error
    assert row is not None
    audit.record("tariff.add", f"tariff:{row.id}", program_id=program_id, carrier=tariff.carrier, zone=tariff.zone)
    return int(row.id)


def end_tariff(program_id: int, tariff_id: int, last_day: dt.date) -> None:
    """Let a row be valid until `last_day`, which is not after its end. Raises NotFound, Invalid."""
    row = fetch_one(
        "SELECT lower(valid) AS first, upper(valid) - 1 AS last FROM carrier_tariff"
        " WHERE id = :id AND program_id = :program_id FOR UPDATE",
        {"id": tariff_id, "program_id": program_id},
    )
    if row is None:
        raise NotFound()
    _refuse({"/last_day": last_day < row.first or (row.last is not None and last_day > row.last)})
    execute(
        "UPDATE carrier_tariff SET valid = daterange(lower(valid), :last, '[]') WHERE id = :id",
        {"id": tariff_id, "last": last_day},
    )
    audit.record("tariff.end", f"tariff:{tariff_id}", last_day=last_day.isoformat())


def tariffs_of(program_id: int, *, carrier: str = "", after_id: int = 0, limit: int = 100) -> list[Tariff]:
    """Rows of a program ("" of any carrier) from the oldest on, after a row for the next page."""
    rows = fetch_all(
        f"SELECT {_TARIFF} FROM carrier_tariff WHERE program_id = :program_id AND :carrier IN ('', carrier)"
        " AND id > :after ORDER BY id LIMIT :limit",
        {"program_id": program_id, "carrier": carrier, "after": after_id, "limit": min(limit, 1000)},
    )
    return [Tariff(**row._mapping) for row in rows]


def _refuse(problems: dict[str, bool]) -> None:
    if wrong := [FieldError(pointer, "invalid", "This does not fit.") for pointer, bad in problems.items() if bad]:
        raise Invalid("invalid", "This cannot be.", wrong)
