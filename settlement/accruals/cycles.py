"""Settlement cycles as data: how a period is written, and which days it holds. Pure.

`2026-11` is a month, `2026-Q4` a quarter, `2026-W47` an ISO week, `2026-11-21` a day, `2026-01-15--2026-03-31` any
other stretch (ISO 8601's interval, with the separator for file names). Both ends are days of the period.
"""

from __future__ import annotations

import datetime as dt
import re

from coalition.kernel import clock
from coalition.kernel.errors import FieldError, Invalid

MONTHLY = "month"
_ONE_DAY = dt.timedelta(days=1)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STRETCH = re.compile(r"(\d{4}-\d{2}-\d{2})--(\d{4}-\d{2}-\d{2})")


def days_of(code: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of the period written `code`. Raises Invalid if it is none."""
    try:
        if _MONTH.fullmatch(code):
            first = clock.parse_month(code)
            return first, clock.end_of_month(first)
        if quarter := _QUARTER.fullmatch(code):
            first = dt.date(int(quarter[1]), int(quarter[2]) * 3 - 2, 1)
            return first, clock.end_of_month(clock.add_months(first, 2))
        if week := _WEEK.fullmatch(code):
            first = dt.date.fromisocalendar(int(week[1]), int(week[2]), 1)
            return first, first + 6 * _ONE_DAY
        if _DAY.fullmatch(code):
            return dt.date.fromisoformat(code), dt.date.fromisoformat(code)
        if stretch := _STRETCH.fullmatch(code):
            first, last = (dt.date.fromisoformat(end) for end in stretch.groups())
            if first <= last:
                return first, last
    except ValueError:
        pass
    problem = FieldError("/period", "bad_period", "Write a period as 2026-11, 2026-Q4, 2026-W47 or 2026-11-21.")
    raise Invalid("bad_period", f"{code!r} is no period.", [problem])


def code_for(day: dt.date, cycle: str = MONTHLY) -> str:
    """The code of the period of `cycle` (month, quarter, week or day) in which `day` lies."""
    if cycle == "quarter":
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    if cycle == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if cycle == "day":
        return day.isoformat()
    return clock.month_code(day)


def cycle_of(code: str) -> str:
    """The cycle to which a valid code belongs."""
    if "Q" in code:
        return "quarter"
    if "W" in code:
        return "week"
    return "day" if _DAY.fullmatch(code) else MONTHLY


def next_code(code: str) -> str:
    """The code of the period that follows, in the same cycle; behind a stretch, the rest of its month, or the next."""
    following = days_of(code)[1] + _ONE_DAY
    if _STRETCH.fullmatch(code) and following.day > 1:
        return stretch(following, clock.end_of_month(following))
    return code_for(following, cycle_of(code))


def stretch(first: dt.date, last: dt.date) -> str:
    """The code of the period of exactly these days: a day's, week's, month's or quarter's own where there is one."""
    for cycle in ("day", "week", MONTHLY, "quarter"):
        if days_of(code_for(first, cycle)) == (first, last):
            return code_for(first, cycle)
    return f"{first}--{last}"
