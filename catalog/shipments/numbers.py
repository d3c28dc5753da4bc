"""Tracking numbers: whether one can be a carrier's at all, by the forms and check digits of tracking-numbers (S10 too).

Pure. Forms are named by that library's couriers: `s10` (posts of the world, UPU), `usps`, `ups`, `fedex`, `dhl`,
`ontrac`, `amazon`, `cdl`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from tracking_numbers import DEFINITIONS

from coalition.kernel.errors import FieldError, Invalid

FORMS = frozenset(definition.courier.code for definition in DEFINITIONS)
_S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def plain(number: str) -> str:
    """A number as it is stored and compared: capitals, without spaces."""
    return "".join(number.split()).upper()


def check(number: str, forms: Collection[str]) -> None:
    """Refuse a number that a carrier with these forms cannot have given; no forms, no refusal.

    Raises Invalid `tracking_number_invalid`.
    """
    if forms and not is_valid(number, forms):
        wrong = "A digit of it is wrong." if fits(number, forms) else "It has another form."
        problem = FieldError("/parcel/tracking_no", "tracking_number_invalid", wrong)
        raise Invalid("tracking_number_invalid", f"The carrier gives no such number. {wrong}", [problem])


def is_valid(number: str, forms: Collection[str]) -> bool:
    """Whether a number has one of the forms and the check digit that goes with it."""
    return any(found.valid for found in _matches(number, forms))


def fits(number: str, forms: Collection[str]) -> bool:
    """Whether a number has one of the forms, whatever its check digit."""
    return bool(_matches(number, forms))


def hint(number: str) -> str:
    """What is odd about a number of a carrier whose forms we do not know: `check_digit`, or "" for nothing."""
    number = plain(number)
    return "check_digit" if _S10.fullmatch(number) and number[10] != s10_digit(number[2:10]) else ""


def s10_digit(serial: str) -> str:
    """The check digit of the eight digits of an S10 number."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, _WEIGHTS, strict=True)) % 11
    return str({10: 0, 11: 5}.get(rest, rest))


def _matches(number: str, forms: Collection[str]) -> list[Any]:
    tested = (definition.test(plain(number)) for definition in DEFINITIONS if definition.courier.code in forms)
    return [found for found in tested if found is not None]
