"""The policies of a program and of its currencies, as forms. What is saved holds for what comes, not for what was.

Only an administrator may save; every change stands in the audit trail with the old and the new value. A form carries
the hash of what it showed: when somebody else has changed that meanwhile, nothing is saved over it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import partners, programs
from coalition.console import forms
from coalition.console.currency_pages import worth
from coalition.console.frame import blueprint, currency_name
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.money import format_minor
from coalition.kernel.web.pages import language, use_zone
from coalition.programs import Currency, Program
from coalition.site.viewer import require_role

_WRONG = object()
_PROGRAM_TEXTS = ("name", "proof_policy", "return_policy")
_PROGRAM_NUMBERS = ("restore_grace_days", "family_max")
_CURRENCY_TEXTS = ("name_en", "name_ru", "kind", "expiry", "attribution")
_CURRENCY_UNITS = ("debt_floor", "spend_min", "spend_step")
_FLAGS = ("spendable", "transferable")
_REST = (
    "face",
    "accept_late_days",
    "adjustment_limit",
    "confirm_from_minor",
    "expiry_n",
    "activation_days",
    "spend_day_max",
)
_CURRENCY_REST = ("face", "expiry_n", "activation_days", "spend_share", "spend_day_max")
_PLAIN = (*_PROGRAM_TEXTS, *_PROGRAM_NUMBERS, *_CURRENCY_TEXTS, *_CURRENCY_UNITS, *_FLAGS, *_REST)


@blueprint.get("/programs/<code>/policies")
def policies(code: str) -> str:
    """The form of a program's policies."""
    require_role("admin")
    return _program_page(code, [], None)


@blueprint.post("/programs/<code>/policies")
def save_policies(code: str) -> Response | tuple[str, int]:
    """Save a program's policies."""
    require_role("admin")
    names = (*_PROGRAM_TEXTS, *_PROGRAM_NUMBERS, "accept_late_days", "adjustment_limit", "confirm_from_minor")
    given = forms.answers(*names)

    def work(found: Program) -> forms.Errors:
        forms.demand_unchanged(_program_now(found))
        decimals = programs.main_currency(found.id).decimals
        values: dict[str, Any] = {name: given[name] for name in _PROGRAM_TEXTS}
        values |= {name: _number(given[name]) for name in _PROGRAM_NUMBERS}
        values["accept_late_days"] = _number(given["accept_late_days"], optional=True)
        values["adjustment_limit"] = _number(given["adjustment_limit"], decimals)
        values["confirm_from_minor"] = _number(given["confirm_from_minor"], found.currency_decimals)
        return _save(values, lambda: programs.change(found.id, **values))

    errors, status = _tried(code, work)
    if errors:
        return _program_page(code, errors, given), status
    return redirect(url_for("console.program", code=code, done="policies_saved"), code=303)


@blueprint.get("/programs/<code>/currencies/<currency>")
def currency(code: str, currency: str) -> str:
    """The form of a currency's policies."""
    require_role("admin")
    return _currency_page(code, currency, [], None)


@blueprint.post("/programs/<code>/currencies/<currency>")
def save_currency(code: str, currency: str) -> Response | tuple[str, int]:
    """Save a currency's policies."""
    require_role("admin")
    groups = [f"group-{one.code}" for one in transact(lambda: partners.groups(programs.by_code(code).id))]
    given = forms.answers(*_CURRENCY_TEXTS, *_CURRENCY_UNITS, *_FLAGS, *_CURRENCY_REST, *groups)

    def work(found: Program) -> forms.Errors:
        of = _currency_of(found, currency)
        forms.demand_unchanged(_currency_now(found, of))
        values: dict[str, Any] = {name: given[name] for name in _CURRENCY_TEXTS}
        values |= {name: given[name] == "yes" for name in _FLAGS}
        values |= {name: _number(given[name], of.decimals) for name in _CURRENCY_UNITS}
        values["expiry_n"] = None if given["expiry"] == "never" else _number(given["expiry_n"])
        values["activation_days"] = _number(given["activation_days"])
        values["spend_share_bp"] = _number(given["spend_share"], 2)
        values["spend_day_max"] = _number(given["spend_day_max"], of.decimals, optional=True)
        values["face_minor"] = worth(given["face"], found, of.decimals) or _WRONG
        shares = {name: _number(given[name], 2, optional=True) for name in groups}
        known = {name.removeprefix("group-"): share for name, share in shares.items()}
        kept = {group: share for group, share in of.spend_group_bp.items() if group not in known}
        values["spend_group_bp"] = {**kept, **{group: share for group, share in known.items() if share is not None}}
        wrong = [forms.error(name, "percent") for name, share in shares.items() if not _is_share(share)]
        return wrong or _save(values, lambda: programs.change_currency(of.id, **values))

    errors, status = _tried(code, work)
    if errors:
        return _currency_page(code, currency, errors, given), status
    return redirect(url_for("console.program", code=code, done="policies_saved"), code=303)


