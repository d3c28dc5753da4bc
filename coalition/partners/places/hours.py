"""When an outlet is open: the hours of a weekday and of single days, between text and minutes. Pure.

A day is written as people write it: "09:00-13:00, 14:00-20:00", "24h", or nothing for closed; a span may go past
midnight ("18:00-02:00"). Inside, a week is the minutes since Monday 00:00 in the outlet's zone (10,080 of them, Sunday
night runs on), a single day the minutes since its midnight.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
EXCEPTIONS_MAX = 100
_SPANS_MAX = 6
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-4]):([0-5]\d)")
_CLOSED = ("closed", "закрыто")
_ALL_DAY = ("24h", "24/7", "00:00-24:00")
_SEPARATOR = re.compile(r"[\n;]")

Span = tuple[int, int]
Special = Mapping[dt.date, tuple[Span, ...]]


def day(text: str) -> tuple[Span, ...]:
    """The spans of a day in minutes since its midnight, in order. ValueError for what is no hours or overlaps."""
    wanted = text.strip().lower()
    if not wanted or wanted in _CLOSED:
        return ()
    if wanted in _ALL_DAY:
        return ((0, DAY),)
    spans = sorted(_span(part.strip()) for part in wanted.split(","))
    if len(spans) > _SPANS_MAX or any(one[1] > other[0] for one, other in pairwise(spans)):
        raise ValueError("too many spans, or they overlap")
    return tuple(spans)


def day_text(spans: Iterable[Span]) -> str:
    """The hours of a day as `day` reads them."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans)


def week(texts: Mapping[str, str]) -> list[Span]:
    """The spans of a week from the texts of its days; ValueError with the name of a day that cannot be read."""
    found: list[Span] = []
    for at, name in enumerate(DAYS):
        try:
            found += [(at * DAY + start, at * DAY + end) for start, end in day(texts.get(name, ""))]
        except ValueError as error:
            raise ValueError(name) from error
    for one, other in pairwise(found):
        if one[1] > other[0]:
            raise ValueError(DAYS[other[0] // DAY])
    return found


def week_texts(spans: Sequence[Span]) -> dict[str, str]:
    """The texts of a week's days; a span belongs to the day on which it begins."""
    own: dict[str, list[Span]] = {name: [] for name in DAYS}
    for start, end in spans:
        at = start // DAY
        own[DAYS[at]].append((start - at * DAY, end - at * DAY))
    return {name: day_text(found) for name, found in own.items()}


def special(text: str) -> dict[dt.date, tuple[Span, ...]]:
    """Single days that differ, one a line (or between semicolons): "2026-12-25 closed". ValueError with the line."""
    found: dict[dt.date, tuple[Span, ...]] = {}
    for line in filter(None, (part.strip() for part in _SEPARATOR.split(text))):
        written, _, hours = line.partition(" ")
        try:
            on = dt.date.fromisoformat(written)
            spans = day(hours)
            known = on in found or not hours.strip() or len(written) != 10
        except ValueError:
            known = True
        if known or len(found) >= EXCEPTIONS_MAX:
            raise ValueError(line[:40])
        found[on] = spans
    return found


def special_text(days: Special, separator: str = "\n") -> str:
    """Single days as `special` reads them, in order."""
    return separator.join(f"{on.isoformat()} {day_text(spans) or 'closed'}" for on, spans in sorted(days.items()))


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if end > DAY or start == end:
        raise ValueError(text)
    return (start, end if end > start else end + DAY)


def _clock(minute: int) -> str:
    at = minute if minute <= DAY else minute - DAY
    return f"{at // 60:02}:{at % 60:02}"
