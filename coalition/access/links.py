"""Links that open an account once: to join, to choose a new password, to confirm a new address. Kept as their hash.

A code to type is one half of such a link: the other half stays in the browser that has asked for it.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from coalition.access.clients import hash_of
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import NotFound

_LASTS = {
    "join": dt.timedelta(days=1),
    "reset": dt.timedelta(hours=1),
    "email": dt.timedelta(hours=1),
    "code": dt.timedelta(minutes=10),
}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is good for: `email` is the address whose mailbox was shown to be theirs by opening it."""

    id: int
    kind: str
    email: str
    user_id: int | None
    program_id: int | None


def make_link(kind: str, email: str, *, user_id: int | None = None, program_id: int | None = None) -> str:
    """The token of a new link, shown once. A user's earlier links of the kind are good for nothing any more."""
    token = secrets.token_urlsafe(32)
    _keep(kind, email, token, user_id, program_id)
    return token


def make_code(email: str, user_id: int) -> tuple[str, str]:
    """Six digits for a mailbox, and the half that the browser keeps; earlier codes are good for nothing any more."""
    half, code = secrets.token_urlsafe(32), f"{secrets.randbelow(10**6):06}"
    _keep("code", email, half + code, user_id, None)
    return half, code


def use_code(half: str, code: str) -> Link:
    """Use a code up, together with the browser's half. NotFound for a wrong one; the door counts guesses before."""
    return use_link("code", half + "".join(code.split()))


def link_of(kind: str, token: str) -> Link:
    """The link behind a token. NotFound for one that was used, has expired, or is none."""
    row = fetch_one(
        "SELECT id, kind, email, user_id, program_id FROM account_link"
        " WHERE token_hash = :hash AND kind = :kind AND used_at IS NULL AND expires_at > :now",
        {"hash": hash_of(token), "kind": kind, "now": clock.now()},
    )
    if row is None:
        raise NotFound()
    return Link(**row._mapping)


def use_link(kind: str, token: str) -> Link:
    """Use a link up; rolled back, it is good again. Of many that use one at once exactly one goes on, else NotFound."""
    found = link_of(kind, token)
    sql = "UPDATE account_link SET used_at = :now WHERE id = :id AND used_at IS NULL"
    if not execute(sql, {"now": clock.now(), "id": found.id}):
        raise NotFound()
    return found


def end_links(user_id: int) -> None:
    """Let every link that a user was sent be good for nothing any more."""
    execute(
        "UPDATE account_link SET used_at = :now WHERE user_id = :user AND used_at IS NULL",
        {"now": clock.now(), "user": user_id},
    )


def clear_old_links(limit: int) -> int:
    """Forget links that have been good for nothing for a week, at most `limit`; how many there were."""
    return execute(
        "DELETE FROM account_link WHERE id IN (SELECT id FROM account_link WHERE expires_at < :before LIMIT :limit)",
        {"before": clock.now() - dt.timedelta(days=7), "limit": limit},
    )


def _keep(kind: str, email: str, token: str, user_id: int | None, program_id: int | None) -> None:
    now = clock.now()
    execute(
        "UPDATE account_link SET used_at = :now WHERE user_id = :user AND kind = :kind AND used_at IS NULL",
        {"now": now, "user": user_id, "kind": kind},
    )
    execute(
        "INSERT INTO account_link (kind, token_hash, email, user_id, program_id, created_at, expires_at)"
        " VALUES (:kind, :hash, :email, :user, :program, :now, :expires)",
        {
            "kind": kind,
            "hash": hash_of(token),
            "email": email,
            "user": user_id,
            "program": program_id,
            "now": now,
            "expires": now + _LASTS[kind],
        },
    )
