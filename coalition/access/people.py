"""The people of an owner: who they are, what they may do, and switching them off.

An owner (the staff, a partner) always keeps somebody who may invite others; nobody switches off or demotes themself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from coalition.access.browsers import forget_browsers
from coalition.access.roles import chief_role
from coalition.access.sessions import end_sessions
from coalition.access.users import check_user
from coalition.kernel import audit
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_SELECT = """
    SELECT u.id, u.email, u.owner_ref, u.program_id, u.active, u.created_at,
           ARRAY(SELECT r.name FROM user_role ur JOIN role r ON r.id = ur.role_id WHERE ur.user_id = u.id) AS roles,
           (SELECT max(s.seen_at) FROM user_session s WHERE s.user_id = u.id) AS seen_at,
           u.totp_confirmed_at IS NOT NULL AS app,
           u.totp_confirmed_at IS NOT NULL OR EXISTS (SELECT FROM passkey p WHERE p.user_id = u.id) AS second_factor
      FROM user_account u"""
_SIFTED = (
    " AND (:role = '' OR EXISTS (SELECT FROM user_role ur JOIN role r ON r.id = ur.role_id"
    " WHERE ur.user_id = u.id AND r.name = :role))"
    " AND u.active = coalesce(CAST(:active AS boolean), u.active)"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in for an owner; `seen_at` is when they last asked for a page (to the minute).

    `app`: an authenticator app is set up; `second_factor`: that, or a passkey.
    """

    id: int
    email: str
    owner_ref: str
    program_id: int | None
    roles: frozenset[str]
    active: bool
    app: bool
    second_factor: bool
    created_at: dt.datetime
    seen_at: dt.datetime | None


def people_of(
    owner_ref: str,
    *,
    text: str = "",
    role: str = "",
    active: bool | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Person]:
    """The people of an owner, in the order in which they came: whose address holds `text`, with this `role`."""
    (after,) = decode_cursor(cursor, int) or (0,)
    rows = fetch_all(
        f"{_SELECT} WHERE u.owner_ref = :owner AND u.id > :after AND strpos(u.email, :text) > 0{_SIFTED}"
        " ORDER BY u.id LIMIT :limit",
        {
            "owner": owner_ref,
            "after": after,
            "text": text.strip().lower(),
            "role": role,
            "active": active,
            "limit": limit + 1,
        },
    )
    found = [_view(row) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def person(user_id: int, *, owner_ref: str | None = None) -> Person:
    """One person. NotFound for none, and for one of another owner than `owner_ref`, if it is given."""
    row = fetch_one(f"{_SELECT} WHERE u.id = :id", {"id": user_id})
    if row is None or owner_ref not in (None, row.owner_ref):
        raise NotFound()
    return _view(row)


def switch_person(user_id: int, active: bool, *, owner_ref: str | None = None) -> None:
    """Let somebody sign in, or no longer: then every session of theirs is over at once, and no browser is known.

    Raises NotFound (see `person`), Conflict `own_account`, and `last_admin` for the last who may invite others.
    """
    found = _locked(user_id, owner_ref)
    if not active:
        _spare(found, frozenset())
        end_sessions(user_id)
        forget_browsers(user_id)
    execute("UPDATE user_account SET active = :active WHERE id = :id", {"active": active, "id": user_id})
    audit.record("user.switched", f"user:{user_id}", active=active)


def set_roles(user_id: int, roles: Iterable[str], *, owner_ref: str | None = None) -> None:
    """Give somebody exactly these roles; they have to sign in again.

    Raises NotFound (see `person`), Invalid for roles that are not for their owner, Conflict like `switch_person`.
    """
    found, wanted = _locked(user_id, owner_ref), sorted(set(roles))
    check_user(found.email, None, wanted, found.owner_ref, found.program_id)
    if frozenset(wanted) == found.roles:
        return
    _spare(found, frozenset(wanted))
    execute("DELETE FROM user_role WHERE user_id = :id", {"id": user_id})
    execute(
        "INSERT INTO user_role (user_id, role_id) SELECT :id, id FROM role WHERE name = ANY(:roles)",
        {"id": user_id, "roles": wanted},
    )
    end_sessions(user_id)
    audit.record("user.roles_set", f"user:{user_id}", before=sorted(found.roles), after=wanted)


def sign_out(user_id: int, *, owner_ref: str | None = None) -> int:
    """End every session of somebody, and know none of their browsers again; how many sessions there were.

    Raises NotFound (see `person`).
    """
    ended = end_sessions(person(user_id, owner_ref=owner_ref).id)
    forget_browsers(user_id)
    audit.record("user.sessions_ended", f"user:{user_id}", sessions=ended)
    return ended


def _locked(user_id: int, owner_ref: str | None) -> Person:
    """The person, with every person of the same owner locked, so that two last ones cannot go at once."""
    found = person(user_id, owner_ref=owner_ref)
    execute("SELECT FROM user_account WHERE owner_ref = :owner ORDER BY id FOR UPDATE", {"owner": found.owner_ref})
    return person(user_id, owner_ref=owner_ref)


def _spare(found: Person, roles: frozenset[str]) -> None:
    if audit.origin().actor == f"user:{found.id}":
        raise Conflict("own_account", "Somebody else has to do this to you.")
    chief = chief_role(found.owner_ref)
    if chief in roles or chief not in found.roles or not found.active:
        return
    row = fetch_one(
        "SELECT count(*) AS n FROM user_account u JOIN user_role ur ON ur.user_id = u.id"
        " JOIN role r ON r.id = ur.role_id AND r.name = :chief WHERE u.owner_ref = :owner AND u.active AND u.id <> :id",
        {"chief": chief, "owner": found.owner_ref, "id": found.id},
    )
    if row is None or not row.n:
        raise Conflict("last_admin", "Somebody has to stay who may invite others.")


def _view(row: AnyRow) -> Person:
    facts = dict(row._mapping)
    return Person(**{**facts, "roles": frozenset(facts["roles"])})
