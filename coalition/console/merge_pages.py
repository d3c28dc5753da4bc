"""Making one member of two: shown side by side before it is done, with a reason; it cannot be undone."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import members
from coalition.console import forms, member_view
from coalition.console.frame import blueprint
from coalition.console.member_pages import looked_at
from coalition.console.search_page import meant
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.members import Member


@blueprint.get("/members/<member>/merge")
def merge_form(member: str) -> str:
    """Ask which other member is this one, too."""
    return _page(member, None, [], {})


@blueprint.post("/members/<member>/merge")
def merge(member: str) -> Response | tuple[str, int]:
    """Show both members, and, when that was confirmed, make one of them."""
    given = forms.answers("other", "reason", "confirmed")
    errors = [] if given["other"] else [forms.error("other", "required")]
    if not given["reason"]:
        errors.append(forms.error("reason", "say_why"))
    into = transact(lambda: members.whose(ids.parse("mbr", member)))
    other = transact(lambda: _other(into, given["other"])) if given["other"] else None
    if not errors and other is None:
        errors = [forms.error("other", "member_unknown")]
    if errors or other is None:
        return _page(member, None, errors, given), 422
    if given["confirmed"] != ids.public("mbr", other.id):
        return _page(member, other, [], given), 200
    try:
        transact(lambda: members.merge(into.program_id, other.id, into.id, reason=given["reason"]))
    except NotFound:
        raise
    except Refusal as refusal:
        found = forms.refused(refusal, {"/reason": "reason"}, ("card_number_refused",))
        return _page(member, None, found, given), refusal.status
    return redirect(url_for("console.member", member=member, done="merged"), code=303)


def _other(into: Member, words: str) -> Member | None:
    """The one other member whom the words in the form mean."""
    found = [number for number in meant(into.program_id, words) if number != into.id]
    return members.whose(found[0]) if len(found) == 1 else None


def _page(public_id: str, other: Member | None, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = looked_at(public_id, "merge")
        if other is None:
            return {**member_view.head(found), "pair": None}
        looked_at(ids.public("mbr", other.id), "merge")
        return {**member_view.head(found), "pair": [_side(other), _side(found)]}

    return render_template("console/merge.html", nav="members", errors=errors, answers=given, **transact(work))


def _side(member: Member) -> dict[str, Any]:
    return {
        **member_view.head(member),
        "wallets": member_view.wallets(member, lots_shown=0),
        "identifiers": member_view.identifiers(member),
    }
