"""What staff do with an identifier: block it, put another value in its place, or give it to another member.

No balance is touched by any of them. Moving shows both members before it is done.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import members, partners
from coalition.console import forms, member_view
from coalition.console.frame import blueprint
from coalition.console.member_pages import looked_at
from coalition.console.search_page import meant
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.members import Member

DEEDS = ("block", "replace", "move")
_FIELDS = {"/value": "value", "/reason": "reason", "//value": "value"}
_DONE = {"block": "identifier_blocked", "replace": "identifier_replaced", "move": "identifier_moved"}


@blueprint.get("/members/<member>/identifiers/<identifier>")
def identifier(member: str, identifier: str) -> str:
    """One identifier, and what can be done with it."""
    deed = request.args.get("do", "block")
    return _page(member, identifier, deed if deed in DEEDS else "block", [], {})


@blueprint.post("/members/<member>/identifiers/<identifier>")
def change_identifier(member: str, identifier: str) -> Response | tuple[str, int]:
    """Do one of the deeds; a move is shown once more before it is done."""
    given = forms.answers("do", "value", "reason", "to", "confirmed")
    deed = given["do"] if given["do"] in DEEDS else "block"
    errors = _wrong(deed, given)
    target = transact(lambda: _target(member, given)) if deed == "move" and not errors else None
    if deed == "move" and not errors and target is None:
        errors = [forms.error("to", "member_unknown")]
    if errors:
        return _page(member, identifier, deed, errors, given), 422
    if target is not None and given["confirmed"] != ids.public("mbr", target.id):
        return _confirm(member, identifier, target, given), 200
    try:
        transact(lambda: _do(deed, member, ids.parse("idn", identifier), target, given))
    except NotFound:
        raise
    except Refusal as refusal:
        found = forms.refused(refusal, _FIELDS, ("card_number_refused",))
        return _page(member, identifier, deed, found, given), refusal.status
    return redirect(url_for("console.member_identifiers", member=member, done=_DONE[deed]), code=303)


def _do(deed: str, public_id: str, number: int, target: Member | None, given: dict[str, str]) -> None:
    found = members.whose(ids.parse("mbr", public_id))
    operator = partners.operator(found.program_id)
    if number not in {one.id for one in members.identifiers(found.id)}:
        raise NotFound()
    if deed == "block":
        members.block(operator.id, found.id, number, reason=given["reason"])
    elif deed == "replace":
        members.replace(operator.id, found.id, number, given["value"], reason=given["reason"])
    elif target is not None:
        members.move(found.program_id, number, target.id, reason=given["reason"])


def _wrong(deed: str, given: dict[str, str]) -> forms.Errors:
    errors = [] if given["reason"] else [forms.error("reason", "say_why")]
    if deed == "replace" and not given["value"]:
        errors.insert(0, forms.error("value", "required"))
    if deed == "move" and not given["to"]:
        errors.insert(0, forms.error("to", "required"))
    return errors


def _target(public_id: str, given: dict[str, str]) -> Member | None:
    """The one other member whom the words in the form mean."""
    own = members.whose(ids.parse("mbr", public_id))
    found = [number for number in meant(own.program_id, given["to"]) if number != own.id]
    return members.whose(found[0]) if len(found) == 1 else None


def _page(public_id: str, identifier: str, deed: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = looked_at(public_id, "identifiers")
        shown = next((one for one in member_view.identifiers(found) if one["id"] == identifier), None)
        if shown is None:
            raise NotFound()
        return {**member_view.head(found), "identifier": shown}

    return render_template(
        "console/identifier.html", nav="members", deed=deed, errors=errors, answers=given, **transact(work)
    )


def _confirm(public_id: str, identifier: str, target: Member, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = looked_at(public_id, "identifiers")
        looked_at(ids.public("mbr", target.id), "identifiers")
        shown = next((one for one in member_view.identifiers(found) if one["id"] == identifier), None)
        if shown is None:
            raise NotFound()
        return {"other": member_view.head(target)["person"], **member_view.head(found), "identifier": shown}

    return render_template("console/identifier_move.html", nav="members", answers=given, **transact(work))
