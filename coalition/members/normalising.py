"""One spelling for all spellings of the same identifier, kind by kind: what readers, scanners and people send.

Pure. Whatever has no other spelling stays as it is, so that a value that means nothing is simply unknown; `check` is
for what somebody wants to keep.

- card: the number; a magnetic stripe's track 1 (`%B...^...?`) or track 2 (`;...=...?`), as a reader sends it,
  reduces to its number. chip: the token that the chip tells.
- barcode: GTIN-13. UPC-A (12 digits) and GTIN-14 that begin with 0 are the same number; a code whose check digit the
  scanner kept to itself (11 or 12 digits that do not check) gets it back; the `*` of Code 39 fall away.
- nfc, rfid: the UID in hexadecimal, whatever separates its bytes.
- phone: E.164 without the plus, read by the rules of the program's country where it is written nationally.
- bank_card_token: what the issuer's bank calls the card; the card's own number is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import phonenumbers
from babel.core import get_global

from coalition.kernel.errors import FieldError, Invalid

KINDS = ("card", "chip", "bank_card_token", "barcode", "qr", "nfc", "rfid", "phone", "email", "external", "app")
ROTATING = "CQ1."  # how a rotating QR payload begins; see `codes`
_SEPARATORS = re.compile(r"[\s\-().]+")
_UID_SEPARATORS = re.compile(r"[\s\-:.]+")
_TRACK_1 = re.compile(r"%[A-Z]([^^?]{1,64})\^")
_TRACK_2 = re.compile(r";([0-9]{1,37})[=?]")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_UID = re.compile(r"[0-9A-F]{4,64}")
_CARD_LIKE = re.compile(r"(?<![0-9])[2-6](?:[ -]?[0-9]){12,18}(?![0-9])")
_MAX = 256


def normal(kind: str, value: str, region: str | None = None) -> str:
    """The one spelling of an identifier; `region` (ISO 3166) is where a national phone number belongs."""
    return _FORMS.get(kind, _text)(value) if kind != "phone" else _phone(value, region)


def region_of(zone: str) -> str | None:
    """The country of an IANA time zone: where a program's national phone numbers belong."""
    found: str | None = get_global("zone_territories").get(zone)
    return found if found != "ZZ" else None


def hint(kind: str, value: str, region: str | None = None) -> str:
    """What people may see of it: the last four characters, never more than a quarter of the whole."""
    bare = normal(kind, value, region)
    return bare[-min(4, len(bare) // 4) :] if len(bare) >= 4 else ""


def check(kind: str, value: str, pointer: str, region: str | None = None) -> None:
    """Refuse what no identifier of this kind can look like. Raises Invalid at `pointer`/value."""
    bare = normal(kind, value, region)
    if not bare or len(bare) > _MAX:
        raise _wrong(pointer, "invalid", f"An identifier has 1 to {_MAX} characters.")
    if kind == "phone" and _parsed(value, region) is None:
        raise _wrong(pointer, "invalid", "This is no phone number; write it with its country code.")
    if kind == "email" and not _EMAIL.fullmatch(bare):
        raise _wrong(pointer, "invalid", "This is no e-mail address.")
    if kind in ("nfc", "rfid") and not _UID.fullmatch(bare):
        raise _wrong(pointer, "invalid", "A UID is written in hexadecimal digits.")
    if kind == "qr_rotating" or (kind == "qr" and bare.startswith(ROTATING)):
        raise _wrong(pointer, "invalid", "A rotating code is made by us and cannot be kept.")
    if kind == "bank_card_token" and is_bank_card(bare):
        raise _wrong(pointer, "card_number_refused", "Send the issuer's token, never the number of a bank card.")


def refuse_bank_cards(**texts: str) -> None:
    """Refuse the number of a bank card in what people write: names, notes. Invalid at the texts' pointers.

    A name's two underscores are a step of the pointer. Loyalty cards, which begin with other digits, are left alone.
    """
    detail = "Leave out the number of a bank card."
    wrong = [
        FieldError(f"/{name.replace('__', '/')}", "card_number_refused", detail)
        for name, text in texts.items()
        if any(is_bank_card(_SEPARATORS.sub("", found)) for found in _CARD_LIKE.findall(text))
    ]
    if wrong:
        raise Invalid("invalid", "Numbers of bank cards are not kept.", wrong)


def is_bank_card(text: str) -> bool:
    """Whether this looks like the number of a bank card: 13 to 19 digits that pass Luhn's check."""
    if not (text.isascii() and text.isdecimal() and 13 <= len(text) <= 19):
        return False
    digits = [int(char) for char in reversed(text)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def _text(value: str) -> str:
    return value.strip()


def _number(value: str) -> str:
    return _SEPARATORS.sub("", value).upper()


def _address(value: str) -> str:
    return value.strip().casefold()


def _card(value: str) -> str:
    text = value.strip()
    if text[:1] in ("%", ";"):
        track = _TRACK_1.search(text.upper()) or _TRACK_2.search(text)
        text = track[1] if track else text
    return _number(text)


def _uid(value: str) -> str:
    return _UID_SEPARATORS.sub("", value).upper().removeprefix("0X")


def _barcode(value: str) -> str:
    bare = _number(value)
    if len(bare) > 2 and bare[0] == bare[-1] == "*":
        bare = bare[1:-1]
    if not (bare.isascii() and bare.isdecimal() and 11 <= len(bare) <= 14):
        return bare
    if len(bare) == 14:
        return bare[1:] if bare[0] == "0" and _checks(bare) else bare
    if len(bare) == 13:
        return bare
    if len(bare) == 12 and _checks(bare):
        return "0" + bare
    payload = bare.zfill(12)
    return payload + str(_check_digit(payload))


def _checks(digits: str) -> bool:
    return _check_digit(digits[:-1]) == int(digits[-1])


def _check_digit(payload: str) -> int:
    """GS1's check digit: weights 3 and 1 from the right, up to the next ten."""
    weighed = sum(int(char) * (3 if at % 2 == 0 else 1) for at, char in enumerate(reversed(payload)))
    return -weighed % 10


def _phone(value: str, region: str | None) -> str:
    found = _parsed(value, region)
    return found or _number(value).lstrip("+")


def _parsed(value: str, region: str | None) -> str | None:
    """The number in E.164 without its plus; None if this can be no phone number."""
    text = value.strip()
    for spelling, where in ((text, region), ("+" + text.lstrip("+"), None)):
        try:
            found = phonenumbers.parse(spelling, where)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(found):
            return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))[1:]
    return None


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid", "The identifier cannot be used.", [FieldError(f"{pointer}/value", code, detail)])


_FORMS: Mapping[str, Callable[[str], str]] = {
    "card": _card,
    "chip": _number,
    "bank_card_token": _number,
    "barcode": _barcode,
    "nfc": _uid,
    "rfid": _uid,
    "email": _address,
}
