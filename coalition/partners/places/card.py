"""An outlet as its partner keeps it, and reading one from texts: a form and a line of a file are read the same way."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import available_timezones

from coalition.partners.places import hours
from coalition.partners.places.hours import DAYS, Span

COLUMNS = ("code", "name", "entity", "city", "address", "zone", "lat", "lon", *DAYS, "exceptions")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LONGEST = {"name": 200, "city": 100, "address": 300}
_PLACES = Decimal("0.000001")  # a tenth of a metre
_EDGES = {"lat": 90, "lon": 180}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A field that cannot be read: its column, a stable code and the value that stands there."""

    column: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Card:
    """An outlet with where it is and when it is open. `lat` and `lon` are degrees (WGS 84), both or neither.

    `week` and `special` are minutes, see `hours`; `entity` is the code of the legal entity that sells there.
    """

    code: str
    name: str
    entity: str
    city: str
    zone: str
    address: str = ""
    lat: Decimal | None = None
    lon: Decimal | None = None
    week: tuple[Span, ...] = ()
    special: Mapping[dt.date, tuple[Span, ...]] = field(default_factory=dict)

    def texts(self, separator: str = "\n") -> dict[str, str]:
        """The card as `read` takes it."""
        place = {"lat": "" if self.lat is None else f"{self.lat:f}", "lon": "" if self.lon is None else f"{self.lon:f}"}
        told = {name: getattr(self, name) for name in ("code", "name", "entity", "city", "address", "zone")}
        exceptions = hours.special_text(self.special, separator)
        return told | place | hours.week_texts(self.week) | {"exceptions": exceptions}


def read(texts: Mapping[str, str], entities: Mapping[str, object]) -> tuple[Card | None, list[Wrong]]:
    """The card that these texts mean, or everything that is wrong with them. `entities` are the partner's, by code."""
    given = {name: texts.get(name, "").strip() for name in COLUMNS}
    wrong = [*_words(given), *_names(given, entities)]
    place, astray = _place(given)
    week, special, closed = _hours(given)
    wrong += [*astray, *closed]
    if wrong:
        return None, wrong
    told = {name: given[name] for name in ("code", "name", "entity", "city", "address", "zone")}
    return Card(**told, lat=place[0], lon=place[1], week=week, special=special), []


def _words(given: Mapping[str, str]) -> list[Wrong]:
    wrong = [Wrong(name, "required", "") for name in ("code", "name", "city", "zone", "entity") if not given[name]]
    wrong += [Wrong(name, "too_long", given[name]) for name, most in _LONGEST.items() if len(given[name]) > most]
    wrong += [
        Wrong(name, "forbidden_character", given[name])
        for name in ("name", "city", "address")
        if not given[name].isprintable()
    ]
    return wrong


def _names(given: Mapping[str, str], entities: Mapping[str, object]) -> list[Wrong]:
    wrong = []
    if given["code"] and not _CODE.fullmatch(given["code"]):
        wrong.append(Wrong("code", "code", given["code"]))
    if given["entity"] and given["entity"] not in entities:
        wrong.append(Wrong("entity", "unknown_entity", given["entity"]))
    if given["zone"] and given["zone"] not in _zones():
        wrong.append(Wrong("zone", "unknown_zone", given["zone"]))
    return wrong


def _place(given: Mapping[str, str]) -> tuple[tuple[Decimal | None, Decimal | None], list[Wrong]]:
    found: dict[str, Decimal | None] = {}
    wrong = []
    for name, edge in _EDGES.items():
        value = _degrees(given[name], edge)
        found[name] = value
        if given[name] and value is None:
            wrong.append(Wrong(name, "bad_position", given[name]))
    if not wrong and (found["lat"] is None) != (found["lon"] is None):
        missing = "lat" if found["lat"] is None else "lon"
        wrong.append(Wrong(missing, "position_half", ""))
    return (found["lat"], found["lon"]), wrong


def _degrees(text: str, edge: int) -> Decimal | None:
    try:
        value = (
            Decimal(text.replace(",", ".")) if re.fullmatch(r"[+-]?\d{1,3}([.,]\d{1,15})?", text, re.ASCII) else None
        )
    except InvalidOperation:
        return None
    return value.quantize(_PLACES) if value is not None and abs(value) <= edge else None


def _hours(
    given: Mapping[str, str],
) -> tuple[tuple[Span, ...], dict[dt.date, tuple[Span, ...]], list[Wrong]]:
    week: tuple[Span, ...] = ()
    special: dict[dt.date, tuple[Span, ...]] = {}
    wrong = []
    try:
        week = tuple(hours.week(given))
    except ValueError as error:
        wrong.append(Wrong(str(error), "bad_hours", given[str(error)]))
    try:
        special = hours.special(given["exceptions"])
    except ValueError as error:
        wrong.append(Wrong("exceptions", "bad_exceptions", str(error)))
    return week, special, wrong


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
