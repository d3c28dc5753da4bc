"""Programs: their life cycle, their currencies and promo accounts, rates, and the safe halt.

Support may look; only an administrator changes anything, always with a reason, and every change stands in the trail.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import access, members, partners, programs
from coalition.console import forms
from coalition.console.frame import blueprint, currency_name
from coalition.console.search_page import meant
from coalition.kernel import audit, clock
from coalition.kernel.audit import Trace
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import language, use_zone
from coalition.programs import Program
from coalition.site.viewer import require_role

STATES = ("draft", "pilot", "live", "sunset", "ended")
_CHANGES_SHOWN = 20
# What else is done in a program (campaigns, reports, coupons ...) is told on the pages of that.
_OWN = ("program.launch", "program.move", "program.change", "program.halted", "program.resumed", "program.add_pilots")
_DECIDED = (*_OWN, "rate.set", "tiers.set")
_PILOTS_MAX = 200
_DEEDS = {"halt": "halted", "resume": "resumed"}


@blueprint.get("/programs")
def program_list() -> str:
    """Every program."""
    return render_template("console/programs.html", nav="programs", **transact(listed))


@blueprint.get("/programs/<code>")
def program(code: str) -> str:
    """One program with all that is decided about it."""
    return _page(code, [], {})


@blueprint.post("/programs/<code>/move")
def move_program(code: str) -> Response | tuple[str, int]:
    """Lead a program into its next state."""
    require_role("admin")
    given = forms.answers("state", "ends_on", "reason")
    errors = [] if given["reason"] else [forms.error("move-reason", "say_why")]
    ends_on = _day(given["ends_on"]) if given["state"] == "sunset" else None
    if given["state"] == "sunset" and ends_on is None:
        errors.insert(0, forms.error("ends_on", "day"))
    if given["state"] not in STATES:
        errors.append(forms.error("", "choose"))
    if errors:
        return _page(code, errors, given), 422
    state: Any = given["state"]
    try:
        transact(lambda: programs.move(programs.by_code(code).id, state, ends_on=ends_on, reason=given["reason"]))
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(code, forms.refused(refusal, {"/ends_on": "ends_on"}), given), refusal.status
    return redirect(url_for("console.program", code=code, done="program_moved"), code=303)


@blueprint.post("/programs/<code>/<any(halt, resume):deed>")
def halt_program(code: str, deed: str) -> Response | tuple[str, int]:
    """Stop members from spending, or let them spend again."""
    require_role("admin")
    given = forms.answers("halt_reason")
    if not given["halt_reason"]:
        return _page(code, [forms.error("halt_reason", "say_why")], given), 422

    def work() -> None:
        number = programs.by_code(code).id
        if deed == "halt":
            programs.halt(number, given["halt_reason"])
        else:
            programs.resume(number, given["halt_reason"])

    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(code, forms.refused(refusal, {"/reason": "halt_reason"}), given), refusal.status
    return redirect(url_for("console.program", code=code, done=_DEEDS[deed]), code=303)


@blueprint.post("/programs/<code>/rates")
def set_rate(code: str) -> Response | tuple[str, int]:
    """Keep a rate from a day on."""
    require_role("admin")
    given = forms.answers("from_currency", "to_currency", "rate", "since")
    since, rate = _day(given["since"]), _decimal(given["rate"])
    errors = [forms.error("since", "day")] if since is None else []
    if rate is None:
        errors.insert(0, forms.error("rate", "invalid"))
    if errors or since is None or rate is None:
        return _page(code, errors, given), 422

    def work() -> None:
        known = {one.code: one for one in programs.currencies(programs.by_code(code).id)}
        source, target = known.get(given["from_currency"]), known.get(given["to_currency"])
        if source is None or target is None:
            raise NotFound()
        programs.set_rate(source.id, target.id, _of_minor(rate, source, target), since=since)

    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        fields = {"/to_currency": "to_currency", "/rate": "rate"}
        return _page(code, forms.refused(refusal, fields), given), refusal.status
    return redirect(url_for("console.program", code=code, done="rate_set"), code=303)


@blueprint.post("/programs/<code>/pilots")
def add_pilots(code: str) -> Response | tuple[str, int]:
    """Let members take part in the pilot: one a line, by their number or anything that they present."""
    require_role("admin")
    given = forms.answers("pilots")
    lines = list(dict.fromkeys(line.strip() for line in given["pilots"].splitlines() if line.strip()))[:_PILOTS_MAX]

    def read() -> tuple[Program, dict[str, list[int]]]:
        found = programs.by_code(code)
        return found, {line: meant(found.id, line) for line in lines}

    found, people = transact(read)
    unknown = [line for line, numbers in people.items() if len(numbers) != 1]
    if unknown or not lines:
        told = forms.error("pilots", "members_unknown" if unknown else "required") | {"lines": ", ".join(unknown[:10])}
        return _page(code, [told], given), 422
    transact(lambda: programs.add_pilots(found.id, [numbers[0] for numbers in people.values()]))
    return redirect(url_for("console.program", code=code, done="pilots_added"), code=303)


def listed() -> dict[str, Any]:
    """Every program with the codes of its currencies."""
    rows = [
        {"program": one, "currencies": [currency.code for currency in programs.currencies(one.id)]}
        for one in programs.list_programs()
    ]
    return {"rows": rows}


def _page(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = programs.by_code(code)
        use_zone(found.zone)
        currencies = {one.id: one for one in programs.currencies(found.id)}
        return {
            "program": found,
            "states": STATES,
            "following": programs.following(found),
            "currencies": [{"currency": one, "name": currency_name(one)} for one in currencies.values()],
            "main": programs.main_currency(found.id) if currencies else None,
            "promo_accounts": [_promo(one, currencies) for one in programs.promo_accounts(found.id)],
            "tiers": members.ladder(found.id).tiers,
            "plans": [one for one in members.plans(found.id) if one.is_open],
            "rates": [_rate(one, currencies) for one in programs.rates(found.id)],
            "changes": _changes(found),
            "today": clock.local_date(clock.now(), found.zone),
        }

    return render_template("console/program.html", nav="programs", errors=errors, answers=given, **transact(work))


def _promo(one: programs.PromoAccount, currencies: dict[int, programs.Currency]) -> dict[str, Any]:
    names = {partner.id: partner.name for partner in partners.list_partners(one.program_id)}
    return {
        "account": one,
        "name": one.name_ru if language() == "ru" else one.name_en,
        "currency": currencies[one.currency_id],
        "partners": [names.get(number, f"#{number}") for number in one.partner_ids],
    }


def _rate(one: programs.Rate, currencies: dict[int, programs.Currency]) -> dict[str, Any]:
    source, target = currencies[one.from_currency_id], currencies[one.to_currency_id]
    rate = one.rate.scaleb(source.decimals - target.decimals)
    return {"source": source, "target": target, "rate": rate.normalize(), "since": one.valid_from, "to": one.valid_to}


def _of_minor(rate: Decimal, source: programs.Currency, target: programs.Currency) -> Decimal:
    """The rate between minor units, from the one between whole points."""
    return rate.scaleb(target.decimals - source.decimals)


def _changes(found: Program) -> list[dict[str, Any]]:
    traces = audit.trail(f"program:{found.id}", None, _CHANGES_SHOWN, only=_DECIDED)
    subjects = [f"currency:{one.id}" for one in programs.currencies(found.id)]
    subjects += [f"promo_account:{one.id}" for one in programs.promo_accounts(found.id)]
    subjects += [f"plan:{one.id}" for one in members.plans(found.id)]
    for subject in subjects:
        traces += audit.trail(subject, None, _CHANGES_SHOWN)
    traces.sort(key=lambda one: one.id, reverse=True)
    shown = traces[:_CHANGES_SHOWN]
    names = access.names(one.actor for one in shown)
    return [_change(one, names) for one in shown]


def _change(one: Trace, names: dict[str, str]) -> dict[str, Any]:
    details = dict(one.details)
    was: Any = details.get("was")
    now: Any = details.get("now")
    both = isinstance(was, dict) and isinstance(now, dict)
    fields = [{"name": name, "was": was.get(name), "now": now[name]} for name in now] if both else []
    states = None if fields or not isinstance(now, str) else {"was": was, "now": now}
    actor = names.get(one.actor, one.actor)
    told = {"fields": fields, "states": states, "reason": details.get("reason"), "code": details.get("code")}
    return {"at": one.at, "actor": actor, "action": one.action, **told}


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", ".").replace(" ", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 12 else None
