"""Codes and refresh tokens become tokens: each once, whoever comes at the same moment.

The claim is one conditional UPDATE: of eight that come at once one gets the row, the others wait for its commit and
find it used. Whoever comes with a used one ends the whole allowance, the winner's tokens with it: there is no time of
grace, so an app refreshes from one place at a time and asks its member again after losing an answer on the way.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from coalition.access import tokens
from coalition.access.clients import Client, hash_of
from coalition.access.oauth.allowing import end_allowance
from coalition.kernel import audit, clock
from coalition.kernel.db import AnyRow, execute, fetch_one

REFRESH_LIFE = dt.timedelta(days=30)  # from its issue; the allowance's own end comes first
# Who may still act for the member: the allowance, the client and the member's right to sign in are all alive.
_ALIVE = (
    "g.oauth_client_id = :client AND g.revoked_at IS NULL AND g.expires_at > :now AND u.id = g.user_id AND u.active"
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a claimed code or refresh token stands for. `redirect_uri` and `challenge` are the code's."""

    grant_id: int
    scopes: frozenset[str]
    ends_at: dt.datetime
    redirect_uri: str = ""
    challenge: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A new access token and the refresh token that follows it; both values are shown once."""

    access: tokens.Token
    refresh: str


def claim_code(client: Client, code: str) -> Allowance | None:
    """The allowance behind a code of this client, once; None for any other. A used one ends its allowance."""
    row = fetch_one(
        "UPDATE oauth_code k SET used_at = :now FROM oauth_grant g, user_account u"
        f" WHERE k.code_hash = :hash AND k.used_at IS NULL AND k.expires_at > :now AND g.id = k.grant_id AND {_ALIVE}"
        " RETURNING g.id, g.scopes, g.expires_at, k.redirect_uri, k.challenge",
        _key(client, code),
    )
    if row is not None:
        return Allowance(row.id, frozenset(row.scopes), row.expires_at, row.redirect_uri, row.challenge)
    used = "SELECT grant_id AS id FROM oauth_code WHERE code_hash = :hash AND used_at IS NOT NULL"
    _end(client, fetch_one(used, _key(client, code)), "code_reuse")
    return None


def refreshable(client: Client, refresh: str) -> Allowance | None:
    """The allowance of a refresh token of this client, used or not: what may be asked for. Nothing is claimed."""
    row = fetch_one(
        "SELECT g.id, g.scopes, g.expires_at FROM oauth_refresh r JOIN oauth_grant g ON g.id = r.grant_id"
        " WHERE r.token_hash = :hash AND g.oauth_client_id = :client",
        _key(client, refresh),
    )
    return Allowance(row.id, frozenset(row.scopes), row.expires_at) if row else None


def claim_refresh(client: Client, refresh: str) -> Allowance | None:
    """The allowance behind a refresh token of this client, once; None for any other. A used one ends its allowance."""
    row = fetch_one(
        "UPDATE oauth_refresh r SET used_at = :now FROM oauth_grant g, user_account u"
        f" WHERE r.token_hash = :hash AND r.used_at IS NULL AND r.expires_at > :now AND g.id = r.grant_id AND {_ALIVE}"
        " RETURNING g.id, g.scopes, g.expires_at",
        _key(client, refresh),
    )
    if row is not None:
        return Allowance(row.id, frozenset(row.scopes), row.expires_at)
    used = "SELECT grant_id AS id FROM oauth_refresh WHERE token_hash = :hash AND used_at IS NOT NULL"
    _end(client, fetch_one(used, _key(client, refresh)), "refresh_reuse")
    return None


def issue_pair(client: Client, allowance: Allowance, scopes: frozenset[str]) -> Pair:
    """The next tokens of a claimed allowance. `scopes` are its own or fewer; the refresh token keeps them all."""
    now, refresh = clock.now(), f"refresh_{secrets.token_urlsafe(32)}"
    token = tokens.keep(client.id, scopes, grant_id=allowance.grant_id, ends_at=allowance.ends_at)
    execute(
        "INSERT INTO oauth_refresh (token_hash, grant_id, issued_at, expires_at)"
        " VALUES (:hash, :grant, :now, least(:end, :last))",
        {
            "hash": hash_of(refresh),
            "grant": allowance.grant_id,
            "now": now,
            "end": now + REFRESH_LIFE,
            "last": allowance.ends_at,
        },
    )
    audit.record("token.issued", f"client:{client.id}", scopes=sorted(scopes), grant=allowance.grant_id)
    return Pair(token, refresh)


def _key(client: Client, value: str) -> dict[str, object]:
    return {"hash": hash_of(value), "client": client.id, "now": clock.now()}


def _end(client: Client, found: AnyRow | None, why: str) -> None:
    if found is not None:
        end_allowance(found.id, client.id, why)
