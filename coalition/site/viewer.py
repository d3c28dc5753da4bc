"""Who looks at this page: a member, somebody of a partner or of the staff, and what the frame shows of them.

Pages ask here and nowhere else. Each answer is looked up once a request, and only when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn, cast

from flask import Flask, abort, g, redirect, request, url_for
from flask_security import current_user
from sqlalchemy.exc import SQLAlchemyError

from coalition import access, ledger, members, partners, programs
from coalition.access import UserAccount
from coalition.kernel import audit
from coalition.kernel.db import db
from coalition.kernel.errors import Forbidden, NotFound, Unauthorized
from coalition.kernel.web.pages import use_zone
from coalition.site.sessions import current_session


@dataclass(frozen=True, slots=True)
class Viewer:
    """The member of a program who is signed in."""

    member_id: int
    program_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the installation's staff who is signed in."""

    user_id: int
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of a partner who is signed in: sees what is that partner's, and nothing else.

    While the partner is `suspended` they read, and change nothing.
    """

    user_id: int
    partner_id: int
    program_id: int
    name: str
    partner: str
    roles: frozenset[str] = frozenset({"partner"})
    suspended: bool = False


_READING = ("GET", "HEAD", "OPTIONS")


def init_app(app: Flask) -> None:
    """Tell every page who is looking at it."""
    app.context_processor(_frame)


def current_member() -> Viewer | None:
    """The member who is signed in, if it is a member."""
    if "viewer" not in g:
        g.viewer = _member()
    return cast("Viewer | None", g.viewer)


def current_staff() -> Staff | None:
    """The person of the staff who is signed in, if it is one."""
    user = _user()
    if user is None or ":" in user.owner_ref:
        return None
    return Staff(user.id, user.email.partition("@")[0].title(), frozenset(role.name for role in user.roles))


def current_colleague() -> Colleague | None:
    """The person of a partner who is signed in, if it is one."""
    if "colleague" not in g:
        g.colleague = _colleague()
    return cast("Colleague | None", g.colleague)


def require_person() -> int:
    """The number of whoever is signed in, of whatever kind, even if they still lack a second factor."""
    user = _signed_in()
    if user is None:
        _turn_away("Only people who are signed in have this page.")
    origin = audit.origin()
    audit.set_origin(audit.Origin(f"user:{user.id}", origin.ip, origin.request_id))
    return user.id


def require_member() -> Viewer:
    """The signed-in member; anybody else is sent to sign in, and staff are refused."""
    found = current_member()
    if found is None:
        _turn_away("Only members have this page.")
    _be_origin()
    return found


def require_colleague(*roles: str) -> Colleague:
    """The signed-in person of a partner, with one of these roles if any are named; see `require_member`.

    Raises Forbidden `role_missing`, or `partner_suspended` for whatever is sent while the partner is suspended.
    """
    found = current_colleague()
    if found is None:
        _turn_away("Only people of a partner have this page.")
    if roles and found.roles.isdisjoint(roles):
        raise Forbidden("role_missing", "You have no right to see or change this.")
    if found.suspended and request.method not in _READING:
        raise Forbidden("partner_suspended", "The partner is suspended; its people read and change nothing.")
    _be_origin()
    return found


def signed_in_as() -> int:
    """The number of the user who is signed in; call it behind one of the `require_` functions."""
    user = _user()
    if user is None:
        raise Unauthorized("unauthorized", "Nobody is signed in.")
    return user.id


def require_role(*roles: str) -> Staff:
    """The signed-in person of the staff with one of these roles (an admin has them all); see `require_member`.

    An auditor reads every page and may send nothing.
    """
    found = current_staff()
    enough = {*roles, "admin", *(["auditor"] if request.method in _READING else [])}
    if found is None or found.roles.isdisjoint(enough):
        _turn_away("You have no right to see this page.")
    _be_origin()
    return found


def current_program() -> programs.Program:
    """The program of the signed-in member or partner; for others the installation's first. Raises NotFound if none."""
    if "program" not in g:
        whose = current_member() or current_colleague()
        known = [programs.get(whose.program_id)] if whose else programs.list_programs()
        if not known:
            raise NotFound()
        g.program = known[0]
    return cast(programs.Program, g.program)


def _signed_in() -> UserAccount | None:
    return cast(UserAccount, current_user) if current_user and current_user.is_authenticated else None


def _user() -> UserAccount | None:
    """Who is signed in; nobody while they lack the second factor that one of their roles demands."""
    user = _signed_in()
    return None if user is not None and _lacks_factor(user) else user


def _lacks_factor(user: UserAccount) -> bool:
    found = current_session()
    return any(role.factor_demanded for role in user.roles) and (found is None or found.factor == "password")


def _member() -> Viewer | None:
    user = _user()
    kind, _, number = user.owner_ref.partition(":") if user else ("", "", "")
    if user is None or kind != "member" or user.program_id is None:
        return None
    member_id = members.survivor(int(number))
    return Viewer(member_id, user.program_id, members.profile(member_id).name)


def _colleague() -> Colleague | None:
    user = _user()
    kind, _, number = user.owner_ref.partition(":") if user else ("", "", "")
    if user is None or kind != "partner" or user.program_id is None:
        return None
    partner = partners.get(int(number))
    roles = frozenset(role.name for role in user.roles)
    suspended = access.suspension(partner.id) is not None
    name = user.email.partition("@")[0].title()
    return Colleague(user.id, partner.id, user.program_id, name, partner.name, roles, suspended)


def _turn_away(why: str) -> NoReturn:
    if _user() is not None:
        raise Forbidden("role_missing", why)
    if _signed_in() is not None:
        abort(redirect(url_for("safety.overview", done="factor_demanded"), code=303))
    came_for = request.full_path.rstrip("?") if request.method == "GET" else None
    abort(redirect(url_for("security.login", next=came_for), code=303))


def _be_origin() -> None:
    user, origin = _user(), audit.origin()
    if user is not None:
        audit.set_origin(audit.Origin(f"user:{user.id}", origin.ip, origin.request_id))


def _frame() -> dict[str, Any]:
    if "frame" not in g:
        try:
            g.frame = _look_up_frame()
        except SQLAlchemyError:  # the page that says "something went wrong" must not go wrong itself
            db.session.rollback()
            g.frame = {}
    return cast("dict[str, Any]", g.frame)


def _look_up_frame() -> dict[str, Any]:
    member, staff = current_member(), current_staff()
    try:
        program = current_program()
    except NotFound:  # an installation without a program still has pages
        return {"current_member": None, "current_staff": staff}
    use_zone(program.zone)
    if member is None:
        others = {"current_staff": staff, "current_colleague": current_colleague()}
        return {"current_member": None, **others, "program_name": program.name}
    currency = programs.main_currency(member.program_id)
    purses = ledger.balances(member.program_id, member.member_id)
    available = next((purse.available for purse in purses if purse.currency_id == currency.id), 0)
    header = {"name": member.name, "available": available, "currency": currency}
    return {"current_member": header, "current_staff": None, "program_name": program.name}
