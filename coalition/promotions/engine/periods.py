"""Periods of the calendar by which limits and progress count: how each is called, and when it is over. Pure.

They go by the day of business in the program's zone. Progress that begins anew with a period is kept under the name of
its achievement and the period (`coffee@month:2026-11`), so that what comes late, or goes back, finds its own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

PERIODS = ("day", "week", "month", "year")
_KEPT = re.compile(r"(.+)@(?:day|week|month|year):[\dW-]+")


def called(period: str, day: dt.date) -> str | None:
    """The period of a day as counters name it: 2026-11-18, 2026-W47, 2026-11, 2026. None for what is no period."""
    if period == "day":
        return day.isoformat()
    if period == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    if period == "month":
        return day.isoformat()[:7]
    return str(day.year) if period == "year" else None


def over(period: str, day: dt.date, zone: ZoneInfo, begins: int = 0) -> dt.datetime:
    """When the period of a day is over; `begins`: the minutes after midnight at which a day of business begins."""
    if period == "year":
        then = dt.date(day.year + 1, 1, 1)
    elif period == "month":
        then = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    else:
        then = day + dt.timedelta(days=1 if period == "day" else 8 - day.isoweekday())
    return dt.datetime.combine(then, dt.time(begins // 60, begins % 60), zone)


def kept_as(told: Mapping[str, Any]) -> str:
    """Under which name the progress of an effect, as it is told, is kept."""
    name = str(told.get("achievement"))
    return f"{name}@{told['period']}" if told.get("period") else name


def achievement(kept: str) -> str:
    """The achievement whose progress is kept under a name."""
    found = _KEPT.fullmatch(kept)
    return found[1] if found else kept
