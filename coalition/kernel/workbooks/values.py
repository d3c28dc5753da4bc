"""What a cell says, as the text that a table would have: numbers exact, dates as year-month-day. Pure.

A spreadsheet keeps numbers as binary fractions and shows fifteen digits of them; those are what a person has written,
so 12.10 is 12.1 and never 12.0999999999999996. A longer number, such as that of a card, has lost its last digits
wherever a spreadsheet has saved it, and the file does not tell: it is an error and not another number.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

NO_RESULT = "#FORMULA!"  # a formula whose result is not in the file
TOO_LONG = "#DIGITS!"  # a number of more than fifteen digits before its mark
OTHER_ERROR = "#VALUE!"  # in the place of errors that have names in some spreadsheets only
ERRORS = frozenset(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", OTHER_ERROR, NO_RESULT, TOO_LONG))
WHAT_ERRORS_ARE = (
    "an error of the spreadsheet, a formula without its result, or a number of more than 15 digits (write it as text)"
)
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_FIRST_TOO_LONG = 1e15
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)Z?)?")
_MIDNIGHT = dt.time()


def number_text(text: str, decimal: str, digits: int = 0) -> str:
    """A number's own text with this decimal mark, a whole one with zeros before it up to so many digits.

    Raises ValueError.
    """
    if _WHOLE.fullmatch(text):
        return text.zfill(digits)
    if not abs(number := float(text)) < _FIRST_TOO_LONG:
        return TOO_LONG
    plain = format(Decimal(format(number, ".15g")), "f")
    if plain.isdecimal():
        return plain.zfill(digits)
    return plain if decimal == "." else plain.replace(".", decimal)


def moment_reader(*, since_1904: bool) -> Callable[[str], str]:
    """How a number that is shown as a date is read: `2026-11-20`, `2026-11-20 11:30:00` or `11:30:00`.

    What it gives raises ValueError and OverflowError.
    """
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    epoch = MAC_EPOCH if since_1904 else WINDOWS_EPOCH

    def read(text: str) -> str:
        found = from_excel(float(text), epoch)
        if isinstance(found, dt.time):
            return found.isoformat()
        day = found.date().isoformat()
        return day if found.time() == _MIDNIGHT else f"{day} {found.time().isoformat()}"

    return read


def iso_text(text: str) -> str:
    """A date that is written as ISO 8601 has it, in the words of `moment_reader`. Raises ValueError."""
    found = _ISO.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no date")
    return f"{found[1]} {found[2]}" if found[2] else found[1]


def unescaped(text: str) -> str:
    """A text without the escapes by which a workbook writes what XML cannot hold."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code <= 0xDFFF else chr(code)
