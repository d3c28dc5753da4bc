"""Reading the fields of a parsed JSON object, strictly: what every reader of purchases and returns is made of.

Exact types (a bool is no integer), bounded lengths and ranges, no unknown field; problems gather, so that every wrong
field is named at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from coalition.kernel.errors import FieldError, Invalid

AMOUNT_MAX = 10**12
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_canonical = json.JSONEncoder(separators=(",", ":")).encode


class Fields:
    """One body being read; problems gather until the end."""

    __slots__ = ("body", "problems")

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        self.problems: list[FieldError] = []

    def instant(self, of: Mapping[str, Any], name: str) -> dt.datetime:
        """An RFC 3339 instant with its offset, in UTC."""
        given = of.get(name)
        if isinstance(given, str) and _INSTANT.fullmatch(given):
            try:
                instant = dt.datetime.fromisoformat(given.upper()).astimezone(dt.UTC)
            except (ValueError, OverflowError):
                pass
            else:
                if 2000 <= instant.year < 2100:
                    return instant
        code = "required" if given is None else "invalid"
        self.wrong(f"/{name}", code, "Send an RFC 3339 instant with its offset, from the years 2000 to 2099.")
        return dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

    def integer(
        self,
        of: Mapping[str, Any],
        name: str,
        pointer: str,
        *,
        default: int | None = None,
        least: int = 0,
        most: int = AMOUNT_MAX,
    ) -> int:
        """An integer from `least` to `most`; `default` where there is none."""
        value = of.get(name)
        if type(value) is int and least <= value <= most:
            return value
        if value is None and default is not None:
            return default
        if value is None:
            self.wrong(f"{pointer}/{name}", "required", "Missing data for required field.")
        else:
            self.wrong(f"{pointer}/{name}", "invalid", f"Send an integer from {least} to {most}.")
        return least

    def text(self, of: Mapping[str, Any], name: str, most: int, pointer: str = "") -> str:
        """A text of 1 to `most` characters."""
        value = of.get(name)
        if type(value) is str and 1 <= len(value) <= most:
            return value
        code = "required" if value is None else "invalid"
        self.wrong(f"{pointer}/{name}", code, f"Send a text of 1 to {most} characters.")
        return ""

    def optional(self, of: Mapping[str, Any], name: str, most: int, pointer: str) -> str | None:
        """A text of at most `most` characters, or None."""
        value = of.get(name)
        if value is None:
            return None
        if type(value) is str and len(value) <= most:
            return value
        self.wrong(f"{pointer}/{name}", "invalid", f"Send a text of at most {most} characters.")
        return None

    def known(self, of: Mapping[str, Any], names: frozenset[str], pointer: str) -> None:
        """Name every field that is not one of `names`."""
        if of.keys() <= names:
            return
        for name in of.keys() - names:
            self.wrong(f"{pointer}/{name[:80]}", "unknown_field", "Unknown field.")

    def wrong(self, pointer: str, code: str, detail: str) -> None:
        """Note a problem; the hundredth is the last that is named."""
        if len(self.problems) < 100:
            self.problems.append(FieldError(pointer, code, detail))

    def done(self, telling: Callable[[str], bool] = frozenset[str]().__contains__) -> None:
        """Raise Invalid if anything was wrong. A code that says more than "invalid" becomes the refusal's own."""
        if not self.problems:
            return
        said = [problem for problem in self.problems if telling(problem.code)]
        code = said[0].code if len(said) == len(self.problems) else "invalid"
        raise Invalid(code, "One or more fields are wrong.", self.problems)


def request_hash(content: Any, rows: Iterable[str] = ()) -> bytes:
    """SHA-256 of a canonical form, the same for every spelling of the same content and on every path.

    `rows`: what has been written in a canonical form already.
    """
    return hashlib.sha256("\n".join((_canonical(content), *rows)).encode()).digest()
