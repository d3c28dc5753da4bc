"""What a partner is to the program, as administrators change it: its companies' particulars, and its suspension."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import access, partners
from coalition.console import forms, partner_pages
from coalition.console.administration import blueprint
from coalition.console.frame import choices, chosen_program
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.partners import LegalEntity, Partner, webhooks

Answer = Response | tuple[str, int]


@blueprint.get("/partners/<code>/entities/<entity>")
def company(code: str, entity: str) -> str:
    """The form of a company's particulars."""
    found = transact(lambda: _company(code, entity))
    return _form(code, found, [], {"entity_name": found.name, "country": found.country, "tax_id": found.tax_id})


@blueprint.post("/partners/<code>/entities/<entity>")
def amend_company(code: str, entity: str) -> Answer:
    """Write a company's particulars anew; what settlement has printed stays as it was."""
    found = transact(lambda: _company(code, entity))
    given = forms.answers("entity_name", "country", "tax_id")
    errors, status = partner_pages.particulars(given), 422
    if not errors:
        facts = {"name": given["entity_name"], "country": given["country"].upper(), "tax_id": given["tax_id"]}
        errors, status = forms.tried(lambda: partners.amend_entity(found.id, **facts), {})
    return (_form(code, found, errors, given), status) if errors else _done(code, "entity_changed")


@blueprint.post("/partners/<code>/suspend")
def suspend_partner(code: str) -> Answer:
    """Refuse the partner's clients from now on. The operator's are never refused: nobody could go on."""
    given = forms.answers("reason")

    def work() -> None:
        found = _partner(code)
        if found.kind == "operator":
            raise NotFound()
        access.suspend_partner(found.id, given["reason"])

    return _deed(code, work, given, "partner_suspended")


@blueprint.post("/partners/<code>/resume")
def resume_partner(code: str) -> Answer:
    """Let the partner's clients call again, and send its endpoints what has waited."""

    def work() -> None:
        found = _partner(code)
        access.resume_partner(found.id)
        webhooks.resume(found.id)

    return _deed(code, work, {}, "partner_resumed")


def _partner(code: str) -> Partner:
    return partners.by_code(chosen_program().id, code)


def _company(code: str, entity: str) -> LegalEntity:
    """The company of this code, if it is the partner's. Raises NotFound."""
    for one in partners.entities_of(_partner(code).id):
        if one.code == entity:
            return one
    raise NotFound()


def _form(code: str, found: LegalEntity, errors: forms.Errors, given: dict[str, str]) -> str:
    context = transact(lambda: choices(chosen_program()) | {"partner": _partner(code)})
    more = {"entity": found, "errors": errors, "answers": given}
    return render_template("console/company.html", nav="programs", **context, **more)


def _deed(code: str, work: Callable[[], None], given: dict[str, str], done: str) -> Answer:
    errors, status = forms.tried(work, {"/reason": "reason"})
    return (partner_pages.page(code, errors, given), status) if errors else _done(code, done)


def _done(code: str, done: str) -> Response:
    program = transact(chosen_program)
    return redirect(url_for("administration.partner", code=code, program=program.code, done=done), code=303)
