"""What conditions read of an event: its fields by name, and those that follow from others (local time, totals).

Everything is looked up once. A field that is not there is None, and every comparison with it is false.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Line = Mapping[str, Any]
UNCOUNTED = frozenset({type(None), dict, list})
Column = dict[str | None, list[Line]]
NO_TEXTS = frozenset[str]()
CURRENT_TOTAL, LINES, EACH = "receipt.current_total", "lines:", "each:"


class Facts(dict[str, Any]):
    """An event as conditions see it: a mapping from fields to values, which looks up what it does not hold yet.

    `lines` are those that the program does not exclude, by number; under `lines:FIELD` stand the same by the text that
    they have there, and under None those that have none; under `each:FIELD` the texts, numbers and truths that they
    have there, and those in sets. `receipt.current_total` is what is left of them after the discounts so far; the
    engine keeps it up to date. `applying`: the rules of each promotion that apply, where that
    does not depend on it. `fitting`: the lines that fit each filter asked so far. `begins`: the minutes after midnight
    at which a day of business begins; until then it is still the day before.
    """

    event: Mapping[str, Any]
    lines: Sequence[Line]
    all_lines: Sequence[Line]
    __slots__ = ("_business", "_day", "_local", "all_lines", "applying", "at", "begins", "event", "fitting", "lines",
                 "member", "payload", "zone")  # fmt: skip

    def __init__(
        self, event: Mapping[str, Any], zone: str, lines: Sequence[Line], all_lines: Sequence[Line], begins: int = 0
    ) -> None:
        super().__init__()
        self.begins = begins
        self._business: dt.date | None = None
        self.event, self.zone, self.at = event, zone_of(zone), occurred_at(event)
        self.payload: Mapping[str, Any] = event.get("payload") or {}
        self.member: Mapping[str, Any] = event.get("member") or {}
        self.lines, self.all_lines = lines, all_lines
        self._local: dt.datetime | None = None
        self._day: dt.date | None = None
        self.fitting: dict[Any, Sequence[Line]] = {}
        self.applying: dict[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        if name.startswith(LINES):
            value: Any = self._column(name.removeprefix(LINES))
        else:
            value = self._each(name.removeprefix(EACH)) if name.startswith(EACH) else self._field(name)
        self[name] = value
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The field's value, None if the event has none."""
        value = self[name]
        return default if value is None else value

    @property
    def local(self) -> dt.datetime:
        """When it happened by the clock of the outlet, else of the event, else of the program."""
        if self._local is None:
            own = (self.event.get("store") or {}).get("tz") or self.event.get("tz")
            self._local = self.at.astimezone(zone_of(own) if own else self.zone)
        return self._local

    @property
    def program_day(self) -> dt.date:
        """The day of business in the program's zone, by which limits and expiry go."""
        if self._day is None:
            self._day = business_day(self.at, self.zone, self.begins)
        return self._day

    @property
    def business(self) -> dt.date:
        """The day of business by the clock of the outlet, else of the event, else of the program."""
        if self._business is None:
            self._business = shifted(self.local, self.begins)
        return self._business

    def stat(self, key: str) -> int | None:
        """A feature that is kept up to date elsewhere, by its key; None if there is none."""
        value = (self.member.get("stats") or {}).get(key)
        return value if type(value) is int else None

    def _field(self, name: str) -> Any:
        value = _at(self.event, name)
        if value is None and (found := _DERIVED.get(name)):
            value = found(self)
        return _as_set(value)

    def _column(self, name: str) -> Column:
        found: Column = {}
        plain = "." not in name
        for line in self.lines:
            value = line.get(name) if plain else _at(line, name)
            if type(value) is not str:
                value = None
            if value in found:
                found[value].append(line)
            else:
                found[value] = [line]
        return found

    def _each(self, name: str) -> Iterable[Hashable]:
        column: Column = self[LINES + name]
        if None not in column:
            return column
        found: set[Hashable] = {text for text in column if text is not None}
        for line in column[None]:
            value = line.get(name) if "." not in name else line_value(line, name)
            if value != []:
                found.update(each(_as_set(value)))
        return found

    def days_to_birthday(self) -> int | None:
        """Days from today to the next birthday: 0 on the day itself, 29 February falls on the 28th in other years."""
        return _days(self, 1)

    def days_since_birthday(self) -> int | None:
        """Days from the last birthday to today."""
        return _days(self, -1)


