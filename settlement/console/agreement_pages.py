"""Finance's agreements: what holds today, a company's versions, proposing one, and the second person's answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import partners, programs
from coalition.console import forms
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import use_zone
from coalition.site.viewer import require_role
from settlement import terms
from settlement.console import agreement_form, agreement_view

blueprint = Blueprint("agreements", "settlement", template_folder="templates", url_prefix="/console/agreements")


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("")
def index() -> str:
    """What holds today between the operator and each company of a program, and what waits for a second person."""
    context = transact(lambda: agreement_view.overview(request.args.get("program", "")))
    return render_template("settlement/agreements.html", nav="settlement", **context)


@blueprint.get("/companies/<company>")
def company(company: str) -> str:
    """The versions of one company's agreement."""
    return render_template(
        "settlement/agreement.html", nav="settlement", **transact(lambda: agreement_view.of(company))
    )


@blueprint.get("/companies/<company>/propose")
def propose_form(company: str) -> str:
    """The form of the next version, filled in with what holds now."""
    return _propose_page(company, [], None)


@blueprint.post("/companies/<company>/propose")
def propose(company: str) -> Response | tuple[str, int]:
    """Propose a version; it waits for a second person."""
    given = forms.answers(*agreement_form.NAMES) | {"key": forms.sent_key()}
    entity_id = ids.parse("ent", company)
    program = transact(lambda: programs.get(partners.entity(entity_id).program_id))
    errors, prices, days = agreement_form.read(given, program.currency_decimals)
    if errors or prices is None or days is None:
        return _propose_page(company, errors, given), 422
    more = {"currency": given["currency"].upper(), "note": given["note"], "key": given["key"]}
    try:
        made = transact(lambda: terms.propose(entity_id, prices, starts_on=days[0], ends_on=days[1], **more))
    except NotFound:
        raise
    except Refusal as refusal:
        return _propose_page(company, agreement_form.refused(refusal), given), refusal.status
    return redirect(url_for("agreements.version", agreement=ids.public("agr", made.id), done="proposed"), code=303)


@blueprint.get("/versions/<agreement>")
def version(agreement: str) -> str:
    """One version: every term, beside what it replaces."""
    return _version_page(agreement, [], {})


@blueprint.post("/versions/<agreement>/activate")
def activate(agreement: str) -> Response | tuple[str, int]:
    """Activate exactly what was shown."""
    seen = forms.seen()
    return _answered(agreement, lambda number: terms.activate(number, seen=seen), "activated", {})


@blueprint.post("/versions/<agreement>/refuse")
def refuse(agreement: str) -> Response | tuple[str, int]:
    """Refuse a proposal, with a reason; or take back one's own."""
    given = forms.answers("rejection")
    if not given["rejection"]:
        return _version_page(agreement, [forms.error("rejection", "say_why")], given), 422
    return _answered(agreement, lambda number: terms.refuse(number, given["rejection"]), "refused", given)


def _answered(agreement: str, deed: Any, done: str, given: dict[str, str]) -> Response | tuple[str, int]:
    try:
        transact(lambda: deed(ids.parse("agr", agreement)))
    except NotFound:
        raise
    except Refusal as refusal:
        return _version_page(agreement, [forms.error("", refusal.code, refusal.detail)], given), refusal.status
    return redirect(url_for("agreements.version", agreement=agreement, done=done), code=303)


def _version_page(agreement: str, errors: forms.Errors, given: dict[str, str]) -> str:
    context = transact(lambda: agreement_view.version(agreement))
    return render_template(
        "settlement/agreement_version.html", nav="settlement", errors=errors, answers=given, **context
    )


def _propose_page(company: str, errors: forms.Errors, given: dict[str, str] | None) -> str:
    def work() -> dict[str, Any]:
        context = agreement_view.of(company)
        program = context["program"]
        use_zone(program.zone)
        now = terms.in_force(program.id, clock.local_date(clock.now(), program.zone)).get(ids.parse("ent", company))
        first = agreement_form.filled(now, program) | {"key": forms.new_key()}
        chosen = {"cycles": [terms.program_cycle(program.id)], "models": terms.settlement_models()}
        return {**context, **chosen, "answers": first if given is None else given}

    return render_template("settlement/agreement_form.html", nav="settlement", errors=errors, **transact(work))
