"""The partner's people: who they are, inviting others by mail, their roles, and switching them off.

Somebody always stays who may invite others, and nobody does anything to themself; `access` sees to both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.kernel.web.paging import DEFAULT_LIMIT
from coalition.portal.frame import blueprint, manager, viewer
from coalition.site.viewer import Colleague

_FIELDS = {"/email": "email", "/roles": "roles"}
_INVITATIONS = 20


@blueprint.get("/team")
def team() -> str:
    """The partner's people and whom it has invited."""
    return _page([], {})


@blueprint.post("/team")
def invite() -> Response | tuple[str, int]:
    """Invite somebody by mail; one mailbox is not written to without end."""
    given, roles = forms.answers("email"), forms.picked("roles")

    def work() -> None:
        one = manager()
        access.admit_guess("mailbox", given["email"].lower())
        access.invite(given["email"], roles, _owner(one), one.program_id, language=language(), house=one.partner)

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _page(errors, given | {"roles": roles}), status
    return _done("invited")


@blueprint.post("/team/invitations/<invitation>/revoke")
def revoke_invitation(invitation: str) -> Response:
    """Take an invitation back that still waits."""
    owner = _owner(manager())
    number = ids.parse("inv", invitation)
    transact(lambda: access.revoke_invitation(number, owner))
    return _done("uninvited")


@blueprint.post("/team/<person>/roles")
def set_person_roles(person: str) -> Response | tuple[str, int]:
    """Give somebody other roles; they have to sign in again."""
    owner = _owner(manager())
    number, roles = ids.parse("usr", person), forms.picked("roles")
    return _change(lambda: access.set_roles(number, roles, owner_ref=owner), "roles_set")


@blueprint.post("/team/<person>/switch")
def switch_person(person: str) -> Response | tuple[str, int]:
    """Let somebody sign in, or no longer."""
    owner = _owner(manager())
    number, active = ids.parse("usr", person), request.form.get("active") == "yes"
    said = "person_on" if active else "person_off"
    return _change(lambda: access.switch_person(number, active, owner_ref=owner), said)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the partner's people, in the order in which they came."""
    colleague = viewer()
    page = access.people_of(_owner(colleague), cursor=cursor, limit=limit)
    people = [
        {
            "id": ids.public("usr", one.id),
            "email": one.email,
            "roles": sorted(one.roles),
            "active": one.active,
            "second_factor": one.second_factor,
            "created_at": one.created_at,
            "seen_at": one.seen_at,
            "self": one.id == colleague.user_id,
        }
        for one in page.items
    ]
    return {"people": people, "next_cursor": page.next_cursor}


def _page(errors: forms.Errors, given: dict[str, Any]) -> str:
    def work() -> dict[str, Any]:
        colleague = viewer()
        invited = access.invitations(_owner(colleague), limit=_INVITATIONS).items
        return {
            **listed(request.args.get("cursor"), DEFAULT_LIMIT),
            "invitations": [
                {"id": ids.public("inv", one.id), "email": one.email, "roles": sorted(one.roles), "state": one.state}
                | {"created_at": one.created_at, "expires_at": one.expires_at}
                for one in invited
            ],
            "may_change": "partner_admin" in colleague.roles,
        }

    more = {"all_roles": access.PARTNER_ROLES, "answers": {"email": "", "roles": ["partner"]} | given, "errors": errors}
    return render_template("portal/team.html", nav="portal-team", **transact(work), **more)


def _change(deed: Callable[[], None], said: str) -> Response | tuple[str, int]:
    errors, status = forms.tried(deed, {})
    return (_page(errors, {}), status) if errors else _done(said)


def _done(said: str) -> Response:
    return redirect(url_for("portal.team", said=said), code=303)


def _owner(colleague: Colleague) -> str:
    return f"partner:{colleague.partner_id}"