def line_value(line: Line, name: str) -> Any:
    """A field of a line, None if it has none."""
    value = line.get(name) if "." not in name else _at(line, name)
    return _as_set(value) if type(value) is list else value


def each(value: Any) -> Sequence[Hashable] | frozenset[str]:
    """What an equality or a membership can be asked of: the value itself, or what is in it."""
    if isinstance(value, frozenset):
        return value
    return (value,) if isinstance(value, str | int) else ()


def business_day(at: dt.datetime, zone: ZoneInfo, begins: int) -> dt.date:
    """The day of business of an instant in a zone: it begins so many minutes after midnight, by the clock there."""
    return shifted(at.astimezone(zone), begins)


def shifted(local: dt.datetime, begins: int) -> dt.date:
    """The day of business of a clock's time."""
    return (local.replace(tzinfo=None) - dt.timedelta(minutes=begins)).date() if begins else local.date()


def occurred_at(event: Mapping[str, Any]) -> dt.datetime:
    """The instant of an event."""
    return instant(event["occurred_at"])


def instant(text: Any) -> dt.datetime:
    """An instant, in UTC; so it is read where it says no offset. Raises ValueError or TypeError."""
    at = dt.datetime.fromisoformat(text)
    if at.tzinfo is dt.UTC:
        return at
    if at.tzinfo is None:
        return at.replace(tzinfo=dt.UTC)
    try:
        return at.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError(text) from error


@lru_cache(maxsize=1_000)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name. Raises ValueError or an OSError or KeyError of zoneinfo."""
    return ZoneInfo(name)


def known_zone(name: Any) -> bool:
    """Whether there is a time zone of this name."""
    try:
        return isinstance(name, str) and zone_of(name) is not None
    except (KeyError, ValueError, OSError):
        return False


def _as_set(value: Any) -> Any:
    if type(value) is not list:
        return value
    if not value:
        return NO_TEXTS
    return frozenset(value) if all(isinstance(one, str) for one in value) else value


def _at(where: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(where, Mapping):
            return None
        where = where.get(part)
    return where


def _days(facts: Facts, direction: int) -> int | None:
    given = _at(facts.event, "member.birth_md") or str(_at(facts.event, "member.birth_date") or "")[-5:]
    try:
        month, day = (int(part) for part in given.split("-"))
        today = facts.local.date()
        born = [_birthday(today.year + shift, month, day) for shift in (-1, 0, 1)]
    except (ValueError, AttributeError):
        return None
    return min(days for one in born if (days := (one - today).days * direction) >= 0)


def _birthday(year: int, month: int, day: int) -> dt.date:
    return dt.date(year, month, min(day, 28) if (month, day) == (2, 29) and not calendar.isleap(year) else day)


def _sum(lines: Sequence[Line], name: str) -> int | None:
    return sum([line.get(name) or 0 for line in lines])


_DERIVED: dict[str, Callable[[Facts], Any]] = {
    "event.date": lambda facts: facts.business.year * 10_000 + facts.business.month * 100 + facts.business.day,
    "event.year": lambda facts: facts.business.year,
    "event.month": lambda facts: facts.business.month,
    "event.day": lambda facts: facts.business.day,
    "event.weekday": lambda facts: facts.business.isoweekday(),
    "event.hour": lambda facts: facts.local.hour,
    "event.minutes": lambda facts: facts.local.hour * 60 + facts.local.minute,
    "event.type": lambda facts: facts.event.get("type"),
    "event.channel": lambda facts: facts.event.get("channel"),
    "receipt.total": lambda facts: _sum(facts.all_lines, "amount") if facts.all_lines else None,
    "receipt.eligible_total": lambda facts: _sum(facts.lines, "amount") if facts.all_lines else None,
    CURRENT_TOTAL: lambda facts: _sum(facts.lines, "amount"),
    "receipt.lines": lambda facts: len(facts.all_lines) if facts.all_lines else None,
    "receipt.qty_m": lambda facts: _sum(facts.all_lines, "qty_m") if facts.all_lines else None,
    "receipt.points_paid": lambda facts: facts.payload.get("points_paid") or 0,
    "receipt.coupons": lambda facts: facts.payload.get("coupons") or [],
    "receipt.currency": lambda facts: facts.payload.get("currency"),
    "receipt.channel": lambda facts: facts.event.get("channel"),
    "member.days_to_birthday": Facts.days_to_birthday,
    "member.days_since_birthday": Facts.days_since_birthday,
}
