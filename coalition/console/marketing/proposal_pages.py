"""What partners propose as promotions: a marketer takes one up as a draft, or declines it for a reason, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access, partners
from coalition.console import forms
from coalition.console.frame import partner_names
from coalition.console.marketing.frame import blueprint, choices, chosen_program, page
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.promotions import proposals

_PAGE = 50
_FIELDS = {"/id": "code", "/reason": "reason"}
_WORDED = ("say_why", "too_long")


@blueprint.get("/promotions/proposals")
def proposals_of_partners() -> str:
    """The proposals that wait, or those in the state that the address asks for."""
    found = transact(lambda: listed(request.args.get("cursor"), _PAGE))
    return render_template("marketing/proposals.html", states=proposals.STATES, **page("promotions"), **found)


@blueprint.get("/promotions/proposals/<proposal>")
def proposal_of_partner(proposal: str) -> str:
    """One proposal, and the two answers to it while it waits."""
    return _shown(proposal, [], {})


@blueprint.post("/promotions/proposals/<proposal>/<any(take, decline):answer>")
def answer_proposal(proposal: str, answer: str) -> Response | tuple[str, int]:
    """Begin a draft with it and go on to the builder, or decline it; whoever proposed it is told."""
    given, number = forms.answers("code", "reason"), ids.parse("prp", proposal)
    deeds: dict[str, Callable[[int], object]] = {
        "take": lambda program: proposals.take_up(program, number, given["code"]),
        "decline": lambda program: proposals.decline(program, number, given["reason"]),
    }
    errors, status = forms.tried(lambda: deeds[answer](chosen_program().id), _FIELDS, _WORDED)
    if errors:
        known = {"code_in_use": ("code", "code_in_use"), "invalid": ("code", "promotion_code")}
        told = [forms.error(*known[one["code"]]) if one["code"] in known else one for one in errors]
        return _shown(proposal, told, given), status
    if answer == "take":
        return redirect(url_for("marketing.build", code=given["code"], done="proposal_taken"), code=303)
    return redirect(url_for("marketing.proposals_of_partners", done="proposal_declined"), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the program's proposals in one state, the latest first."""
    state = request.args.get("state", "")
    state = state if state in proposals.STATES else "waiting"
    program = chosen_program()
    found = proposals.listed(program.id, state=state, cursor=cursor, limit=limit)
    names = partner_names(program.id)
    rows = [
        {"id": ids.public("prp", one.id), "partner": names.get(one.partner_id, ""), "proposal": one}
        for one in found.items
    ]
    return {**choices(program), "proposals": rows, "next_cursor": found.next_cursor, "state": state}


def _shown(public_id: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        found = proposals.get(ids.parse("prp", public_id), program_id=program.id)
        of = partners.get(found.partner_id)
        people = access.names({one for one in (found.proposed_by, found.decided_by) if one})
        return {
            "program": program,
            "number": public_id,
            "proposal": found,
            "partner": of,
            "by": people.get(found.proposed_by, found.proposed_by),
            "decided_by": people.get(found.decided_by or "", found.decided_by),
            "answers": {"code": f"{of.code}-{found.id}"[-60:], "reason": ""} | given,
        }

    return render_template("marketing/proposal.html", errors=errors, **page("promotions"), **transact(work))
