"""Access tokens: opaque, an hour long, kept as SHA-256, dead within a second of being revoked.

A token speaks for its client's partner, or for a member who has allowed the client to (see `oauth`); the second kind
dies with what was allowed, and with the member's right to sign in.

`authenticate` stands before every API request: one indexed query, and none for a token seen less than a second ago.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from coalition.access.clients import NOT_SUSPENDED, Client, hash_of, verify_client
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Forbidden, Unauthorized

LIFE_S = 3600
_REMEMBERED_FOR = dt.timedelta(seconds=1)
_REMEMBERED = 4096  # tokens; beyond it the memory starts afresh
_LONGEST = 200
_MAY_CALL = NOT_SUSPENDED.format(client="c")
_seen: dict[bytes, tuple[dt.datetime, Client]] = {}


@dataclass(frozen=True, slots=True)
class Token:
    """A new access token; `value` is shown once."""

    value: str
    scopes: frozenset[str]
    expires_in_s: int


def issue(client: Client, scopes: Iterable[str]) -> Token:
    """A new token for a client that has proven itself, with scopes that are its own."""
    granted = frozenset(scopes)
    if not granted <= client.own_scopes:
        raise Forbidden("scope_not_allowed", "The client may not have these scopes.")
    token = keep(client.id, granted)
    audit.record("token.issued", f"client:{client.id}", scopes=sorted(granted))
    return token


def keep(
    client_number: int, scopes: frozenset[str], *, grant_id: int | None = None, ends_at: dt.datetime | None = None
) -> Token:
    """A new token in the database: the client's own, or under what a member allowed until `ends_at`.

    It leaves no trail; who asks for it writes that.
    """
    value, now = f"token_{secrets.token_urlsafe(32)}", clock.now()
    expires_at = now + dt.timedelta(seconds=LIFE_S)
    if ends_at is not None:
        expires_at = min(expires_at, ends_at)
    execute(
        "INSERT INTO oauth_token (token_hash, oauth_client_id, grant_id, scopes, issued_at, expires_at)"
        " VALUES (:hash, :client, :grant, :scopes, :now, :expires_at)",
        {
            "hash": hash_of(value),
            "client": client_number,
            "grant": grant_id,
            "scopes": sorted(scopes),
            "now": now,
            "expires_at": expires_at,
        },
    )
    return Token(value, scopes, int((expires_at - now).total_seconds()))


def issue_token(client_id: str, secret: str, scopes: Iterable[str]) -> Token:
    """A new token for the client that the secret proves. Unauthorized for a wrong secret, Forbidden for scopes."""
    client = verify_client(client_id, secret)
    if client is None:
        raise Unauthorized("client_not_proven", "There is no such client, or its secret is another.")
    return issue(client, scopes)


def authenticate(bearer: str) -> Client:
    """The client behind an access token, with the token's scopes. Raises Unauthorized for any other text."""
    if len(bearer) > _LONGEST:
        raise _unknown()
    token_hash, now = hash_of(bearer), clock.now()
    until, client = _seen.get(token_hash, (now, None))
    if client is None or until <= now:
        until, client = _look_up(token_hash, now)
        _remember(token_hash, until, client)
    return client


def revoke(bearer: str) -> None:
    """End a token: at once in this process, within a second in the others. An unknown token is none already."""
    token_hash = hash_of(bearer)
    row = fetch_one(
        "UPDATE oauth_token SET revoked_at = :now WHERE token_hash = :hash AND revoked_at IS NULL"
        " RETURNING oauth_client_id",
        {"hash": token_hash, "now": clock.now()},
    )
    if row is not None:
        audit.record("token.revoked", f"client:{row.oauth_client_id}", token=token_hash.hex()[:16])
    _seen.pop(token_hash, None)


def clear_expired_tokens(limit: int) -> int:
    """Forget tokens that expired more than a day ago, at most `limit`; how many there were."""
    return execute(
        "DELETE FROM oauth_token WHERE id IN"
        " (SELECT id FROM oauth_token WHERE expires_at < :before ORDER BY expires_at LIMIT :limit)",
        {"before": clock.now() - dt.timedelta(days=1), "limit": limit},
    )


def _look_up(token_hash: bytes, now: dt.datetime) -> tuple[dt.datetime, Client]:
    row = fetch_one(
        "SELECT c.id, c.client_id, c.partner_id, c.program_id, c.name, c.kind, c.scopes AS allowed, t.scopes,"
        " t.expires_at, u.owner_ref FROM oauth_token t JOIN oauth_client c ON c.id = t.oauth_client_id"
        " LEFT JOIN oauth_grant g ON g.id = t.grant_id LEFT JOIN user_account u ON u.id = g.user_id"
        " WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND t.expires_at > :now AND c.active"
        f"   AND {_MAY_CALL}"
        "   AND (t.grant_id IS NULL OR (g.revoked_at IS NULL AND g.expires_at > :now AND u.active))",
        {"hash": token_hash, "now": now},
    )
    if row is None:
        raise _unknown()
    scopes = frozenset(row.scopes).intersection(row.allowed)
    who = (row.id, row.client_id, row.partner_id, row.program_id)
    client = Client(*who, scopes, row.kind, name=row.name, subject=row.owner_ref)
    return min(now + _REMEMBERED_FOR, row.expires_at), client


def _remember(token_hash: bytes, until: dt.datetime, client: Client) -> None:
    if len(_seen) >= _REMEMBERED:
        _seen.clear()
    _seen[token_hash] = (until, client)


def _unknown() -> Unauthorized:
    return Unauthorized("token_invalid", "The access token is unknown, expired or revoked.")
