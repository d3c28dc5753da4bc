"""What reports rest on: how much of the points is expected to be redeemed, and how the operator keeps its books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import access, partners, programs
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, NotFound, Refusal
from coalition.kernel.web.pages import use_zone
from settlement import reports
from settlement.console.report_pages import blueprint, first_program
from settlement.console.report_words import word


@blueprint.get("/settings", endpoint="settings")
def settings() -> str:
    """The estimates of a program and its policy."""
    return _settings([], {})


@blueprint.post("/settings/estimate")
def estimate() -> BaseResponse | tuple[str, int]:
    """Estimate how much is redeemed, from a day on."""
    form = request.form

    def work() -> None:
        program = programs.by_code(form.get("program", ""))
        currency = programs.currency(program.id, form.get("currency") or programs.main_currency(program.id).code)
        entities = {one.code: one.id for one in partners.entities(program.id)}
        entity = entities.get(form.get("entity", ""))
        share, starts_on = _share(form.get("share", "")), _day(form.get("starts_on", ""))
        note = form.get("note", "")
        reports.expect(program.id, currency.id, entity, share, starts_on=starts_on, note=note)

    return _settled(work)


@blueprint.post("/settings/policy")
def policy() -> BaseResponse | tuple[str, int]:
    """Let another policy hold."""
    form = request.form
    accounts = {use: form.get(f"account_{use}", "").strip() or number for use, number in reports.ACCOUNTS.items()}

    def work() -> None:
        program = programs.by_code(form.get("program", ""))
        life = form.get("life_months", "")
        months = int(life) if life.isascii() and life.isdigit() else 0
        reports.adopt(program.id, form.get("role", ""), form.get("service", ""), months, accounts)

    return _settled(work)


def _settled(work: Callable[[], None]) -> BaseResponse | tuple[str, int]:
    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        errors = [
            {"field": one.pointer[1:].replace("/", "_"), "code": one.code, "text": one.detail} for one in refusal.errors
        ]
        errors = errors or [{"field": "", "code": refusal.code, "text": refusal.detail}]
        return _settings(errors, dict(request.form)), refusal.status
    return redirect(url_for("reports.settings", program=request.form.get("program")), code=303)


def _settings(errors: list[dict[str, Any]], answers: dict[str, Any]) -> str:
    context = transact(listed)
    return render_template(
        "settlement/reports/settings.html", nav="settlement", errors=errors, answers=answers, **context
    )


def listed() -> dict[str, Any]:
    """The chosen program's estimates and policy, and what the forms offer."""
    program = programs.by_code(request.values.get("program") or first_program())
    use_zone(program.zone)
    policy = reports.policy(program.id)
    currencies = programs.currencies(program.id)
    entities = partners.entities(program.id)
    return {
        "program": {"code": program.code, "name": program.name},
        "programs": [(one.code, one.name) for one in programs.list_programs()],
        "currencies": [(one.code, one.code) for one in currencies],
        "entities": [(one.code, one.name) for one in entities],
        "estimates": _estimates(program, {one.id: one.code for one in currencies}, {e.id: e.name for e in entities}),
        "policy": policy,
        "accounts": [(use, word(use), number) for use, number in policy.accounts.items()],
        "roles": [(one, word(one)) for one in reports.ROLES],
        "services": [(one, word(one)) for one in reports.SERVICES],
    }


def _estimates(program: programs.Program, codes: dict[int, str], names: dict[int, str]) -> list[dict[str, Any]]:
    found = reports.estimates(program.id)
    people = access.names({one.set_by for one in found})
    return [
        {
            "starts_on": one.starts_on,
            "currency": codes.get(one.currency_id, ""),
            "company": names.get(one.legal_entity_id or 0),
            "share": one.expectation * 100,
            "note": one.note,
            "set_by": people.get(one.set_by, one.set_by),
            "set_at": one.set_at,
        }
        for one in found
    ]


def _share(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ".")) / 100
    except InvalidOperation:
        raise Invalid("invalid", "No share.", [FieldError("/share", "percent", "Enter a percentage.")]) from None


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Invalid("invalid", "No day.", [FieldError("/starts_on", "day", "Enter a day.")]) from None
