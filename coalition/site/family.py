"""The member's family: who sits in it, whom its head invites, and the invitations that wait for an answer.

The answer to an invitation is the same whether anybody has the card, phone or address or not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import members, programs
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.site import viewer
from coalition.site.viewer import Viewer

blueprint = Blueprint("family", __name__)
_KINDS = ("phone", "card", "email")
_MOST = 200


@blueprint.get("/account/family")
def seats() -> str:
    """The family, or how to begin one; and the invitations that wait."""
    notice = {"invited": "family_invited"}.get(request.args.get("done", ""))
    return _page([], notice=notice)


@blueprint.post("/account/family/invite")
def invite() -> Response | tuple[str, int]:
    """Invite whoever has what was typed."""
    kind, value = request.form.get("kind", ""), request.form.get("value", "").strip()
    if kind not in _KINDS or not 0 < len(value) <= _MOST:
        return _page([{"field": "value", "code": "required", "text": None}], kind=kind, value=value), 422
    return _do(lambda one: members.invite(one.program_id, one.member_id, (kind, value)), "invited")


@blueprint.post("/account/family/<family_id>/accept")
def accept(family_id: str) -> Response | tuple[str, int]:
    """Take the seat."""
    return _do(lambda one: members.accept(one.program_id, one.member_id, ids.parse("fam", family_id)), "accepted")


@blueprint.post("/account/family/<family_id>/leave")
def leave(family_id: str) -> Response | tuple[str, int]:
    """Give up the seat, or decline the invitation."""
    return _do(lambda one: members.leave(one.program_id, one.member_id, ids.parse("fam", family_id)), "left")


@blueprint.post("/account/family/remove/<member_id>")
def remove(member_id: str) -> Response | tuple[str, int]:
    """Take a seat or an invitation back."""
    return _do(lambda one: members.remove(one.program_id, one.member_id, ids.parse("mbr", member_id)), "removed")


def _do(deed: Callable[[Viewer], None], done: str) -> Response | tuple[str, int]:
    try:
        transact(lambda: deed(viewer.require_member()))
    except Conflict as refusal:
        return _page([{"field": "", "code": refusal.code, "text": refusal.detail}]), refusal.status
    except NotFound:
        return _page([{"field": "", "code": "already_done", "text": None}]), NotFound.status
    return redirect(url_for("family.seats", done=done), code=303)


def _page(errors: list[dict[str, Any]], *, notice: str | None = None, kind: str = "phone", value: str = "") -> str:
    def work() -> dict[str, Any]:
        one = viewer.require_member()
        return {
            "family": _told(members.family(one.member_id), one.member_id),
            "invitations": [
                {"id": ids.public("fam", invitation.family_id), "head": invitation.head_name}
                for invitation in members.invitations(one.member_id)
            ],
            "most": programs.get(one.program_id).family_max,
        }

    typed = {"kind": kind, "value": value}
    return render_template(
        "site/family.html", nav="account", errors=errors, typed=typed, notice=notice, **transact(work)
    )


def _told(family: members.Family | None, member_id: int) -> dict[str, Any] | None:
    if family is None:
        return None
    seats = [
        {
            "id": ids.public("mbr", seat.member_id),
            "name": seat.name,
            "invited": seat.state == "invited",
            "is_head": seat.is_head,
            "is_me": seat.member_id == member_id,
            "since": seat.since,
        }
        for seat in family.seats
    ]
    return {"id": ids.public("fam", family.id), "mine": family.head_id == member_id, "seats": seats}
