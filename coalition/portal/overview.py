"""The portal's first page: what waits for the partner, and how its day and its week go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask_babel import gettext

from coalition import access, programs, purchases
from coalition.console.frame import currency_name
from coalition.kernel import clock, request_log
from coalition.kernel.db import transact
from coalition.kernel.web import charts, formats
from coalition.portal import menu
from coalition.portal.frame import EVERYBODY, READERS, blueprint, viewer
from coalition.purchases import Sum
from coalition.site.viewer import Colleague

_DAYS = 7


@blueprint.get("/")
def overview() -> str:
    """How the partner stands."""
    return render_template("portal/overview.html", nav="portal", **transact(_overview))


def _overview() -> dict[str, Any]:
    colleague = viewer(*EVERYBODY)
    figures = None if colleague.roles.isdisjoint(READERS) else _figures(colleague)
    return {"partner": colleague.partner, "tasks": menu.tasks(colleague), "figures": figures}


def _figures(colleague: Colleague) -> dict[str, Any]:
    """Today and the last seven days, today among them."""
    program = programs.get(colleague.program_id)
    today = clock.local_date(clock.now(), program.zone)
    since = clock.start_of_day(today - dt.timedelta(days=_DAYS - 1), program.zone)
    until = clock.end_of_last_day(today, program.zone)
    summed = purchases.sums(colleague.partner_id, program.zone, since, until, "day")
    found = {dt.date.fromisoformat(day): one for day, one in summed.groups.items()}
    main = programs.main_currency(program.id)
    week = [today - dt.timedelta(days=back) for back in reversed(range(_DAYS))]
    return {
        "today": _told(program, found.get(today, Sum())),
        "week": _told(program, summed.whole),
        "refusals": purchases.refusals(colleague.partner_id, since),
        "requests": _requests(colleague, clock.start_of_day(today, program.zone)),
        "on": today.isoformat(),
        "currency": program.currency,
        "decimals": program.currency_decimals,
        "main": {"name": currency_name(main), "decimals": main.decimals},
        "days": [_day(one, found.get(one, Sum()), main) for one in week],
        "chart": _chart(week, found, main),
    }


def _requests(colleague: Colleague, since: dt.datetime) -> request_log.Refusals:
    """What the API refused the partner's own systems since an instant; those of test mode provoke what they like."""
    return request_log.refusals([one.id for one in access.clients_of(colleague.partner_id)], since)


def _told(program: programs.Program, one: Sum) -> dict[str, Any]:
    currencies = programs.currencies(program.id)
    points = [
        {
            "name": currency_name(currency),
            "decimals": currency.decimals,
            "issued": one.issued[currency.id],
            "redeemed": one.redeemed[currency.id],
        }
        for currency in currencies
        if one.issued[currency.id] or one.redeemed[currency.id]
    ]
    told = {name: getattr(one, name) for name in ("receipts", "members", "sold_minor", "returns", "refund_minor")}
    return told | {"points": points}


def _day(day: dt.date, one: Sum, main: programs.Currency) -> dict[str, Any]:
    points = {"issued": one.issued[main.id], "redeemed": one.redeemed[main.id]}
    return {"day": day, "receipts": one.receipts, "sold_minor": one.sold_minor, **points}


def _chart(week: list[dt.date], found: Mapping[dt.date, Sum], main: programs.Currency) -> Any:
    columns = [charts.Bar(formats.when(day, "day"), found.get(day, Sum()).issued[main.id]) for day in week]
    line = [found.get(day, Sum()).redeemed[main.id] for day in week]
    if not any(column.value for column in columns) and not any(line):
        return None
    alt = gettext("Points issued a day, and as a line those redeemed; the table below has the figures")
    return charts.bars(columns, alt, line=line, decimals=main.decimals, width=1080)
