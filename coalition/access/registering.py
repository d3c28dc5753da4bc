"""Registering clients and tending them: secrets that overlap while they change, scopes, switching off.

Whoever keeps the clients of one partner names it (`partner_id`): then another partner's client is NotFound.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from coalition.access.clients import KINDS, hash_of
from coalition.access.oauth.keys import check_keys
from coalition.access.oauth.redirects import check_redirects
from coalition.access.scopes import ALL_SCOPES, MEMBER_SCOPES
from coalition.kernel import audit, clock
from coalition.kernel.db import AnyRow, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

OVERLAP_S = 24 * 3600
LONGEST_OVERLAP_S = 30 * 24 * 3600
TEST_CLIENT = "client_test_"
_LONGEST_NAME = 100


def create_client(
    program_id: int,
    partner_id: int,
    name: str,
    scopes: Iterable[str],
    *,
    kind: str = "confidential_basic",
    redirect_uris: Iterable[str] = (),
    jwks: Mapping[str, Any] | None = None,
    test: bool = False,
) -> tuple[str, str]:
    """Register a client of a partner; its id and its secret, which cannot be read again ("" where a kind has none).

    The id of a client of test mode says so.

    A client with a member's scope is an app: members are sent back to one of its `redirect_uris`. `jwks` are the
    public keys of a `private_key_jwt`. Invalid, with every wrong field.
    """
    wanted, uris = sorted(set(scopes)), list(dict.fromkeys(redirect_uris))
    errors = [*_name_errors(name), *_scope_errors(wanted, kind, uris), *check_redirects(uris, kind)]
    errors += check_keys(jwks) if kind == "private_key_jwt" else []
    if kind not in KINDS:
        errors.append(FieldError("/kind", "unknown_kind", f"Kinds are {', '.join(KINDS)}."))
    if errors:
        raise Invalid("invalid", "The client cannot be registered.", errors)
    client_id = f"{TEST_CLIENT if test else 'client_'}{secrets.token_hex(8)}"
    secret = f"secret_{secrets.token_urlsafe(32)}" if kind == "confidential_basic" else ""
    row = fetch_one(
        "INSERT INTO oauth_client (client_id, secret_hash, program_id, partner_id, name, scopes, kind, redirect_uris,"
        " jwks) VALUES (:client_id, :hash, :program_id, :partner_id, :name, :scopes, :kind, :uris,"
        " CAST(:jwks AS jsonb)) RETURNING id",
        {
            "client_id": client_id,
            "hash": hash_of(secret) if secret else None,
            "program_id": program_id,
            "partner_id": partner_id,
            "name": name.strip(),
            "scopes": wanted,
            "kind": kind,
            "uris": uris,
            "jwks": json.dumps(jwks) if kind == "private_key_jwt" else None,
        },
    )
    assert row is not None
    audit.record("client.created", f"client:{row.id}", client_id=client_id, partner_id=partner_id, scopes=wanted)
    return client_id, secret


def rotate_secret(client_id: str, *, overlap_s: int = OVERLAP_S, partner_id: int | None = None) -> str:
    """A new secret for a client, shown once; the one before is right for `overlap_s` more seconds (0: no longer).

    A second rotation within the overlap ends the oldest secret: two are right at most. Conflict `no_secret` for a
    kind that has none, Invalid for an overlap of more than 30 days, NotFound for no such client.
    """
    if not 0 <= overlap_s <= LONGEST_OVERLAP_S:
        problem = FieldError("/overlap_s", "invalid", f"An overlap is 0 to {LONGEST_OVERLAP_S} seconds.")
        raise Invalid("invalid", "The secret cannot be changed so.", [problem])
    secret, now = f"secret_{secrets.token_urlsafe(32)}", clock.now()
    until = now + dt.timedelta(seconds=overlap_s)
    row = _change(
        "old_secret_hash = CASE WHEN :overlaps THEN secret_hash END, old_secret_until = CASE WHEN :overlaps THEN"
        " CAST(:until AS timestamptz) END, secret_hash = :hash",
        client_id,
        partner_id,
        "kind = 'confidential_basic'",
        overlaps=overlap_s > 0,
        until=until,
        hash=hash_of(secret),
    )
    if row is None:
        raise Conflict("no_secret", "A client of this kind has no secret.")
    audit.record("client.secret_rotated", f"client:{row.id}", old_until=until.isoformat())
    return secret


def set_scopes(client_id: str, scopes: Iterable[str], *, partner_id: int | None = None) -> None:
    """What the client may do from now on; its tokens lose what it loses within a second. Invalid, NotFound."""
    wanted = sorted(set(scopes))
    row = _find(client_id, partner_id)
    if errors := _scope_errors(wanted, row.kind, row.redirect_uris):
        raise Invalid("invalid", "The client cannot have these scopes.", errors)
    _change("scopes = :scopes", client_id, partner_id, scopes=wanted)
    audit.record("client.scopes", f"client:{row.id}", before=sorted(row.scopes), scopes=wanted)


def set_redirects(client_id: str, redirect_uris: Iterable[str], *, partner_id: int | None = None) -> None:
    """Where the client's members are sent back to from now on; nowhere else. Invalid, NotFound.

    A code that was given for an address struck out can still be redeemed in its one minute.
    """
    uris = list(dict.fromkeys(redirect_uris))
    row = _find(client_id, partner_id)
    if errors := [*_scope_errors(list(row.scopes), row.kind, uris), *check_redirects(uris, row.kind)]:
        raise Invalid("invalid", "The client cannot have these addresses.", errors)
    _change("redirect_uris = :uris", client_id, partner_id, uris=uris)
    audit.record("client.redirects", f"client:{row.id}", before=list(row.redirect_uris), redirect_uris=uris)


def set_client_active(client_id: str, active: bool, *, partner_id: int | None = None) -> None:
    """Switch a client off, which kills its tokens within a second, or on again. NotFound for no client."""
    row = _change("active = :active", client_id, partner_id, active=active)
    if row is None:
        raise NotFound()
    audit.record("client.switched", f"client:{row.id}", active=active)


def move_clients(from_program_id: int, program_id: int, partner_id: int) -> list[int]:
    """Let all clients of a program act in another one, for a partner there; which they are. Tokens follow soon."""
    rows = fetch_all(
        "UPDATE oauth_client SET program_id = :program, partner_id = :partner WHERE program_id = :before RETURNING id",
        {"before": from_program_id, "program": program_id, "partner": partner_id},
    )
    return [row.id for row in rows]


def _change(what: str, client_id: str, partner_id: int | None, only: str = "true", **values: Any) -> AnyRow | None:
    """Change one client; None if it is not of those `only`. NotFound if it is not there or another partner's."""
    whose = {"client_id": client_id, "partner": partner_id}
    row = fetch_one(
        f"UPDATE oauth_client SET {what} WHERE client_id = :client_id AND {only}"
        " AND partner_id = coalesce(CAST(:partner AS bigint), partner_id) RETURNING id",
        values | whose,
    )
    if row is None:
        _find(client_id, partner_id)
    return row


