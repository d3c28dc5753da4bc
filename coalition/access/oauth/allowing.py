"""What a member has allowed an app: the root of codes and tokens, all of which die with it.

Each yes of a member is one allowance. It ends 90 days later, when the member takes it back, when the app gives it back,
or when a code or a refresh token comes a second time: then somebody has stolen it, and nobody knows who.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from coalition.access.clients import hash_of
from coalition.access.oauth.asking import Wish
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Forbidden, NotFound

LIFE = dt.timedelta(days=90)
CODE_LIFE_S = 60
_MOST = 200


@dataclass(frozen=True, slots=True)
class App:
    """An app that a member allows something: since when, until when at most, when it last asked for a token."""

    client_id: str
    name: str
    partner_id: int
    scopes: tuple[str, ...]
    since: dt.datetime
    expires_at: dt.datetime
    last_token_at: dt.datetime | None


def allow(user_id: int, wish: Wish) -> str:
    """The member says yes: a code for the app, good once and for a minute.

    Forbidden `other_program` for who is no active member of the app's program.
    """
    now, code = clock.now(), f"code_{secrets.token_urlsafe(32)}"
    grant = fetch_one(
        "INSERT INTO oauth_grant (oauth_client_id, user_id, scopes, granted_at, expires_at)"
        " SELECT c.id, u.id, :scopes, :now, :end FROM user_account u, oauth_client c WHERE u.id = :user AND u.active"
        "   AND u.owner_ref LIKE 'member:%' AND c.id = :client AND c.active AND c.program_id = u.program_id"
        " RETURNING id",
        {
            "scopes": sorted(wish.scopes),
            "now": now,
            "end": now + LIFE,
            "user": user_id,
            "client": wish.client.id,
        },
    )
    if grant is None:
        raise Forbidden("other_program", "This app is for members of another program.")
    execute(
        "INSERT INTO oauth_code (code_hash, grant_id, redirect_uri, challenge, expires_at)"
        " VALUES (:hash, :grant, :uri, :challenge, :end)",
        {
            "hash": hash_of(code),
            "grant": grant.id,
            "uri": wish.redirect_uri,
            "challenge": wish.challenge,
            "end": now + dt.timedelta(seconds=CODE_LIFE_S),
        },
    )
    audit.record("grant.given", f"client:{wish.client.id}", grant=grant.id, user=user_id, scopes=sorted(wish.scopes))
    return code


def apps_of(user_id: int) -> list[App]:
    """The apps that may act for a member now, by name, at most 200."""
    rows = fetch_all(
        "SELECT c.client_id, c.name, c.partner_id, min(g.granted_at) AS since, max(g.expires_at) AS expires_at,"
        "       (SELECT array_agg(DISTINCT s ORDER BY s) FROM oauth_grant o, unnest(o.scopes) s"
        "         WHERE o.user_id = :user AND o.oauth_client_id = c.id AND o.revoked_at IS NULL"
        "           AND o.expires_at > :now) AS scopes,"
        "       (SELECT max(t.issued_at) FROM oauth_token t JOIN oauth_grant o ON o.id = t.grant_id"
        "         WHERE o.user_id = :user AND o.oauth_client_id = c.id) AS last_token_at"
        "  FROM oauth_grant g JOIN oauth_client c ON c.id = g.oauth_client_id"
        " WHERE g.user_id = :user AND g.revoked_at IS NULL AND g.expires_at > :now"
        f" GROUP BY c.id ORDER BY c.name, c.id LIMIT {_MOST}",
        {"user": user_id, "now": clock.now()},
    )
    return [App(**{**row._mapping, "scopes": tuple(row.scopes)}) for row in rows]


def withdraw(user_id: int, client_id: str) -> None:
    """The member takes back all that an app was allowed: its tokens die within a second. NotFound if there is nothing.

    An app that is switched off can be taken back, too.
    """
    rows = fetch_all(
        "UPDATE oauth_grant g SET revoked_at = :now, why = 'member' FROM oauth_client c"
        " WHERE c.client_id = :client AND c.id = g.oauth_client_id AND g.user_id = :user AND g.revoked_at IS NULL"
        " RETURNING g.id, c.id AS client",
        {"now": clock.now(), "client": client_id, "user": user_id},
    )
    if not rows:
        raise NotFound()
    audit.record("grant.revoked", f"client:{rows[0].client}", grants=[row.id for row in rows], why="member")


def end_allowance(grant_id: int, client_number: int, why: str) -> None:
    """End an allowance of this client with all its tokens, within a second everywhere; once."""
    sql = (
        "UPDATE oauth_grant SET revoked_at = :now, why = :why"
        " WHERE id = :id AND oauth_client_id = :client AND revoked_at IS NULL"
    )
    if execute(sql, {"now": clock.now(), "why": why, "id": grant_id, "client": client_number}):
        audit.record("grant.revoked", f"client:{client_number}", grants=[grant_id], why=why)
