"""The calendar: which promotions run in a quarter, as bars over its weeks, with their days in words beside."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request

from coalition import promotions
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, choices, chosen_program, page
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.programs import Program

_WEEKS = 13
_SHOWN = ("active", "scheduled", "paused", "review", "draft")
_MOST = 100


@blueprint.get("/promotions/calendar")
def promotion_calendar() -> str:
    """Thirteen weeks from the Monday of `?from=`, or of this week."""

    def work() -> dict[str, Any]:
        program = chosen_program()
        first = _monday(request.args.get("from", ""), program)
        last = first + dt.timedelta(weeks=_WEEKS)
        rows = [row for one in promotions.listed(program.id) if (row := _bar(one, program, first, last))]
        rows.sort(key=lambda row: (row["left"], row["title"]))
        weeks = [first + dt.timedelta(weeks=at) for at in range(_WEEKS)]
        today = (clock.now().astimezone(_zone(program)).date() - first).days
        return {
            **choices(program),
            "rows": rows[:_MOST],
            "weeks": weeks,
            "days": _WEEKS * 7,
            "today": today if 0 <= today < _WEEKS * 7 else None,
            "earlier": first - dt.timedelta(weeks=_WEEKS),
            "later": last,
            "last": last - dt.timedelta(days=1),
        }

    return render_template("marketing/calendar.html", **page("promotions"), **transact(work))


def _bar(one: promotions.Promotion, program: Program, first: dt.date, last: dt.date) -> dict[str, Any] | None:
    """A promotion's days within the weeks that are shown; None for one that has none there."""
    if one.phase not in _SHOWN:
        return None
    begins, ends = (_date(at, program) for at in _dates(one))
    if (begins and begins >= last) or (ends and ends <= first):
        return None
    left = max(((begins or first) - first).days, 0)
    right = min(((ends or last) - first).days, _WEEKS * 7)
    return {
        "code": one.code,
        "phase": one.phase,
        "title": showing.title(one.document, one.code, language()),
        "begins": begins,
        "ends": ends - dt.timedelta(days=1) if ends else None,
        "left": left,
        "width": max(right - left, 1),
    }


def _dates(one: promotions.Promotion) -> tuple[dt.datetime | None, dt.datetime | None]:
    """When it runs: as published, or as its draft says."""
    if one.version is not None:
        return one.begins_at, one.ends_at
    found: list[dt.datetime | None] = []
    for name in ("from", "to"):
        try:
            at = dt.datetime.fromisoformat(str(one.document.get(name)))
            found.append(at if at.tzinfo else at.replace(tzinfo=dt.UTC))
        except ValueError:
            found.append(None)
    return found[0], found[1]


def _date(at: dt.datetime | None, program: Program) -> dt.date | None:
    return at.astimezone(_zone(program)).date() if at else None


def _zone(program: Program) -> dt.tzinfo:
    return ZoneInfo(program.zone)


def _monday(text: str, program: Program) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = clock.now().astimezone(_zone(program)).date()
    day = min(max(day, dt.date(2000, 1, 3)), dt.date(2100, 1, 1))
    return day - dt.timedelta(days=day.weekday())