def _find(client_id: str, partner_id: int | None) -> AnyRow:
    row = fetch_one(
        "SELECT id, kind, scopes, redirect_uris FROM oauth_client WHERE client_id = :client_id"
        " AND partner_id = coalesce(CAST(:partner AS bigint), partner_id)",
        {"client_id": client_id, "partner": partner_id},
    )
    if row is None:
        raise NotFound()
    return row


def _name_errors(name: str) -> list[FieldError]:
    good = 0 < len(name.strip()) <= _LONGEST_NAME and name.isprintable()
    return [] if good else [FieldError("/name", "invalid", f"A name has 1 to {_LONGEST_NAME} printable characters.")]


def _scope_errors(wanted: list[str], kind: str, uris: list[str]) -> list[FieldError]:
    chosen = set(wanted)
    if not chosen or not chosen <= set(ALL_SCOPES):
        return [FieldError("/scopes", "unknown_scope", ", ".join(ALL_SCOPES))]
    if kind == "public" and not chosen <= set(MEMBER_SCOPES):
        return [FieldError("/scopes", "scope_needs_proof", "A public client speaks for members only.")]
    if chosen.intersection(MEMBER_SCOPES) and not uris:
        return [FieldError("/redirect_uris", "required", "An app needs an address to which members come back.")]
    return []
