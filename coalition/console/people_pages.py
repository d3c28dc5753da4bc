"""Who may sign in for the installation, or for a partner (`?partner=`): all of them, inviting them, their rights.

Administrators act, auditors look. `access` sees to it that nobody does anything to themself and that somebody stays
who may invite others; whatever is done stands in the trail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.access import Person
from coalition.console import forms
from coalition.console.administration import blueprint
from coalition.console.houses import House, chosen_house, house_of
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.site.safety import about
from coalition.site.viewer import signed_in_as

PAGE = 50
STATES = {"active": True, "off": False}
_INVITATIONS = 20
_TEXT_MAX = 254
_FIELDS = {"/email": "email", "/roles": "roles"}
Answer = Response | tuple[str, int]


@blueprint.get("/people")
def people() -> str:
    """The people of a house, and whom it has invited."""
    return _list_page([], {})


@blueprint.post("/people")
def invite_person() -> Answer:
    """Invite somebody by mail; one mailbox is not written to without end."""
    given, roles = forms.answers("email"), forms.picked("roles")

    def work() -> None:
        access.admit_guess("mailbox", given["email"].lower())
        house = chosen_house()
        access.invite(given["email"], roles, house.ref, house.program_id, language=language(), house=house.name)

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _list_page(errors, given | {"roles": roles}), status
    return _back(transact(chosen_house), "person_invited")


@blueprint.post("/people/invitations/<invitation>/revoke")
def revoke_invitation(invitation: str) -> Response:
    """Take an invitation of the house back that still waits."""
    number = ids.parse("inv", invitation)

    def work() -> House:
        house = chosen_house()
        access.revoke_invitation(number, house.ref)
        return house

    return _back(transact(work), "person_uninvited")


@blueprint.get("/people/<person>")
def person(person: str) -> str:
    """One person: rights, second factor, and where they are signed in."""
    return _page(ids.parse("usr", person), [])


@blueprint.post("/people/<person>/roles")
def set_person_roles(person: str) -> Answer:
    """Give somebody exactly these roles; they have to sign in again."""
    roles = forms.picked("roles")
    return _change(person, lambda number: access.set_roles(number, roles), "person_roles")


@blueprint.post("/people/<person>/switch")
def switch_person(person: str) -> Answer:
    """Let somebody sign in, or no longer."""
    active = request.form.get("active") == "yes"
    said = "person_on" if active else "person_off"
    return _change(person, lambda number: access.switch_person(number, active), said)


@blueprint.post("/people/<person>/sign-out")
def sign_person_out(person: str) -> Answer:
    """End every session of somebody, as when a laptop was lost."""
    return _change(person, access.sign_out, "person_signed_out")


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the house's people that fit the filters in the address, in the order in which they came."""
    house = chosen_house()
    given = {name: request.args.get(name, "").strip()[:_TEXT_MAX] for name in ("q", "role", "state")}
    found = access.people_of(
        house.ref,
        text=given["q"],
        role=given["role"],
        active=STATES.get(given["state"]),
        cursor=cursor,
        limit=limit,
    )
    return {"house": house, "given": given, "people": [_row(one) for one in found.items]} | {
        "next_cursor": found.next_cursor
    }


def _row(one: Person) -> dict[str, Any]:
    return {
        "id": ids.public("usr", one.id),
        "email": one.email,
        "roles": sorted(one.roles),
        "active": one.active,
        "app": one.app,
        "second_factor": one.second_factor,
        "created_at": one.created_at,
        "seen_at": one.seen_at,
        "self": one.id == signed_in_as(),
    }


def _list_page(errors: forms.Errors, typed: dict[str, Any]) -> str:
    def work() -> dict[str, Any]:
        found = listed(request.args.get("cursor"), PAGE)
        house = found["house"]
        invited = access.invitations(house.ref, cursor=request.args.get("invited"), limit=_INVITATIONS)
        return {
            **found,
            "invitations": [
                {"id": ids.public("inv", one.id), "email": one.email, "roles": sorted(one.roles), "state": one.state}
                | {"expires_at": one.expires_at}
                for one in invited.items
            ],
            "next_invited": invited.next_cursor,
            "all_roles": access.roles_for(house.ref),
            "answers": {"email": "", "roles": house.usual} | typed,
        }

    return render_template("console/people.html", nav="programs", errors=errors, states=STATES, **transact(work))


def _page(number: int, errors: forms.Errors) -> str:
    def work() -> dict[str, Any]:
        found = access.person(number)
        return {
            "house": house_of(found),
            "person": _row(found),
            "number": number,
            "sessions": [about(one) for one in access.sessions_of(number)],
            "all_roles": access.roles_for(found.owner_ref),
        }

    return render_template("console/person.html", nav="programs", errors=errors, **transact(work))


def _change(person: str, deed: Callable[[int], object], said: str) -> Answer:
    """Do it to somebody of a house; a member is not there."""
    number = ids.parse("usr", person)

    def work() -> None:
        house_of(access.person(number))
        deed(number)

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _page(number, errors), status
    return redirect(url_for("administration.person", person=person, done=said), code=303)


def _back(house: House, said: str) -> Response:
    there = url_for("administration.people", partner=house.code, program=house.program, done=said)
    return redirect(there, code=303)
