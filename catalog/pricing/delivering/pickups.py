"""Pick-up points of carriers: where a parcel can be sent to be fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one

_COLUMNS = "carrier, code, name, country, city, postal_code, address, hours"
_VALUES = ", ".join(f":{name}" for name in _COLUMNS.split(", "))


@dataclass(frozen=True, slots=True)
class PickupPoint:
    """A place to fetch parcels of one carrier; `code` is the carrier's own, `hours` are words."""

    carrier: str
    code: str
    name: str
    country: str
    city: str
    postal_code: str
    address: str
    hours: str


def set_points(program_id: int, carrier: str, points: Iterable[PickupPoint], *, replace: bool = False) -> int:
    """Add or change points of a carrier, and close all others if asked; how many were said."""
    said = [point for point in points if point.carrier == carrier]
    if replace:
        execute(
            "UPDATE pickup_point SET is_open = false WHERE program_id = :program_id AND carrier = :carrier AND is_open"
            " AND code <> ALL(CAST(:codes AS text[]))",
            {"program_id": program_id, "carrier": carrier, "codes": [point.code for point in said]},
        )
    for point in said:
        execute(
            f"INSERT INTO pickup_point (program_id, {_COLUMNS}) VALUES (:program_id, {_VALUES})"
            " ON CONFLICT (program_id, carrier, code) DO UPDATE SET name = excluded.name, country = excluded.country,"
            " city = excluded.city, postal_code = excluded.postal_code, address = excluded.address,"
            " hours = excluded.hours, is_open = true",
            {"program_id": program_id, **asdict(point)},
        )
    audit.record("pickup_points.set", f"program:{program_id}", carrier=carrier, points=len(said))
    return len(said)


def pickup_point(program_id: int, code: str) -> PickupPoint | None:
    """The open point `carrier:code`, if there is one."""
    carrier, _, own = code.partition(":")
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM pickup_point WHERE program_id = :program_id AND carrier = :carrier AND code = :code"
        " AND is_open",
        {"program_id": program_id, "carrier": carrier, "code": own},
    )
    return PickupPoint(*row) if row else None


def pickup_points(
    program_id: int, *, carrier: str = "", country: str = "", city: str = "", after: str = "", limit: int = 50
) -> list[PickupPoint]:
    """Open points of a carrier, a country and a city whose name begins so ("" is any), by code, after a code."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM pickup_point WHERE program_id = :program_id AND is_open"
        " AND :carrier IN ('', carrier) AND :country IN ('', country) AND starts_with(lower(city), lower(:city))"
        " AND code > :after ORDER BY code, carrier LIMIT :limit",
        {
            "program_id": program_id,
            "carrier": carrier,
            "country": country,
            "city": city,
            "after": after,
            "limit": min(limit, 500),
        },
    )
    return [PickupPoint(*row) for row in rows]


def has_points(program_id: int, carrier: str) -> bool:
    """Whether the carrier has points of which one is to be chosen."""
    return bool(pickup_points(program_id, carrier=carrier, limit=1))
