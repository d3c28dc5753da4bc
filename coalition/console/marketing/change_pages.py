"""Changes of what promotions have in common that wait for a second person: campaigns, groups, what is excluded."""

from __future__ import annotations

import json
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.console import forms
from coalition.console.marketing.frame import blueprint, choices, chosen_program, page
from coalition.kernel import approvals, audit, ids
from coalition.kernel.approvals import Approval
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal

KIND = "promotions.change"


def waiting(program_id: int) -> list[Approval]:
    """The changes of a program that wait for a second person."""
    return [one for one in approvals.waiting() if one.kind == KIND and one.subject == f"program:{program_id}"]


@blueprint.get("/promotion-changes")
def changes() -> str:
    """What waits, in words, and the two answers to each."""
    return _page([])


@blueprint.post("/promotion-changes/<approval>/<any(approve, reject):answer>")
def decide_change(approval: str, answer: str) -> Response | tuple[str, int]:
    """Approve exactly what was shown and do it at once; or refuse it, or take back one's own."""
    number, seen = ids.parse("apr", approval), forms.seen()

    def work() -> None:
        found = approvals.get(number)
        if found.kind != KIND:
            raise NotFound()
        if answer == "reject":
            approvals.reject(number, request.form.get("rejection", "").strip()[:500] or "—")
        else:
            approvals.carry_out(number, seen=seen)

    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page([forms.error("", refusal.code, refusal.detail)]), refusal.status
    return redirect(url_for("marketing.changes", done="approved" if answer == "approve" else "rejected"), code=303)


def listed() -> dict[str, Any]:
    """What waits for a second person, as it would become."""
    program = chosen_program()
    found = waiting(program.id)
    people = access.names({one.requested_by for one in found})
    told = [
        {
            "id": ids.public("apr", one.id),
            "what": one.payload.get("what"),
            "value": json.dumps(one.payload.get("value"), ensure_ascii=False, indent=1),
            "code": (one.payload.get("value") or {}).get("code", ""),
            "reason": one.reason,
            "by": people.get(one.requested_by, one.requested_by),
            "at": one.requested_at,
            "own": one.requested_by == audit.origin().actor,
            "seen": one.payload_hash.hex(),
        }
        for one in found
    ]
    return {**choices(program), "changes": told}


def _page(errors: forms.Errors) -> str:
    return render_template("marketing/changes.html", errors=errors, **page("promotions"), **transact(listed))
