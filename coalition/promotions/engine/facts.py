"""What conditions read of an event: its fields by name, and those that follow from others (local time, totals).

Everything is looked up once. A field that is not there is None, and every comparison with it is false.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

Line = Mapping[str, Any]


class Facts:
    """An event as conditions see it. `lines` are those that the program does not exclude, by number.

    `current_total` is what is left of the eligible lines after the discounts so far; the engine keeps it up to date.
    `applying`: the rules of each promotion that apply, where that does not depend on it.
    """

    __slots__ = ("_day", "_seen", "all_lines", "applying", "current_total", "event", "lines", "local", "zone")

    def __init__(self, event: Mapping[str, Any], zone: str, lines: Sequence[Line], all_lines: Sequence[Line]) -> None:
        self.event, self.zone = event, ZoneInfo(zone)
        self.lines, self.all_lines = lines, all_lines
        own = (event.get("store") or {}).get("tz") or event.get("tz")
        self.local = occurred_at(event).astimezone(ZoneInfo(own) if own else self.zone)
        self.current_total = sum(line["amount"] for line in lines)
        self._seen: dict[str, Any] = {}
        self._day: dt.date | None = None
        self.applying: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        """The field's value, None if the event has none."""
        if name == "receipt.current_total":
            return self.current_total
        if name not in self._seen:
            self._seen[name] = self._find(name)
        return self._seen[name]

    @property
    def program_day(self) -> dt.date:
        """The day in the program's zone, to which limits and expiry go by."""
        if self._day is None:
            self._day = self.local.astimezone(self.zone).date()
        return self._day

    def stat(self, key: str) -> int | None:
        """A feature that is kept up to date elsewhere, by its key; None if there is none."""
        value = ((self.event.get("member") or {}).get("stats") or {}).get(key)
        return value if type(value) is int else None

    def _find(self, name: str) -> Any:
        value = _at(self.event, name)
        if value is None and (found := _DERIVED.get(name)):
            value = found(self)
        return frozenset(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value

    def days_to_birthday(self) -> int | None:
        """Days from today to the next birthday: 0 on the day itself, 29 February falls on the 28th in other years."""
        return _days(self, 1)

    def days_since_birthday(self) -> int | None:
        """Days from the last birthday to today."""
        return _days(self, -1)


def line_value(line: Line, name: str) -> Any:
    """A field of a line, None if it has none."""
    value = line.get(name) if "." not in name else _at(line, name)
    return frozenset(value) if isinstance(value, list) else value


def occurred_at(event: Mapping[str, Any]) -> dt.datetime:
    """The instant of an event."""
    return instant(event["occurred_at"])


def instant(text: Any) -> dt.datetime:
    """An instant; without an offset it is in UTC. Raises ValueError or TypeError."""
    at = dt.datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


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


def _payload(facts: Facts, name: str) -> Any:
    return (facts.event.get("payload") or {}).get(name)


_DERIVED = {
    "event.date": lambda facts: facts.local.year * 10_000 + facts.local.month * 100 + facts.local.day,
    "event.year": lambda facts: facts.local.year,
    "event.month": lambda facts: facts.local.month,
    "event.day": lambda facts: facts.local.day,
    "event.weekday": lambda facts: facts.local.isoweekday(),
    "event.hour": lambda facts: facts.local.hour,
    "event.minutes": lambda facts: facts.local.hour * 60 + facts.local.minute,
    "event.type": lambda facts: facts.event.get("type"),
    "event.channel": lambda facts: facts.event.get("channel"),
    "receipt.total": lambda facts: sum(line["amount"] for line in facts.all_lines) if facts.all_lines else None,
    "receipt.eligible_total": lambda facts: sum(line["amount"] for line in facts.lines) if facts.all_lines else None,
    "receipt.lines": lambda facts: len(facts.all_lines) if facts.all_lines else None,
    "receipt.qty_m": lambda facts: sum(line.get("qty_m") or 0 for line in facts.all_lines) if facts.all_lines else None,
    "receipt.points_paid": lambda facts: _payload(facts, "points_paid") or 0,
    "receipt.coupons": lambda facts: _payload(facts, "coupons") or [],
    "receipt.currency": lambda facts: _payload(facts, "currency"),
    "receipt.channel": lambda facts: facts.event.get("channel"),
    "member.days_to_birthday": Facts.days_to_birthday,
    "member.days_since_birthday": Facts.days_since_birthday,
}
