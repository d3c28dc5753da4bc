"""Invitations: how staff and partners' people come in. A link by mail, good once and for a week, kept as its hash.

An address that can sign in already is invited like any other: only whoever reads its mail learns of it.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from coalition import letters
from coalition.access.clients import hash_of
from coalition.access.users import User, check_user, create_user
from coalition.kernel import audit, clock
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

LASTS = dt.timedelta(days=7)
PAGE = "/invitation"
_MOST_OPEN = 100
_COLUMNS = "id, email, roles, owner_ref, program_id, invited_by, created_at, expires_at, accepted_at, revoked_at"
_OPEN = "accepted_at IS NULL AND revoked_at IS NULL"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation to sign in with `roles` for `owner_ref`; `state`: waiting, accepted, revoked or expired."""

    id: int
    email: str
    roles: frozenset[str]
    owner_ref: str
    program_id: int | None
    state: str
    invited_by: str
    created_at: dt.datetime
    expires_at: dt.datetime


def invite(
    email: str,
    roles: Iterable[str],
    owner_ref: str,
    program_id: int | None = None,
    *,
    language: str = "en",
    house: str = "",
) -> Invitation:
    """Invite somebody by mail; an earlier invitation of the same address that still waits is replaced.

    `house` is the name of whoever invites, as the letter says it. Raises Invalid for an impossible address or roles
    that are not for this owner, Conflict `too_many_invitations` beyond a hundred that wait.
    """
    address, wanted = email.strip().lower(), sorted(set(roles))
    check_user(address, None, wanted, owner_ref, program_id)
    if owner_ref.startswith("member:"):
        raise Invalid("invalid", "Members register.", [FieldError("/owner_ref", "invalid", "A member is not invited.")])
    now, token = clock.now(), secrets.token_urlsafe(32)
    _make_room(owner_ref, address, now)
    row = fetch_one(
        "INSERT INTO invitation (email, roles, owner_ref, program_id, token_hash, invited_by, created_at, expires_at)"
        " VALUES (:email, :roles, :owner, :program, :hash, :by, :now, :expires)"
        f" ON CONFLICT (owner_ref, email) WHERE {_OPEN} DO NOTHING RETURNING {_COLUMNS}",
        {
            "email": address,
            "roles": wanted,
            "owner": owner_ref,
            "program": program_id,
            "hash": hash_of(token),
            "by": audit.origin().actor,
            "now": now,
            "expires": now + LASTS,
        },
    )
    if row is None:
        raise Conflict("invited_already", "Somebody else is inviting this address at this moment.")
    letters.post("invitation", address, language, page=PAGE, token=token, house=house)
    audit.record("user.invited", f"invitation:{row.id}", owner=owner_ref, roles=wanted)
    return _view(row)


def invitations(owner_ref: str, *, cursor: str | None = None, limit: int = 50) -> Page[Invitation]:
    """An owner's invitations, the latest first."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM invitation WHERE owner_ref = :owner"
        " AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit",
        {"owner": owner_ref, "before": before, "limit": limit + 1},
    )
    found = [_view(row) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def revoke_invitation(invitation_id: int, owner_ref: str) -> None:
    """Take back an invitation of this owner that still waits. NotFound for any other."""
    sql = f"UPDATE invitation SET revoked_at = :now WHERE id = :id AND owner_ref = :owner AND {_OPEN}"
    if not execute(sql, {"now": clock.now(), "id": invitation_id, "owner": owner_ref}):
        raise NotFound()
    audit.record("user.uninvited", f"invitation:{invitation_id}")


def invitation_of(token: str) -> Invitation:
    """The invitation that this link opens. NotFound for one that is used, revoked, expired or none."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM invitation WHERE token_hash = :hash AND {_OPEN} AND expires_at > :now",
        {"hash": hash_of(token), "now": clock.now()},
    )
    if row is None:
        raise NotFound()
    return _view(row)


def accept_invitation(token: str, password: str, *, language: str = "en") -> User:
    """Make the invited person a user with this password; of many that accept at once exactly one does.

    Raises NotFound like `invitation_of`, Invalid `weak_password`, Conflict `user_exists`; a refusal uses nothing up.
    """
    found = invitation_of(token)
    execute("SELECT FROM invitation WHERE id = :id FOR UPDATE", {"id": found.id})
    found = invitation_of(token)
    user = create_user(
        found.email, password, found.roles, found.owner_ref, program_id=found.program_id, language=language
    )
    execute(
        "UPDATE invitation SET accepted_at = :now, user_id = :user WHERE id = :id",
        {"now": clock.now(), "user": user.id, "id": found.id},
    )
    audit.record("user.joined", f"user:{user.id}", invitation=found.id)
    return user


def _make_room(owner_ref: str, address: str, now: dt.datetime) -> None:
    """Close what this one replaces and what has lapsed; the rest is counted. Locks nothing beyond these rows."""
    execute(
        f"UPDATE invitation SET revoked_at = :now WHERE owner_ref = :owner AND {_OPEN}"
        " AND (email = :email OR expires_at <= :now)",
        {"now": now, "owner": owner_ref, "email": address},
    )
    row = fetch_one(f"SELECT count(*) AS n FROM invitation WHERE owner_ref = :owner AND {_OPEN}", {"owner": owner_ref})
    if row is not None and row.n >= _MOST_OPEN:
        raise Conflict("too_many_invitations", f"At most {_MOST_OPEN} invitations wait at a time.")


def _view(row: AnyRow) -> Invitation:
    return Invitation(
        row.id,
        row.email,
        frozenset(row.roles),
        row.owner_ref,
        row.program_id,
        _state(row),
        row.invited_by,
        row.created_at,
        row.expires_at,
    )


def _state(row: AnyRow) -> str:
    if row.accepted_at:
        return "accepted"
    if row.expires_at <= clock.now():
        return "expired"
    return "revoked" if row.revoked_at else "waiting"
