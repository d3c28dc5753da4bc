"""Virtual cards: numbers that we make, for members who have nothing to show at a till.

A number is the program's prefix, nine digits and Luhn's check digit. The digits are derived under the installation's
key from whose card it is and the issuer's own id of it, so that the same request says the same number again although
nothing but its hash is kept. It begins with 98, which no bank's card does.
"""

from __future__ import annotations

import hmac

from coalition.kernel import audit, config
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import Unavailable
from coalition.members.hashing import hashed
from coalition.members.identifiers import Identifier, announce, find_by_hash, insert

_ATTEMPTS = 20
_DIGITS = 9


def issue_card(program_id: int, partner_id: int, member_id: int, external_id: str) -> tuple[Identifier, str, bool]:
    """A virtual card of a member with its number; the same external id again is the same card (True: replayed).

    A number that somebody has, or had, is left alone and the next one taken. Raises RacingKey.
    """
    for attempt in range(_ATTEMPTS):
        number = _number(program_id, f"{program_id}/{partner_id}/{member_id}/{attempt}/{external_id}")
        value_hash = hashed(program_id, partner_id, "card", number)
        row = fetch_one("SELECT member_id FROM identifier WHERE value_hash = :hash LIMIT 1", {"hash": value_hash})
        if row is None:
            insert(program_id, partner_id, member_id, [("card", number)], pointer="")
            made = find_by_hash(value_hash)
            audit.record("card.issue", f"member:{member_id}", identifier=made.id, external_id=external_id)
            announce(member_id)
            return made, number, False
        if row.member_id == member_id:
            return find_by_hash(value_hash), number, True
    raise Unavailable("busy", "No free number was found; try again with another external_id.")


def _number(program_id: int, about: str) -> str:
    key = hmac.digest(config.current().secret_key.encode(), b"coalition.members.card.v1", "sha256")
    drawn = int.from_bytes(hmac.digest(key, about.encode(), "sha256")[:16]) % 10**_DIGITS
    payload = f"98{program_id % 10_000:04}{drawn:0{_DIGITS}}"
    return payload + str(luhn_digit(payload))


def luhn_digit(payload: str) -> int:
    """The digit that makes a number pass Luhn's check."""
    digits = [int(char) for char in reversed(payload)]
    return -sum([sum(divmod(2 * digit, 10)) for digit in digits[::2]] + digits[1::2]) % 10
