"""Taking a supplier on: what it sells decides how it is spoken to; how it signs, it says, or we choose."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.suppliers import directory
from catalog.suppliers.directory import Supplier
from catalog.suppliers.tending import MARGIN_BP, SILENT
from coalition import partners
from coalition.kernel import audit
from coalition.kernel.db import execute
from coalition.kernel.errors import FieldError, Invalid, NotFound

# What a supplier sells, as people say it: its kind, and the protocol by which it is spoken to.
SELLS: Mapping[str, tuple[str, str]] = {
    "goods": ("goods", "goods"),
    "codes": ("digital", "giftcode"),
    "own_codes": ("digital", "pool"),
    "flights": ("flight", "flight"),
    "events": ("event", "event"),
    "points": ("program", "foreign"),
    "donations": ("donation", "none"),
}
_OURS = ("goods", "foreign")  # signed by Standard Webhooks
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TAKEN = "new"  # a word in the console's addresses
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Enlisted:
    """A supplier that was taken on. `secret` is given where we have chosen it: it is shown once."""

    supplier: Supplier
    secret: str | None


def enlist(
    program_id: int,
    code: str,
    name: str,
    legal_entity_id: int,
    *,
    sells: str,
    base_url: str = "",
    secret: str = "",
    token: str = "",
    margin_bp: int = 0,
) -> Enlisted:
    """Take a legal entity of the program on as a supplier of what it `sells` (`SELLS`).

    Without a `secret` of its own one is made, in the form of Standard Webhooks. Raises Invalid that points at every
    wrong fact, Conflict `code_in_use`.
    """
    kind, protocol = SELLS.get(sells, ("", ""))
    wrong = {
        "/code": (not _CODE.fullmatch(code) or code == _TAKEN, "Small letters, digits and dashes."),
        "/name": (not 1 <= len(name) <= 100, "From 1 to 100 characters."),
        "/entity": (not _belongs(program_id, legal_entity_id), "No company of this program."),
        "/sells": (not protocol, "There is no such kind of supplier."),
        "/base_url": (not _reachable(base_url, protocol), "An address begins with https://."),
        "/secret": (bool(secret) and not _signs(secret, protocol), "whsec_ and 24 to 64 bytes in base64."),
        "/token": (len(token) > _LONGEST, f"At most {_LONGEST} characters."),
        "/margin_bp": (margin_bp not in MARGIN_BP, "From -99.99 to 1000 percent."),
    }
    problems = [FieldError(field, "invalid", words) for field, (is_wrong, words) in wrong.items() if is_wrong]
    if problems:
        raise Invalid("invalid", "The supplier cannot be taken on like this.", problems)
    made = None if secret else new_secret()
    supplier = directory.create(
        program_id,
        code,
        name,
        legal_entity_id,
        base_url=base_url,
        secret=secret or made or "",
        kind=kind,
        protocol=protocol,
        token=token,
        margin_bp=margin_bp,
    )
    return Enlisted(supplier, made)


def rekey(supplier_id: int, *, secret: str = "", token: str = "") -> str | None:
    """Let a supplier sign, and admit us, by others from now on; the secret that we have made, if none was given.

    The old ones are good for nothing at once. An empty `token` leaves it as it is. Raises NotFound, Invalid.
    """
    found = directory.get(supplier_id)
    if (secret and not _signs(secret, found.protocol)) or len(token) > _LONGEST:
        problem = FieldError("/secret", "invalid", "whsec_ and 24 to 64 bytes in base64.")
        raise Invalid("invalid", "The supplier cannot sign like this.", [problem])
    made = None if secret else new_secret()
    execute(
        "UPDATE supplier SET secret = :secret, token = coalesce(nullif(:token, ''), token) WHERE id = :id",
        {"id": supplier_id, "secret": secret or made, "token": token},
    )
    audit.record("supplier.rekey", f"supplier:{supplier_id}", token=bool(token))
    return made


def new_secret() -> str:
    """A secret in the form of Standard Webhooks: `whsec_` and 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Whether this has the form of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return text.startswith("whsec_") and 24 <= len(key) <= 64


def _belongs(program_id: int, legal_entity_id: int) -> bool:
    try:
        return partners.entity(legal_entity_id).program_id == program_id
    except NotFound:
        return False


def _reachable(base_url: str, protocol: str) -> bool:
    if not base_url:
        return protocol in SILENT
    return base_url.startswith(("https://", "http://")) and len(base_url) <= _LONGEST


def _signs(secret: str, protocol: str) -> bool:
    return is_secret(secret) if protocol in _OURS else 8 <= len(secret) <= _LONGEST and secret.isprintable()
