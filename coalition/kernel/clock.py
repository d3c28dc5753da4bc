"""The only place that reads the clock, and the calendar arithmetic that follows from it.

Instants are aware UTC datetimes. Business days belong to a time zone that the caller names.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

UTC = dt.UTC


def now() -> dt.datetime:
    """This instant, in UTC."""
    return dt.datetime.now(UTC)


def written(instant: dt.datetime) -> str:
    """An instant as documents and answers write it: RFC 3339, in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local_date(instant: dt.datetime, zone: str) -> dt.date:
    """The business day on which `instant` falls in `zone` (an IANA name)."""
    return instant.astimezone(ZoneInfo(zone)).date()


def start_of_day(day: dt.date, zone: str) -> dt.datetime:
    """The first instant of `day` in `zone`, in UTC; right across clock changes."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def end_of_last_day(day: dt.date, zone: str) -> dt.datetime:
    """When something whose last usable day is `day` ends: the next local midnight, in UTC."""
    return start_of_day(day + dt.timedelta(days=1), zone)


def add_months(day: dt.date, months: int) -> dt.date:
    """`day` moved by whole months; a day that the month lacks becomes its last one (31 Jan + 1 = 28/29 Feb)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(day.day, _month_length(year, month + 1)))


def end_of_month(day: dt.date) -> dt.date:
    """The last day of the month in which `day` falls."""
    return day.replace(day=_month_length(day.year, day.month))


def parse_month(code: str) -> dt.date:
    """The first day of the month written `YYYY-MM`. ValueError if it is no month."""
    if len(code) != 7:
        raise ValueError(f"{code!r} is not a month; write it as YYYY-MM")
    return dt.date.fromisoformat(code + "-01")


def month_code(day: dt.date) -> str:
    """The month of `day` as `YYYY-MM`."""
    return f"{day:%Y-%m}"


def _month_length(year: int, month: int) -> int:
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return (following - dt.timedelta(days=1)).day
