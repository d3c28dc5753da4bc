"""Partners' OAuth clients: a machine that acts for one partner in one program.

A secret is 256 random bits that we choose, so one SHA-256 keeps it as safely as a slow hash would; it is shown once.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from authlib.oauth2.rfc6749 import ClientMixin

from coalition.access.scopes import SCOPES
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound

_CLIENT_ID = re.compile(r"[a-z0-9_]{4,64}")
_NO_HASH = bytes(32)  # compared with when there is no such client, so that both answers take the same way


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):  # type: ignore[misc]
    """The client behind a secret or a token, in the shape Authlib asks it."""

    id: int
    client_id: str
    partner_id: int
    program_id: int
    scopes: frozenset[str]

    def get_client_id(self) -> str:
        """The public name of the client."""
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes of a new token: those asked for, all when none is named, None when one is not the client's."""
        asked = set((scope or "").split()) or self.scopes
        return " ".join(sorted(asked)) if asked <= self.scopes else None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A confidential client proves itself by its secret, in the header or in the body."""
        return method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type: str) -> bool:
        """A partner's client acts for itself only."""
        return grant_type == "client_credentials"


def create_client(program_id: int, partner_id: int, name: str, scopes: Iterable[str]) -> tuple[str, str]:
    """Register a client of a partner; its id and its secret, which cannot be read again. Invalid for other scopes."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise Invalid("invalid", "Unknown scopes.", [FieldError("/scopes", "unknown_scope", ", ".join(SCOPES))])
    client_id, secret = f"client_{secrets.token_hex(8)}", f"secret_{secrets.token_urlsafe(32)}"
    execute(
        "INSERT INTO oauth_client (client_id, secret_hash, program_id, partner_id, name, scopes)"
        " VALUES (:client_id, :secret_hash, :program_id, :partner_id, :name, :scopes)",
        {
            "client_id": client_id,
            "secret_hash": hash_of(secret),
            "program_id": program_id,
            "partner_id": partner_id,
            "name": name,
            "scopes": wanted,
        },
    )
    audit.record("client.created", client_id, partner_id=partner_id, scopes=wanted)
    return client_id, secret


def verify_client(client_id: str, secret: str) -> Client | None:
    """The active client that this secret proves, else None; an unknown client and a wrong secret look the same."""
    row = None
    if _CLIENT_ID.fullmatch(client_id):
        row = fetch_one(
            "SELECT id, client_id, partner_id, program_id, scopes, secret_hash FROM oauth_client"
            " WHERE client_id = :client_id AND active",
            {"client_id": client_id},
        )
    right = secrets.compare_digest(hash_of(secret), bytes(row.secret_hash) if row else _NO_HASH)
    if row is None or not right:
        return None
    return Client(row.id, row.client_id, row.partner_id, row.program_id, frozenset(row.scopes))


def set_client_active(client_id: str, active: bool) -> None:
    """Switch a client off, which kills its tokens within a second, or on again. NotFound for no client."""
    sql = "UPDATE oauth_client SET active = :active WHERE client_id = :client_id"
    if not execute(sql, {"active": active, "client_id": client_id}):
        raise NotFound()
    audit.record("client.switched", client_id, active=active)


def hash_of(secret: str) -> bytes:
    """SHA-256 of a random secret or token, the only form in which it is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
