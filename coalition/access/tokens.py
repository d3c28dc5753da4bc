"""Access tokens: opaque, an hour long, kept as SHA-256, dead within a second of being revoked.

`authenticate` stands before every API request: one indexed query, and none for a token seen less than a second ago.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from coalition.access.clients import Client, hash_of, verify_client
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Forbidden, Unauthorized

LIFE_S = 3600
_REMEMBERED_FOR = dt.timedelta(seconds=1)
_REMEMBERED = 4096  # tokens; beyond it the memory starts afresh
_LONGEST = 200
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
    if not granted <= client.scopes:
        raise Forbidden("scope_not_allowed", "The client may not have these scopes.")
    value, now = f"token_{secrets.token_urlsafe(32)}", clock.now()
    execute(
        "INSERT INTO oauth_token (token_hash, oauth_client_id, scopes, issued_at, expires_at)"
        " VALUES (:hash, :client, :scopes, :now, :expires_at)",
        {
            "hash": hash_of(value),
            "client": client.id,
            "scopes": sorted(granted),
            "now": now,
            "expires_at": now + dt.timedelta(seconds=LIFE_S),
        },
    )
    audit.record("token.issued", f"client:{client.id}", scopes=sorted(granted))
    return Token(value, granted, LIFE_S)


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
    sql = "UPDATE oauth_token SET revoked_at = :now WHERE token_hash = :hash AND revoked_at IS NULL"
    if execute(sql, {"hash": token_hash, "now": clock.now()}):
        audit.record("token.revoked", f"token:{token_hash.hex()[:16]}")
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
        "SELECT c.id, c.client_id, c.partner_id, c.program_id, c.scopes AS allowed, t.scopes, t.expires_at"
        " FROM oauth_token t JOIN oauth_client c ON c.id = t.oauth_client_id"
        " WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND t.expires_at > :now AND c.active",
        {"hash": token_hash, "now": now},
    )
    if row is None:
        raise _unknown()
    scopes = frozenset(row.scopes).intersection(row.allowed)
    client = Client(row.id, row.client_id, row.partner_id, row.program_id, scopes)
    return min(now + _REMEMBERED_FOR, row.expires_at), client


def _remember(token_hash: bytes, until: dt.datetime, client: Client) -> None:
    if len(_seen) >= _REMEMBERED:
        _seen.clear()
    _seen[token_hash] = (until, client)


def _unknown() -> Unauthorized:
    return Unauthorized("token_invalid", "The access token is unknown, expired or revoked.")