def _tried(code: str, work: Callable[[Program], forms.Errors]) -> tuple[forms.Errors, int]:
    try:
        return transact(lambda: work(locked(code))), 422
    except NotFound:
        raise
    except Refusal as refusal:
        fields = {f"/{name}": name for name in _PLAIN}
        fields |= {"/spend_share_bp": "spend_share", "/face_minor": "face"}
        found = [one | {"code": "invalid" if one["field"] else one["code"]} for one in forms.refused(refusal, fields)]
        return found, refusal.status


def _save(values: Mapping[str, Any], change: Callable[[], object]) -> forms.Errors:
    """Change what is sound as far as a form can tell; else what is wrong, and nothing is changed."""
    fields = {"spend_share_bp": "spend_share", "face_minor": "face"}
    wrong = [forms.error(fields.get(name, name), "invalid") for name, value in values.items() if value is _WRONG]
    if not wrong:
        change()
    return wrong


def _number(text: str, decimals: int = 0, *, optional: bool = False) -> Any:
    """What was typed as a whole number of minor units; None for nothing where that is allowed; _WRONG for the rest."""
    if optional and not text:
        return None
    found = forms.units(text, decimals)
    return _WRONG if found is None or found < 0 else found


def _worth(currency: Currency, program: Program) -> str:
    """What one point is worth in whole money, as people write it."""
    return f"{currency.face_minor.scaleb(currency.decimals - program.currency_decimals).normalize():f}"


def _is_share(share: Any) -> bool:
    return share is None or (share is not _WRONG and 0 <= share <= 10_000)


def _currency_of(program: Program, code: str) -> Currency:
    for one in programs.currencies(program.id):
        if one.code == code:
            return one
    raise NotFound()


def _program_page(code: str, errors: forms.Errors, given: dict[str, str] | None) -> str:
    def work() -> dict[str, Any]:
        found = programs.by_code(code)
        use_zone(found.zone)
        return {"program": found, "main": programs.main_currency(found.id), **forms.shown(_program_now(found), given)}

    return render_template("console/policies.html", nav="programs", errors=errors, **transact(work))


def _currency_page(code: str, currency_code: str, errors: forms.Errors, given: dict[str, str] | None) -> str:
    def work() -> dict[str, Any]:
        found = programs.by_code(code)
        use_zone(found.zone)
        of = _currency_of(found, currency_code)
        groups = partners.groups(found.id)
        names = [(one.code, one.name_ru if language() == "ru" else one.name_en) for one in groups]
        shown = {"currency": of, "currency_name": currency_name(of), "groups": names}
        return {"program": found, **shown, **forms.shown(_currency_now(found, of), given)}

    return render_template("console/currency.html", nav="programs", errors=errors, **transact(work))


def _program_now(found: Program) -> dict[str, str]:
    """A program's policies as answers of its form."""
    now = {name: _text(getattr(found, name)) for name in (*_PROGRAM_TEXTS, *_PROGRAM_NUMBERS, "accept_late_days")}
    now["adjustment_limit"] = format_minor(found.adjustment_limit, programs.main_currency(found.id).decimals)
    now["confirm_from_minor"] = format_minor(found.confirm_from_minor, found.currency_decimals)
    return now


def _currency_now(found: Program, of: Currency) -> dict[str, str]:
    """A currency's policies as answers of its form."""
    now = {name: _text(getattr(of, name)) for name in (*_CURRENCY_TEXTS, "expiry_n", "activation_days")}
    now |= {name: format_minor(getattr(of, name), of.decimals) for name in _CURRENCY_UNITS}
    now |= {name: "yes" if getattr(of, name) else "" for name in _FLAGS}
    now["spend_share"] = format_minor(of.spend_share_bp, 2)
    now["spend_day_max"] = "" if of.spend_day_max is None else format_minor(of.spend_day_max, of.decimals)
    now["face"] = _worth(of, found)
    shares = {one.code: of.spend_group_bp.get(one.code) for one in partners.groups(found.id)}
    return now | {f"group-{group}": "" if bp is None else format_minor(bp, 2) for group, bp in shares.items()}


def locked(code: str) -> Program:
    """The program as it is, which nobody else changes until this transaction ends. Raises NotFound."""
    number = programs.by_code(code).id
    programs.touch(number)
    return programs.policies(number, fresh=True).program


def _text(value: Any) -> str:
    return "" if value is None else str(value)
