"""What leads to a close and follows it: accepting what is not ready, sending, opening again, rates of exchange."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import programs
from coalition.console import forms
from coalition.kernel import audit, clock
from coalition.kernel.db import transact
from coalition.site.viewer import require_role
from settlement import accruals, statements
from settlement.console import pages

blueprint = Blueprint("closing", "settlement", template_folder="templates", url_prefix="/console/settlement")
_RATE_FIELDS = {"/base": "base", "/quote": "quote", "/rate": "rate", "/source": "source", "/at": "on"}


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.post("/<program>/<period>/accept")
def accept(program: str, period: str) -> Response | tuple[str, int]:
    """Accept what one point of the checklist counts, with a reason."""
    given = forms.answers("check", "reason")
    if not given["reason"]:
        return pages.shown(program, period, errors=[forms.error("reason", "say_why")]), 422

    def work() -> object:
        found = programs.by_code(program)
        return statements.accept(found.id, period, given["check"], given["reason"])

    return _done(program, period, work, "close")


@blueprint.post("/<program>/<period>/send")
def send(program: str, period: str) -> Response | tuple[str, int]:
    """Let every company have its statement; from then on the period has no other version."""

    def work() -> None:
        found = accruals.find_period(programs.by_code(program).id, period)
        for statement in statements.of_period(found):
            if statement.state == "draft":
                statements.send(statement.id, audit.origin().actor)

    return _done(program, period, work, "after")


@blueprint.post("/<program>/<period>/reopen")
def reopen(program: str, period: str) -> Response | tuple[str, int]:
    """Ask for the period to be opened again; a second person's approval does it."""
    given = forms.answers("reason")
    if not given["reason"]:
        return pages.shown(program, period, errors=[forms.error("reason", "say_why")]), 422
    work = lambda: statements.reopen(programs.by_code(program).id, period, given["reason"])  # noqa: E731
    return _done(program, period, work, "after")


@blueprint.get("/rates")
def rates() -> str:
    """The rates of exchange, and the form of a new one."""
    return _rates([], {})


@blueprint.post("/rates")
def enter_rate() -> Response | tuple[str, int]:
    """Enter a rate; it is never changed, only followed by a later one."""
    given = forms.answers("base", "quote", "rate", "source", "on")
    try:
        rate = Decimal(given["rate"].replace(",", "."))
    except InvalidOperation:
        return _rates([forms.error("rate", "invalid")], given), 422
    errors, at = _moment(given["on"])
    if not errors:
        pair = (given["base"].upper(), given["quote"].upper())
        errors, status = forms.tried(lambda: statements.enter_rate(*pair, rate, given["source"], at), _RATE_FIELDS)
        if not errors:
            return redirect(url_for("closing.rates"), code=303)
        return _rates(errors, given), status
    return _rates(errors, given), 422


def _moment(day: str) -> tuple[forms.Errors, dt.datetime | None]:
    """The end of a day in UTC, or now if that is still to come; None where no day was given."""
    if not day:
        return [], None
    try:
        end = clock.end_of_last_day(dt.date.fromisoformat(day), "UTC")
    except ValueError:
        return [forms.error("on", "day")], None
    return [], min(end, clock.now()) if end.date() <= clock.now().date() + dt.timedelta(days=1) else end


def _rates(errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        first = programs.list_programs()
        answers = {"base": first[0].currency if first else "", **given}
        return {"rates": statements.rates(), "answers": answers}

    return render_template("settlement/rates.html", nav="settlement", errors=errors, **transact(work))


def _done(program: str, period: str, work: Any, anchor: str) -> Response | tuple[str, int]:
    errors, status = forms.tried(work, {"/reason": "reason"})
    if errors:
        return pages.shown(program, period, errors=errors), status
    return redirect(url_for("settlement.period", program=program, period=period, _anchor=anchor), code=303)
