"""When points end, as pages show it: the last usable day, and what expires in each of the coming months."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from coalition.kernel import clock

SOON_DAYS = 60
_MONTHS = 12


def last_day(end: dt.datetime, zone: str) -> dt.date:
    """The last usable day of points that end at this instant, which is the midnight after it."""
    return clock.local_date(end - dt.timedelta(microseconds=1), zone)


def by_month(ends: Sequence[tuple[int, dt.date]], today: dt.date) -> list[dict[str, Any]]:
    """What expires in each month of the coming year, empty ones too; nothing at all if nothing ever does."""
    if not ends:
        return []
    sums: Counter[dt.date] = Counter()
    for amount, day in ends:
        sums[day.replace(day=1)] += amount
    first = today.replace(day=1)
    months = [clock.add_months(first, at) for at in range(_MONTHS + 1)]
    soon = today + dt.timedelta(days=SOON_DAYS)
    return [{"month": month, "amount": sums[month], "soon": month <= soon} for month in months]
