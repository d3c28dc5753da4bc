"""Opening a promo account: where its points pay, how much of a receipt, and how long they live. It is never changed."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import partners, programs
from coalition.console import forms
from coalition.console.frame import blueprint, currency_name
from coalition.kernel.db import transact
from coalition.kernel.web.pages import use_zone
from coalition.programs import Currency, Program
from coalition.site.viewer import require_role

EXPIRIES = ("days", "month_end", "year_end", "never")
_TEXTS = ("code", "name_en", "name_ru", "currency", "share", "cap", "expiry", "expiry_n", "priority")
_LISTS = ("partners", "outlets", "groups")
_FIELDS = {"/share_bp": "share", "/cap_points": "cap", "/expiry": "expiry", "/expiry_n": "expiry_n"}
_PRIORITY_MAX = 1_000


@blueprint.get("/programs/<code>/promo-accounts/new")
def new_promo_account(code: str) -> str:
    """The form of a promo account."""
    require_role("admin")
    return _page(code, [], {"share": "100", "priority": "0"}, {name: [] for name in _LISTS})


@blueprint.post("/programs/<code>/promo-accounts/new")
def open_promo_account(code: str) -> Response | tuple[str, int]:
    """Open a promo account."""
    require_role("admin")
    given, lists = forms.answers(*_TEXTS), {name: forms.picked(name) for name in _LISTS}
    errors, currency, values = transact(lambda: _read(programs.by_code(code), given, lists))
    status = 422
    if not errors and currency is not None:
        errors, status = forms.tried(lambda: programs.open_promo_account(currency.id, **values), _FIELDS)
        errors = [forms.error("code", "code_in_use") if one["code"] == "code_in_use" else one for one in errors]
    if errors:
        return _page(code, errors, given, lists), status
    return redirect(url_for("console.program", code=code, done="promo_opened"), code=303)


def _read(
    program: Program, given: dict[str, str], lists: dict[str, list[str]]
) -> tuple[forms.Errors, Currency | None, dict[str, Any]]:
    """What is wrong with the answers, the currency that they name, and what would be opened."""
    currency = next((one for one in programs.currencies(program.id) if one.code == given["currency"]), None)
    decimals = currency.decimals if currency else 0
    errors = [forms.error(name, "required") for name in ("name_en", "name_ru") if not given[name]]
    if not forms.is_code(given["code"]):
        errors.insert(0, forms.error("code", "code"))
    if currency is None:
        errors.append(forms.error("currency", "choose"))
    share, cap = forms.units(given["share"], 2), forms.units(given["cap"], decimals) if given["cap"] else None
    term, priority = (
        forms.whole(given["expiry_n"]) if given["expiry_n"] else None,
        forms.whole(given["priority"] or "0"),
    )
    wrong = {
        "share": share is None,
        "cap": bool(given["cap"]) and cap is None,
        "expiry": given["expiry"] not in ("", *EXPIRIES),
        "expiry_n": bool(given["expiry_n"]) and term is None,
        "priority": priority is None or not 0 <= priority <= _PRIORITY_MAX,
    }
    errors += [forms.error(name, "invalid") for name, bad in wrong.items() if bad]
    values = {"code": given["code"], "name_en": given["name_en"], "name_ru": given["name_ru"], "share_bp": share}
    own_term = given["expiry"] not in ("", "never")
    values |= {"cap_points": cap, "expiry": given["expiry"] or None, "expiry_n": term if own_term else None}
    misplaced, places = _places(program, lists)
    return errors + misplaced, currency, values | {"priority": priority} | places


def _places(program: Program, lists: dict[str, list[str]]) -> tuple[forms.Errors, dict[str, Any]]:
    """The partners, outlets and groups that were ticked. One that is not there is an error: nothing means anywhere."""
    chosen = {one.code: one for one in partners.list_partners(program.id) if one.code in lists["partners"]}
    outlets = _outlets(program.id)
    groups = {one.code for one in partners.groups(program.id)}
    errors = [forms.error("partners", "choose")] if len(chosen) < len(set(lists["partners"])) else []
    picked = [outlets[key] for key in lists["outlets"] if key in outlets]
    owners = {one.id for one in chosen.values()}
    if len(picked) < len(lists["outlets"]):
        errors.append(forms.error("outlets", "choose"))
    elif owners and any(one.partner_id not in owners for one in picked):
        errors.append(forms.error("outlets", "other_partners_outlet"))
    if not set(lists["groups"]) <= groups:
        errors.append(forms.error("groups", "choose"))
    found = {"partner_ids": sorted(owners), "outlet_ids": [one.id for one in picked]}
    return errors, {**found, "product_groups": lists["groups"]}


def _outlets(program_id: int) -> dict[str, partners.Outlet]:
    """Every outlet of a program, by the value that the form sends."""
    return {
        f"{partner.code}/{one.code}": one
        for partner in partners.list_partners(program_id)
        for one in partners.list_outlets(partner.id)
    }


def _page(code: str, errors: forms.Errors, given: dict[str, str], lists: dict[str, list[str]]) -> str:
    def work() -> dict[str, Any]:
        program = programs.by_code(code)
        use_zone(program.zone)
        known = partners.list_partners(program.id)
        names = {one.id: one.name for one in known}
        return {
            "program": program,
            "currencies": [
                (one.code, f"{currency_name(one).capitalize()} ({one.code})")
                for one in programs.currencies(program.id)
                if one.spendable
            ],
            "partners": [(one.code, one.name) for one in known],
            "outlets": [
                (key, f"{names.get(one.partner_id, '')}: {one.name}, {one.city}")
                for key, one in _outlets(program.id).items()
            ],
            "groups": partners.groups(program.id),
        }

    more = {"errors": errors, "answers": given, "lists": lists, "expiries": EXPIRIES}
    return render_template("console/promo_account.html", nav="programs", **transact(work), **more)
