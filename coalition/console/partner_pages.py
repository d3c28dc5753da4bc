"""Partners, as administrators keep them: who takes part in a program, with companies, outlets and people.

Their clients have pages of their own (`partner_client_pages`). Whatever is changed stands in the trail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask import redirect, render_template, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from coalition import access, partners
from coalition.access import SCOPES
from coalition.console import forms
from coalition.console.administration import blueprint
from coalition.console.frame import choices, chosen_program
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.partners import Partner

KINDS = ("retail", "fuel", "bank", "airline", "supplier", "charity", "other", "operator")
_TEXT_MAX = 200
Answer = Response | tuple[str, int]


@blueprint.get("/partners")
def partner_list() -> str:
    """The partners of a program."""
    return render_template("console/partners.html", nav="programs", **transact(listed))


@blueprint.get("/partners/new")
def new_partner() -> str:
    """The form of a partner."""
    return _form([], {})


@blueprint.post("/partners/new")
def join_partner() -> Answer:
    """Let a partner into the program, with the company through which it settles."""
    given = forms.answers("code", "name", "kind", "entity_code", "entity_name", "country", "tax_id")
    errors = [] if forms.is_code(given["code"]) else [forms.error("code", "code")]
    errors += [] if given["kind"] in KINDS else [forms.error("kind", "choose")]
    errors += _named(given["name"], "name") + _company(given)

    def work() -> None:
        made = partners.join(chosen_program().id, given["code"], given["name"], kind=given["kind"])
        _add_company(made.id, given)

    errors, status = _tried(errors, work, "code")
    return (_form(errors, given), status) if errors else _done(given["code"], "partner_joined")


@blueprint.get("/partners/<code>")
def partner(code: str) -> str:
    """One partner with all that belongs to it."""
    return page(code, [], {})


@blueprint.post("/partners/<code>/name")
def rename_partner(code: str) -> Answer:
    """Call a partner something else from now on."""
    given = forms.answers("name")
    work = lambda: partners.rename(_partner(code).id, given["name"])  # noqa: E731
    return _deed(code, _named(given["name"], "name"), work, given, "partner_changed")


@blueprint.post("/partners/<code>/entities")
def add_partner_entity(code: str) -> Answer:
    """Give a partner another company."""
    given = forms.answers("entity_code", "entity_name", "country", "tax_id")
    work = lambda: _add_company(_partner(code).id, given)  # noqa: E731
    return _deed(code, _company(given), work, given, "entity_added", "entity_code")


@blueprint.post("/partners/<code>/outlets")
def open_partner_outlet(code: str) -> Answer:
    """Open an outlet, at which one of the partner's companies sells."""
    given = forms.answers("outlet_code", "outlet_name", "city", "zone", "entity")
    errors = [] if _is_code(given["outlet_code"]) else [forms.error("outlet_code", "code")]
    errors += _named(given["outlet_name"], "outlet_name")
    errors += [] if given["zone"] in available_timezones() else [forms.error("zone", "choose")]

    def work() -> None:
        owner = _partner(code)
        companies = {one.code: one.id for one in partners.entities_of(owner.id)}
        place = {"city": given["city"], "zone": ZoneInfo(given["zone"]).key}
        entity = companies[given["entity"]]
        partners.open_outlet(owner.id, entity, given["outlet_code"], given["outlet_name"], **place)

    known = transact(lambda: {one.code for one in partners.entities_of(_partner(code).id)})
    errors += [] if given["entity"] in known else [forms.error("entity", "choose")]
    return _deed(code, errors, work, given, "outlet_opened", "outlet_code")


def listed() -> dict[str, Any]:
    """The partners of the chosen program, each with its companies and the number of its outlets."""
    program = chosen_program()
    outlets, clients = partners.outlet_counts(program.id), access.client_counts(program.id)
    entities = defaultdict(list)
    for entity in partners.entities(program.id):
        entities[entity.partner_id].append(entity.code)
    suspended = access.suspended_partners()
    rows = [
        {
            "partner": one,
            "suspended": one.id in suspended,
            "entities": entities[one.id],
            "outlets": outlets[one.id],
            "clients": clients[one.id],
        }
        for one in partners.list_partners(program.id)
    ]
    return {**choices(program), "rows": rows}


def _partner(code: str) -> Partner:
    return partners.by_code(chosen_program().id, code)


def _is_code(text: str) -> bool:
    return forms.is_code(text.lower())


def _named(text: str, field: str) -> forms.Errors:
    if not text:
        return [forms.error(field, "required")]
    return [forms.error(field, "too_long")] if len(text) > _TEXT_MAX else []


def particulars(given: dict[str, str]) -> forms.Errors:
    """What is wrong with the name, the tax number and the country of a company."""
    country = given["country"]
    errors = _named(given["entity_name"], "entity_name") + _named(given["tax_id"], "tax_id")
    known = len(country) == 2 and country.isascii() and country.isalpha()
    return errors + ([] if known else [forms.error("country", "country")])


def _company(given: dict[str, str]) -> forms.Errors:
    errors = [] if _is_code(given["entity_code"]) else [forms.error("entity_code", "code")]
    return errors + particulars(given)


def _add_company(partner_id: int, given: dict[str, str]) -> None:
    facts = {"country": given["country"].upper(), "tax_id": given["tax_id"]}
    partners.add_entity(partner_id, given["entity_code"], given["entity_name"], **facts)


def _tried(errors: forms.Errors, work: Callable[[], object], code_field: str) -> tuple[forms.Errors, int]:
    """Do it if nothing is wrong; a code that is taken is told beside its field."""
    if errors:
        return errors, 422
    try:
        return forms.tried(work, {"/email": code_field, "/roles": code_field})
    except IntegrityError:
        return [forms.error(code_field, "code_in_use")], 409


def _deed(
    code: str, errors: forms.Errors, work: Callable[[], object], given: dict[str, str], done: str, field: str = "name"
) -> Answer:
    transact(lambda: _partner(code))
    errors, status = _tried(errors, work, field)
    return (page(code, errors, given), status) if errors else _done(code, done)


def _done(code: str, done: str) -> Response:
    program = transact(chosen_program)
    return redirect(url_for("administration.partner", code=code, program=program.code, done=done), code=303)


def _form(errors: forms.Errors, given: dict[str, str]) -> str:
    context = transact(lambda: choices(chosen_program()))
    return render_template(
        "console/partner_new.html", nav="programs", errors=errors, answers=given, kinds=KINDS, **context
    )


def page(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    """A partner with all that belongs to it, and what was wrong with the form that `given` was typed into."""

    def work() -> dict[str, Any]:
        program = chosen_program()
        found = partners.by_code(program.id, code)
        invited = access.invitations(f"partner:{found.id}")
        return {
            **choices(program),
            "partner": found,
            "suspension": access.suspension(found.id),
            "entities": partners.entities_of(found.id),
            "outlets": partners.list_outlets(found.id),
            "clients": access.clients_of(found.id),
            "people": [(ids.public("usr", one.id), one) for one in access.people_of(f"partner:{found.id}").items],
            "invitations": [one for one in invited.items if one.state == "waiting"],
        }

    more = {
        "errors": errors,
        "answers": given,
        "scopes": SCOPES,
        "zones": sorted(available_timezones()),
        "key": forms.new_key(),
    }
    return render_template("console/partner.html", nav="programs", **transact(work), **more)
