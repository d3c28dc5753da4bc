"""Reading an expert's text back into the nodes of a condition. Whatever cannot be read is named with its place.

The grammar is that of `expert`; `&&` binds tighter than `||`, brackets are kept as nesting. It knows no types: what it
reads, `engine.check` still has to accept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.wording.expert import AGGREGATES, METHODS, NAME, SIGNS, WORDS

LENGTH_MAX, DEPTH_MAX = 50_000, 40
_SPACE = re.compile(r"\s*")
_OPS = {sign: op for op, sign in SIGNS.items()}
_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_OPS, key=len, reverse=True)))
_JSON = json.JSONDecoder()


class _Stop(Exception):
    """The text cannot be read on from here."""

    def __init__(self, at: int, detail: str) -> None:
        super().__init__(detail)
        self.at, self.detail = at, detail


def understood(text: str) -> dict[str, Any]:
    """The condition that a text says. Raises Invalid `not_understood` with the line and the column of the place."""
    reader = _Reader(text[: LENGTH_MAX + 1])
    try:
        if len(text) > LENGTH_MAX:
            raise _Stop(LENGTH_MAX, f"At most {LENGTH_MAX} characters.")
        node = reader.either(0)
        if reader.rest():
            raise _Stop(reader.at, "Nothing more was expected here.")
    except _Stop as stop:
        before = text[: stop.at]
        line, column = before.count("\n") + 1, stop.at - before.rfind("\n")
        detail = f"Line {line}, character {column}: {stop.detail}"
        raise Invalid("not_understood", detail, [FieldError("", "not_understood", detail)]) from None
    return node


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0

    def rest(self) -> bool:
        """Whether something is left after spaces."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at < len(self.text)

    def takes(self, sign: str) -> bool:
        """Whether this sign comes next; it is taken then."""
        self.rest()
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def wants(self, sign: str) -> None:
        if not self.takes(sign):
            raise _Stop(self.at, f"`{sign}` was expected here.")

    def word(self) -> str:
        """The dotted name that comes next, or nothing."""
        self.rest()
        found = NAME.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return found.group()

    def either(self, depth: int) -> dict[str, Any]:
        return self._joined("||", "any", depth, self._both)

    def _both(self, depth: int) -> dict[str, Any]:
        return self._joined("&&", "all", depth, self._one)

    def _joined(self, sign: str, key: str, depth: int, part: Any) -> dict[str, Any]:
        if depth > DEPTH_MAX:
            raise _Stop(self.at, "This nests too deep.")
        parts = [part(depth + 1)]
        while self.takes(sign):
            parts.append(part(depth + 1))
        return parts[0] if len(parts) == 1 else {key: parts}

    def _one(self, depth: int) -> dict[str, Any]:
        if depth > DEPTH_MAX:
            raise _Stop(self.at, "This nests too deep.")
        if self.takes("!"):
            return {"not": self._one(depth + 1)}
        if self.takes("("):
            node = self.either(depth + 1)
            self.wants(")")
            return node
        begins = self.at
        name = self.word()
        if name in ("all", "any"):
            return {name: self._listed(depth)}
        if name == "has":
            self.wants("(")
            node = {"exists": self._field()}
            self.wants(")")
            return node
        if name == "stat":
            return self._stat()
        if name.partition(".")[0] == "lines":
            self.at = begins + len("lines")
            return self._lines(depth)
        self.at = begins
        return self._leaf()

    def _listed(self, depth: int) -> list[dict[str, Any]]:
        """`all()` and `all(x)`: what `&&` cannot say."""
        self.wants("(")
        if self.takes(")"):
            return []
        nodes = [self.either(depth + 1)]
        while self.takes(","):
            nodes.append(self.either(depth + 1))
        self.wants(")")
        return nodes

    def _lines(self, depth: int) -> dict[str, Any]:
        where = None
        self.wants(".")
        begins, name = self.at, self.word()
        if name == "where":
            self.wants("(")
            where = self.either(depth + 1)
            self.wants(")")
            self.wants(".")
            begins, name = self.at, self.word()
        if name not in AGGREGATES:
            raise _Stop(begins, f"One of {', '.join(AGGREGATES)} was expected here.")
        self.wants("(")
        inner: dict[str, Any] = {"agg": name} if name == "count" else {"agg": name, "of": self._field()}
        self.wants(")")
        inner |= {"where": where} if where is not None else {}
        return {"lines": inner | self._comparison(self._method())}

    def _stat(self) -> dict[str, Any]:
        self.wants("(")
        given = [self._value()]
        while self.takes(","):
            given.append(self._value())
        self.wants(")")
        if len(given) > 3:
            raise _Stop(self.at, "A name, a window and what it is of.")
        named = zip(("stat", "window", "where"), given, strict=False)
        return {name: value for name, value in named if value is not None} | self._comparison(self._method())

    def _leaf(self) -> dict[str, Any]:
        begins = self.at
        name = self.word()
        if not name or (name in WORDS and name != "field"):
            raise _Stop(begins, "The name of a field was expected here.")
        if name == "field":
            self.at = begins
            name = self._field()
            return {"f": name} | self._comparison(self._method())
        path, _, method = name.rpartition(".")
        if path and method in METHODS and self.takes("("):
            self.at -= 1
            return {"f": path} | self._comparison(method)
        return {"f": name} | self._comparison("")

    def _field(self) -> str:
        begins, name = self.at, self.word()
        if name == "field":
            self.wants("(")
            name = self._value()
            self.wants(")")
        if not name or not isinstance(name, str):
            raise _Stop(begins, "The name of a field was expected here.")
        return name

    def _method(self) -> str:
        """The method behind what was just read (`.between`), or nothing."""
        if not self.takes("."):
            return ""
        begins, name = self.at, self.word()
        if name not in METHODS:
            raise _Stop(begins, f"One of {', '.join(METHODS)} was expected here.")
        return name

    def _comparison(self, method: str) -> dict[str, Any]:
        if method:
            self.wants("(")
            value = self._value()
            if method == "between":
                self.wants(",")
                value = [value, self._value()]
            self.wants(")")
            return {"op": method, "v": value}
        self.rest()
        found = _SIGN.match(self.text, self.at)
        if found:
            self.at = found.end()
            return {"op": _OPS[found.group()], "v": self._value()}
        begins, name = self.at, self.word()
        if name == "in":
            return {"op": "in", "v": self._value()}
        if name == "not" and self.word() == "in":
            return {"op": "nin", "v": self._value()}
        raise _Stop(begins, "A comparison was expected here, like == or in.")

    def _value(self) -> Any:
        self.rest()
        try:
            value, self.at = _JSON.raw_decode(self.text, self.at)
        except (ValueError, RecursionError):
            raise _Stop(self.at, 'A number, a "text" or a list like ["a", "b"] was expected here.') from None
        return value
