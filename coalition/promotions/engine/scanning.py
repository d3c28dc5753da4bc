"""Taking what is expected out of JSON: what is of another type is named by its pointer, nothing is guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition.kernel.errors import FieldError
from coalition.promotions.engine.checking import Condition, check, check_line
from coalition.promotions.engine.compiling import Filter, filtered
from coalition.promotions.engine.facts import instant

INT_MAX = 10**15


@dataclass(slots=True)
class Scanner:
    """Everything that is wrong so far. Of what is wrong a value of the right type is returned."""

    problems: list[FieldError] = field(default_factory=list)

    def wrong(self, pointer: str, code: str, detail: str) -> None:
        """Name something that is wrong."""
        self.problems.append(FieldError(pointer, code, detail))

    def object(self, given: Any, pointer: str, *, required: bool = False) -> Mapping[str, Any]:
        """An object; nothing is an empty one, unless it is required."""
        if (required or given is not None) and not isinstance(given, Mapping):
            self.wrong(pointer, "not_an_object", "An object.")
        return given if isinstance(given, Mapping) else {}

    def text(self, given: Mapping[str, Any], name: str, pointer: str = "") -> str | None:
        """A text, or None where there is none."""
        value = given.get(name)
        if value is not None and not (isinstance(value, str) and 1 <= len(value) <= 200):
            self.wrong(f"{pointer}/{name}", "invalid", "A text of 1 to 200 characters.")
        return value if isinstance(value, str) else None

    def texts(self, given: Mapping[str, Any], name: str, pointer: str) -> Sequence[str]:
        """A list of texts."""
        value = given.get(name)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            self.wrong(f"{pointer}/{name}", "invalid", "A list of texts.")
            return ()
        return value or ()

    def number(
        self, given: Any, name: str, pointer: str, default: int | None, *, least: int = 0, most: int = INT_MAX
    ) -> int:
        """A whole number."""
        value = self.object(given, pointer, required=True).get(name, default)
        if type(value) is not int or not least <= value <= most:
            self.wrong(f"{pointer}/{name}", "invalid", f"A whole number of at least {least}.")
            return 1
        return value

    def numbers(self, given: Mapping[str, Any], pointer: str, **least: int) -> None:
        """Whole numbers, each of at least so much, where they are given."""
        for name, lowest in least.items():
            if name in given:
                self.number(given, name, pointer, None, least=lowest)

    def one_of(self, given: Any, name: str, known: Sequence[str], pointer: str, default: str | None) -> str:
        """One of the known words."""
        value = self.object(given, pointer, required=True).get(name, default)
        if value not in known:
            self.wrong(f"{pointer}/{name}", "invalid", f"One of {', '.join(known)}.")
            return known[0]
        return str(value)

    def listed(self, given: Mapping[str, Any], name: str, pointer: str = "") -> Sequence[Any]:
        """A list."""
        value = given.get(name)
        if value is not None and not isinstance(value, list):
            self.wrong(f"{pointer}/{name}", "invalid", "A list.")
            return ()
        return value or ()

    def instant(self, given: Mapping[str, Any], name: str, pointer: str = "") -> dt.datetime | None:
        """An instant, or None where there is none."""
        try:
            return None if given.get(name) is None else instant(given[name])
        except (TypeError, ValueError):
            self.wrong(f"{pointer}/{name}", "invalid", "An instant, like 2026-11-20T00:00:00Z.")
            return None

    def condition(self, node: Any, pointer: str) -> Condition | None:
        """A checked condition, or None where there is none."""
        if node is None:
            return None
        found, problems = check(node)
        self.problems += [FieldError(pointer + one.pointer, one.code, one.detail) for one in problems]
        return None if problems else found

    def filter(self, node: Any, pointer: str) -> Filter:
        """A condition on one line; without one every line fits."""
        problems = [] if node is None else check_line(node)
        self.problems += [FieldError(pointer + one.pointer, one.code, one.detail) for one in problems]
        return filtered(None if problems else node)
