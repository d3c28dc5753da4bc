"""How a partner's shops do over days that it chooses: receipts, members and points by day, by month or by outlet."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from flask import render_template
from flask_babel import gettext

from coalition import members, partners, programs, purchases
from coalition.console import forms
from coalition.console.frame import currency_name
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.money import to_minor
from coalition.kernel.web import charts, formats
from coalition.portal.frame import blueprint, viewer
from coalition.portal.sifting import Filters
from coalition.purchases import By, Sum

_MOST_DAYS = 400
_MOST_COLUMNS = 93
_BY = ("day", "month", "outlet")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The days that a report is of, the last one with it, and what groups them."""

    first: dt.date
    last: dt.date
    by: By


@blueprint.get("/reports")
def reports() -> tuple[str, int]:
    """The report that the address asks for; of this month, where it names no days."""
    found = transact(listed)
    return render_template("portal/reports.html", nav="portal-reports", **found), 422 if found["errors"] else 200


def listed() -> dict[str, Any]:
    """The report by the filters of the address; nothing where they cannot be read, or nothing has happened."""
    colleague, filters = viewer(), Filters("since", "until", "by")
    program = programs.get(colleague.program_id)
    today = clock.local_date(clock.now(), program.zone)
    asked = _asked(filters, today)
    found = _found(colleague.partner_id, program, asked) if asked else {"groups": [], "whole": None}
    return found | {
        "chart": _chart(program, asked, today, found["groups"]) if asked else None,
        "chosen": filters.chosen,
        "errors": filters.errors,
        "spans": _spans(today),
    }


def _asked(filters: Filters, today: dt.date) -> _Asked | None:
    """What the address asks for, and in `chosen` what goes without saying; None where it cannot be answered."""
    chosen = filters.chosen
    chosen["by"] = chosen["by"] or "day"
    if not chosen["since"] and not chosen["until"]:
        chosen["since"], chosen["until"] = today.replace(day=1).isoformat(), today.isoformat()
    first, last = filters.day("since"), filters.day("until")
    filters.errors += [forms.error(name, "required") for name in ("since", "until") if not chosen[name]]
    if first and last and last < first:
        filters.errors.append(forms.error("until", "days_backward"))
    if first and last and (last - first).days >= _MOST_DAYS:
        filters.errors.append(forms.error("until", "days_too_many"))
    if chosen["by"] not in _BY:
        chosen["by"] = "day"
        filters.errors.append(forms.error("by", "invalid"))
    return _Asked(first, last, cast("By", chosen["by"])) if first and last and not filters.errors else None


def _spans(today: dt.date) -> Mapping[str, tuple[str, str]]:
    """The first and the last day of this month, as far as it has come, and of the last one."""
    first = today.replace(day=1)
    before = first - dt.timedelta(days=1)
    return {
        "this": (first.isoformat(), today.isoformat()),
        "last": (before.replace(day=1).isoformat(), before.isoformat()),
    }


def _found(partner_id: int, program: programs.Program, asked: _Asked) -> dict[str, Any]:
    since = clock.start_of_day(asked.first, program.zone)
    until = clock.end_of_last_day(asked.last, program.zone)
    sums = purchases.sums(partner_id, program.zone, since, until, asked.by)
    enrolled = members.enrolments(partner_id, program.zone, since, until, "month" if asked.by == "month" else "day")
    main = programs.main_currency(program.id)
    others = [one for one in programs.currencies(program.id) if one.id != main.id]
    shown = Counter[str]() if asked.by == "outlet" else enrolled

    def row(one: Sum, new: int | None, **names: Any) -> dict[str, Any]:
        return names | _row(program, main, others, one) | {"enrolled": new}

    titles = _titles(partner_id, asked, {*sums.groups, *shown})
    groups = [
        row(sums.groups.get(part, Sum()), None if asked.by == "outlet" else shown[part], **names)
        for part, names in titles.items()
    ]
    any_at_all = sums.groups or enrolled
    return {
        "groups": groups,
        "whole": row(sums.whole, enrolled.total(), title=gettext("Total")) if any_at_all else None,
    }


def _row(
    program: programs.Program, main: programs.Currency, others: Sequence[programs.Currency], one: Sum
) -> dict[str, Any]:
    names = ("receipts", "sold_minor", "returns", "refund_minor", "buyers", "redeemed_minor")
    return {name: getattr(one, name) for name in names} | {
        "average_minor": to_minor(Decimal(one.sold_minor) / one.receipts, 0) if one.receipts else None,
        "given": one.issued[main.id],
        "spent": one.redeemed[main.id],
        "points_decimals": main.decimals,
        "others_given": _points(others, one.issued),
        "others_spent": _points(others, one.redeemed),
        "currency": program.currency,
        "decimals": program.currency_decimals,
    }


def _points(others: Sequence[programs.Currency], units: Mapping[int, int]) -> list[dict[str, Any]]:
    return [
        {"name": currency_name(one), "decimals": one.decimals, "units": units[one.id]}
        for one in others
        if one.id in units
    ]


def _titles(partner_id: int, asked: _Asked, parts: set[str]) -> dict[str, dict[str, Any]]:
    """Groups in the order of rows: the title, the day that it is or begins with, and the filters of its receipts."""
    if asked.by == "outlet":
        days = {"since": asked.first.isoformat(), "until": asked.last.isoformat()}
        return {
            str(one.id): {"title": f"{one.name} · {one.code}", "day": None, "sought": days | {"outlet": one.code}}
            for one in partners.list_outlets(partner_id)
            if str(one.id) in parts
        }
    return {part: {"title": part, **_days(asked, part)} for part in sorted(parts)}


def _days(asked: _Asked, part: str) -> dict[str, Any]:
    day = clock.parse_month(part) if asked.by == "month" else dt.date.fromisoformat(part)
    end = clock.end_of_month(day) if asked.by == "month" else day
    sought = {"since": max(day, asked.first).isoformat(), "until": min(end, asked.last).isoformat()}
    return {"day": day, "sought": sought}


def _chart(program: programs.Program, asked: _Asked, today: dt.date, groups: list[dict[str, Any]]) -> Any:
    """The sales of every day or month until today, the quiet ones among them; None where it would show nothing."""
    sold = {one["title"]: one["sold_minor"] for one in groups}
    if asked.by == "outlet" or not any(sold.values()):
        return None
    reach = max((one["day"] for one in groups), default=today)
    days = _columns(asked, max(reach, min(asked.last, today)))
    if not 1 < len(days) <= _MOST_COLUMNS:
        return None
    style, cut = ("short_month", 7) if asked.by == "month" else ("day", 10)
    columns = [charts.Bar(formats.when(day, style), sold.get(day.isoformat()[:cut], 0)) for day in days]
    alt = gettext("Sales; the table below has the figures")
    return charts.bars(columns, alt, decimals=program.currency_decimals, width=1080)


def _columns(asked: _Asked, last: dt.date) -> list[dt.date]:
    if asked.by == "day":
        return [asked.first + dt.timedelta(days=at) for at in range((last - asked.first).days + 1)]
    first = asked.first.replace(day=1)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [clock.add_months(first, at) for at in range(count)]
