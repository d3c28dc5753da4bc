"""How an identifier's value becomes the keyed hash by which it is looked up; the value itself is never stored.

Pure but for the key, which is derived from the installation's secret: whoever has only the database cannot test a
guessed card number. Changing SECRET_KEY makes every identifier unknown; a rotation has to rehash them.
"""

from __future__ import annotations

import hmac
import re
from functools import lru_cache

from coalition.kernel import config
from coalition.kernel.errors import FieldError, Invalid

KINDS = ("card", "bank_card_token", "barcode", "qr", "nfc", "rfid", "phone", "email", "external", "app")
_OWN_NAMESPACE = ("external", "app")  # a partner's own numbers mean nothing at another partner
_SEPARATORS = re.compile(r"[\s\-().]+")
_PHONE = re.compile(r"\+?[0-9]{6,15}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_MAX = 256


def hashed(program_id: int, partner_id: int, kind: str, value: str) -> bytes:
    """HMAC-SHA-256 of an identifier as `normal` writes it, in its namespace: the program, or the partner's own."""
    space = f"{program_id}/{partner_id}" if kind in _OWN_NAMESPACE else str(program_id)
    return hmac.digest(_key(config.current().secret_key), f"{space}|{kind}|{normal(kind, value)}".encode(), "sha256")


def normal(kind: str, value: str) -> str:
    """One spelling for all spellings of the same identifier: no separators in numbers, one case in addresses."""
    if kind in ("external", "app", "qr"):
        return value.strip()
    if kind == "email":
        return value.strip().casefold()
    bare = _SEPARATORS.sub("", value)
    return bare.lstrip("+") if kind == "phone" else bare.upper()


def hint(kind: str, value: str) -> str:
    """What people may see of it: the last four characters, never more than a quarter of the whole."""
    bare = normal(kind, value)
    return bare[-min(4, len(bare) // 4) :] if len(bare) >= 4 else ""


def check(kind: str, value: str, pointer: str) -> None:
    """Refuse what no identifier of this kind can look like. Raises Invalid at `pointer`/value."""
    bare = normal(kind, value)
    if not bare or len(bare) > _MAX:
        raise _wrong(pointer, "invalid", f"An identifier has 1 to {_MAX} characters.")
    if kind == "phone" and not _PHONE.fullmatch(bare):
        raise _wrong(pointer, "invalid", "A phone number has 6 to 15 digits, with its country code.")
    if kind == "email" and not _EMAIL.fullmatch(bare):
        raise _wrong(pointer, "invalid", "This is no e-mail address.")
    if kind == "bank_card_token" and _is_card_number(bare):
        raise _wrong(pointer, "card_number_refused", "Send the issuer's token, never the number of a bank card.")


def _is_card_number(text: str) -> bool:
    if not (text.isascii() and text.isdecimal() and 13 <= len(text) <= 19):
        return False
    digits = [int(char) for char in reversed(text)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid", "The identifier cannot be used.", [FieldError(f"{pointer}/value", code, detail)])


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"coalition.members.identifier.v1", "sha256")
