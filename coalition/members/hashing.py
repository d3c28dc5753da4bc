"""How an identifier's value becomes the keyed hash by which it is looked up; the value itself is never stored.

The key is derived from the installation's secret: whoever has only the database cannot test a guessed card number.
Changing SECRET_KEY makes every identifier unknown; a rotation has to rehash them.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from coalition import programs
from coalition.kernel import clock, config
from coalition.members import codes
from coalition.members.normalising import ROTATING, is_bank_card, normal, region_of

_OWN_NAMESPACE = ("external", "app")  # a partner's own numbers mean nothing at another partner
QR_ROTATING = "qr_rotating"


def hashed(program_id: int, partner_id: int, kind: str, value: str) -> bytes:
    """HMAC-SHA-256 of an identifier in its one spelling and its namespace: the program, or the partner's own."""
    space = f"{program_id}/{partner_id}" if kind in _OWN_NAMESPACE else str(program_id)
    bare = normal(kind, value, region(program_id, kind))
    return hmac.digest(_key(config.current().secret_key), f"{space}|{kind}|{bare}".encode(), "sha256")


def presented(program_id: int, partner_id: int, kind: str, value: str) -> bytes | None:
    """The hash under which what was presented would be kept; None for a rotating code that is not fresh.

    The number of a bank card in the place of its token is not even hashed.
    """
    if kind == "qr" and value.strip().startswith(ROTATING):
        found = codes.read_rotating(value, codes.step_of(clock.now()))
        return None if found is None else hashed(program_id, partner_id, QR_ROTATING, found[0])
    if kind == "bank_card_token" and is_bank_card(normal(kind, value)):
        return None
    return hashed(program_id, partner_id, kind, value)


def region(program_id: int, kind: str) -> str | None:
    """The country by whose rules an identifier is read; None where the kind has no national spelling."""
    return region_of(programs.get(program_id).zone) if kind == "phone" else None


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"coalition.members.identifier.v1", "sha256")
