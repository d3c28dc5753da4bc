"""Promotions for a partner: those in force that concern it, and what it proposes to the program's marketers."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import partners, programs
from coalition.console import forms
from coalition.console.marketing import showing
from coalition.console.marketing.frame import names_of
from coalition.kernel import ids, sent_forms
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.kernel.web.paging import DEFAULT_LIMIT
from coalition.portal.frame import ADMIN, blueprint, manager, viewer
from coalition.programs import Program
from coalition.promotions import proposals, wording
from coalition.promotions.proposals import Wanted
from coalition.site.viewer import Colleague

_NAV = {"nav": "portal-promotions"}
_TEXTS = ("name", "words", "begins_on", "ends_on", "budget", "pays")
_FIELDS = {f"/{name}": name for name in ("name", "words", "begins_on", "ends_on")} | {"/budget_minor": "budget"}
_WORDED = ("too_long", "day", "bad_days", "day_over", "amount")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@blueprint.get("/promotions")
def promotions_here() -> str:
    """What is in force, and what the partner has proposed."""

    def work() -> dict[str, Any]:
        colleague = viewer()
        return {**listed(request.args.get("cursor"), DEFAULT_LIMIT), "in_force": _in_force(colleague)}

    return render_template("portal/promotions.html", **_NAV, **transact(work))


@blueprint.get("/promotions/new")
def new_proposal() -> str:
    """The form of a proposal."""
    return _form([], dict.fromkeys(_TEXTS, "") | {"key": forms.new_key()})


@blueprint.post("/promotions/new")
def propose() -> Response | tuple[str, int]:
    """Propose it; a form sent twice proposes it once."""
    given, key = forms.answers(*_TEXTS), forms.sent_key()
    made: list[str] = []

    def work(wanted: Wanted) -> None:
        colleague = manager()
        name, _ = sent_forms.once(
            "proposal",
            key,
            lambda: ids.public("prp", proposals.propose(colleague.program_id, colleague.partner_id, wanted)),
        )
        made.append(name)

    wanted, errors = transact(lambda: _read(programs.get(manager().program_id), given))
    status = 422
    if wanted is not None:
        errors, status = forms.tried(lambda: work(wanted), _FIELDS, _WORDED)
    if errors:
        return _form(errors, given | {"key": key}), status
    return redirect(url_for("portal.proposal", proposal=made[-1], said="proposed"), code=303)


@blueprint.get("/promotions/<proposal>")
def proposal(proposal: str) -> str:
    """One proposal and what was answered."""

    def work() -> dict[str, Any]:
        colleague = viewer()
        number = ids.parse("prp", proposal)
        found = proposals.get(number, program_id=colleague.program_id, partner_id=colleague.partner_id)
        return {"proposal": found, "program": programs.get(colleague.program_id)}

    return render_template("portal/proposal.html", **_NAV, **transact(work))


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the partner's proposals, the latest first."""
    colleague = viewer()
    found = proposals.listed(colleague.program_id, partner_id=colleague.partner_id, cursor=cursor, limit=limit)
    return {
        "proposals": [{"id": ids.public("prp", one.id), "proposal": one} for one in found.items],
        "next_cursor": found.next_cursor,
        "program": programs.get(colleague.program_id),
        "may_change": ADMIN in colleague.roles,
    }


def _in_force(colleague: Colleague) -> list[dict[str, Any]]:
    """The promotions in force that concern the partner, in the words of the marketers' own pages."""
    names = names_of(programs.get(colleague.program_id))
    code = partners.get(colleague.partner_id).code
    return [
        {
            "title": showing.title(one.document, one.code, language()),
            "sentence": wording.sentence(one.document, names, language()),
            "begins_at": one.begins_at,
            "last_at": one.ends_at and one.ends_at - dt.timedelta(microseconds=1),
            "pays": one.pays,
        }
        for one in proposals.concerning(colleague.program_id, code)
    ]


def _read(program: Program, given: dict[str, str]) -> tuple[Wanted | None, forms.Errors]:
    """What was typed, and what cannot be read; the room judges the rest."""
    begins, ends = _day(given["begins_on"]), _day(given["ends_on"])
    budget = forms.units(given["budget"], program.currency_decimals) if given["budget"] else None
    missing = [name for name in ("name", "words", "begins_on", "ends_on") if not given[name]]
    errors = [forms.error(name, "required") for name in missing]
    errors += [forms.error(name, "day") for name, day in (("begins_on", begins), ("ends_on", ends)) if not day]
    if given["budget"] and budget is None:
        errors.append(forms.error("budget", "amount"))
    errors = [one for one in errors if one["code"] == "required" or one["field"] not in missing]
    if errors or begins is None or ends is None:
        return None, errors
    return Wanted(given["name"], given["words"], begins, ends, budget, given["pays"] == "yes"), []


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _form(errors: forms.Errors, given: dict[str, str]) -> str:
    program = transact(lambda: programs.get(manager().program_id))
    return render_template("portal/proposal_new.html", **_NAV, program=program, errors=errors, answers=given)
