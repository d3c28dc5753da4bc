"""Launching a program: its name, its money, its zone, and the operator with the company through which it settles.

It begins as a draft; currencies, partners and promotions follow on their pages, and then it is led on.
"""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import redirect, render_template, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from coalition import partners, programs
from coalition.console import forms
from coalition.console.administration import blueprint

_TEXTS = ("code", "name", "zone", "currency", "decimals", "operator", "company", "country", "tax_id")
_DECIMALS_MAX = 3
_RESERVED = ("new",)


@blueprint.get("/programs/new")
def new_program() -> str:
    """The form of a program."""
    return _form([], {"decimals": "2"})


@blueprint.post("/programs/new")
def launch_program() -> Response | tuple[str, int]:
    """Launch a program as a draft, with its operator."""
    given = forms.answers(*_TEXTS)
    errors, status = _wrong(given), 422
    if not errors:
        try:
            errors, status = forms.tried(lambda: _launch(given), {})
        except IntegrityError:
            errors, status = [forms.error("code", "code_in_use")], 409
    if errors:
        return _form(errors, given), status
    return redirect(url_for("console.program", code=given["code"], done="program_launched"), code=303)


def _launch(given: dict[str, str]) -> None:
    places = forms.whole(given["decimals"]) or 0
    money = {"currency": given["currency"].upper(), "currency_decimals": places}
    made = programs.launch(given["code"], given["name"], zone=given["zone"], **money)  # type: ignore[arg-type]
    operator = partners.join(made.id, given["operator"], given["name"], kind="operator")
    facts = {"country": given["country"].upper(), "tax_id": given["tax_id"]}
    partners.add_entity(operator.id, given["operator"].upper(), given["company"], **facts)


def _wrong(given: dict[str, str]) -> forms.Errors:
    places = forms.whole(given["decimals"])
    money, country = given["currency"], given["country"]
    wrong = {
        "code": None if forms.is_code(given["code"]) and given["code"] not in _RESERVED else "code",
        "name": None if given["name"] else "required",
        "zone": None if given["zone"] in available_timezones() else "choose",
        "currency": None if len(money) == 3 and money.isascii() and money.isalpha() else "invalid",
        "decimals": None if places is not None and 0 <= places <= _DECIMALS_MAX else "invalid",
        "operator": None if forms.is_code(given["operator"]) else "code",
        "company": None if given["company"] else "required",
        "country": None if len(country) == 2 and country.isascii() and country.isalpha() else "country",
        "tax_id": None if given["tax_id"] else "required",
    }
    return [forms.error(name, why) for name, why in wrong.items() if why]


def _form(errors: forms.Errors, given: dict[str, str]) -> str:
    zones = sorted(available_timezones())
    return render_template("console/program_new.html", nav="programs", errors=errors, answers=given, zones=zones)
