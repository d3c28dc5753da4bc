"""What a client may know of a token and how it gives one back: its own tokens only, anybody else's do not exist."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.access import tokens
from coalition.access.clients import Client, hash_of
from coalition.access.oauth.allowing import end_allowance
from coalition.kernel import clock
from coalition.kernel.db import fetch_one

_KNOWN = """
    SELECT 'access_token' AS kind, t.scopes, t.issued_at, t.expires_at, u.owner_ref, t.grant_id,
           t.revoked_at IS NULL AND t.expires_at > :now AND (t.grant_id IS NULL
             OR (g.revoked_at IS NULL AND g.expires_at > :now AND u.active)) AS active
      FROM oauth_token t LEFT JOIN oauth_grant g ON g.id = t.grant_id LEFT JOIN user_account u ON u.id = g.user_id
     WHERE t.token_hash = :hash AND t.oauth_client_id = :client
    UNION ALL
    SELECT 'refresh_token', g.scopes, r.issued_at, r.expires_at, u.owner_ref, g.id,
           r.used_at IS NULL AND r.expires_at > :now AND g.revoked_at IS NULL AND g.expires_at > :now AND u.active
      FROM oauth_refresh r JOIN oauth_grant g ON g.id = r.grant_id JOIN user_account u ON u.id = g.user_id
     WHERE r.token_hash = :hash AND g.oauth_client_id = :client"""


@dataclass(frozen=True, slots=True)
class Known:
    """A token of a client: an access token or a refresh token, for whom, and whether it still opens anything."""

    kind: str
    scopes: frozenset[str]
    issued_at: dt.datetime
    expires_at: dt.datetime
    subject: str | None
    grant_id: int | None
    active: bool


def known(client: Client, value: str) -> Known | None:
    """The client's token with this value; None for no token and for another client's, which look the same."""
    row = fetch_one(_KNOWN, {"hash": hash_of(value), "client": client.id, "now": clock.now()})
    if row is None:
        return None
    # What the client has lost since is in none of its tokens; a member's scopes likewise.
    scopes = frozenset(row.scopes).intersection(client.scopes)
    return Known(row.kind, scopes, row.issued_at, row.expires_at, row.owner_ref, row.grant_id, row.active)


def end(client: Client, value: str) -> None:
    """End a token of the client: an access token alone, a refresh token with its whole allowance (RFC 7009 2.1)."""
    found = known(client, value)
    if found is None:
        return
    if found.kind == "access_token":
        tokens.revoke(value)
    elif found.grant_id is not None:
        end_allowance(found.grant_id, client.id, "client")
