"""OAuth clients: a machine that acts for one partner in one program, or an app of a partner that members allow.

A secret is 256 random bits that we choose, so one SHA-256 keeps it as safely as a slow hash would; it is shown once.
A client proves itself by its secret (`confidential_basic`), by its key (`private_key_jwt`) or, where it can keep
neither, not at all (`public`): such a one speaks for members only.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Literal

from authlib.oauth2.rfc6749 import ClientMixin

from coalition.access.scopes import MEMBER_SCOPES
from coalition.kernel import clock
from coalition.kernel.db import AnyRow, fetch_one

Kind = Literal["confidential_basic", "private_key_jwt", "public"]
KINDS: tuple[Kind, ...] = ("confidential_basic", "private_key_jwt", "public")
_METHODS = {
    "confidential_basic": ("client_secret_basic", "client_secret_post"),
    "private_key_jwt": ("private_key_jwt",),
    "public": ("none",),
}
NOT_SUSPENDED = "NOT EXISTS (SELECT FROM suspended_partner s WHERE s.partner_id = {client}.partner_id)"
_MAY_CALL = NOT_SUSPENDED.format(client="oauth_client")
_CLIENT_ID = re.compile(r"[a-z0-9_]{4,64}")
_NO_HASH = bytes(32)  # compared with when there is no such client, so that both answers take the same way
_COLUMNS = "id, client_id, partner_id, program_id, name, scopes, kind, redirect_uris"


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):  # type: ignore[misc]
    """The client behind a secret or a token, in the shape Authlib asks it.

    Behind a token that speaks for a member, `subject` is whom ("member:<id>"); else None.
    """

    id: int
    client_id: str
    partner_id: int
    program_id: int
    scopes: frozenset[str]
    kind: str = "confidential_basic"
    redirect_uris: tuple[str, ...] = ()
    name: str = ""
    subject: str | None = None

    @property
    def own_scopes(self) -> frozenset[str]:
        """What it may do for itself: for its partner."""
        return self.scopes.difference(MEMBER_SCOPES)

    @property
    def member_scopes(self) -> frozenset[str]:
        """What members may allow it."""
        return self.scopes.intersection(MEMBER_SCOPES)

    def get_client_id(self) -> str:
        """The public name of the client."""
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes of a token of its own: those asked for, all when none is named, None when one is not its own."""
        asked = set((scope or "").split()) or self.own_scopes
        return " ".join(sorted(asked)) if asked <= self.own_scopes else None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Each kind proves itself in its own way; who proves nothing may ask for tokens and end its own, no more."""
        return method in _METHODS[self.kind] and (method != "none" or endpoint in ("token", "revocation"))

    def check_grant_type(self, grant_type: str) -> bool:
        """For its partner a confidential client may act; for members whoever has a scope of theirs."""
        if grant_type == "client_credentials":
            return self.kind != "public" and bool(self.own_scopes)
        return grant_type in ("authorization_code", "refresh_token") and bool(self.member_scopes)


def verify_client(client_id: str, secret: str) -> Client | None:
    """The active client that this secret proves, else None; an unknown client and a wrong secret look the same.

    While a rotation's overlap lasts the secret before is right, too.
    """
    row = _row(client_id, "secret_hash, CASE WHEN old_secret_until > :now THEN old_secret_hash END AS old_hash")
    given = hash_of(secret)
    right = [secrets.compare_digest(given, bytes(row[at] or _NO_HASH) if row else _NO_HASH) for at in (-2, -1)]
    return None if row is None or not any(right) else _client(row)


def named_client(client_id: str) -> Client | None:
    """The active client of this name, unproven: good for asking a member, and for clients that can prove nothing."""
    row = _row(client_id)
    return _client(row) if row else None


def keys_of(client_id: str) -> tuple[Client, dict[str, object]] | None:
    """The active client of this name that proves itself by a key, with its public keys (RFC 7517)."""
    row = _row(client_id, "jwks")
    return (_client(row), dict(row.jwks)) if row and row.jwks else None


def hash_of(secret: str) -> bytes:
    """SHA-256 of a random secret or token, the only form in which it is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _row(client_id: str, more: str = "NULL") -> AnyRow | None:
    if not _CLIENT_ID.fullmatch(client_id):
        return None
    return fetch_one(
        f"SELECT {_COLUMNS}, {more} FROM oauth_client WHERE client_id = :client_id AND active AND {_MAY_CALL}",
        {"client_id": client_id, "now": clock.now()},
    )


def _client(row: AnyRow) -> Client:
    scopes, uris = frozenset(row.scopes), tuple(row.redirect_uris)
    return Client(row.id, row.client_id, row.partner_id, row.program_id, scopes, row.kind, uris, row.name)
