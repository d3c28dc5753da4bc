"""Reading a return or a void out of a parsed JSON object: over the API, and as a line of a registry.

A line of a registry says what it is (`type`) and which purchase it means (`purchase_external_id`); over the API both
stand in the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.kernel import clock
from coalition.purchases.fields import Fields, request_hash
from coalition.purchases.lines import NO_MAX
from coalition.purchases.reading.receipt import LINES_MAX
from coalition.purchases.returns import RETURN, VOID, Return, ReturnedLine

_FIELDS = {RETURN: frozenset(("external_id", "occurred_at", "lines")), VOID: frozenset(("external_id", "occurred_at"))}
_REGISTRY = frozenset(("type", "purchase_external_id"))
_LINE_FIELDS = frozenset(("no", "qty_m"))


def read_return(body: Mapping[str, Any], kind: str | None = None) -> Return:
    """The return in `body`: of the `kind` that an address names (the caller adds the purchase), or that of a registry's
    line, which names its kind and its purchase itself.

    Raises Invalid, which names every wrong field by its JSON pointer.
    """
    return _Reader(body).read(kind)


class _Reader(Fields):
    """A return being read."""

    __slots__ = ()

    def read(self, kind: str | None) -> Return:
        body = self.body
        sort = kind or self.kind(body.get("type"))
        self.known(body, _FIELDS[sort] | (frozenset() if kind else _REGISTRY), "")
        external_id = self.text(body, "external_id", 100)
        named = self.text(body, "purchase_external_id", 100) if kind is None else None
        if sort == VOID and body.get("occurred_at") is None:
            occurred_at = clock.now()
        else:
            occurred_at = self.instant(body, "occurred_at")
        lines = self.lines(body.get("lines")) if sort == RETURN else ()
        self.done()
        content = (sort, occurred_at.isoformat() if sort == RETURN else None, sorted(lines, key=lambda line: line.no))
        return Return(external_id, sort, occurred_at, lines, request_hash(content), None, named)

    def kind(self, given: Any) -> str:
        if given in (RETURN, VOID):
            return str(given)
        self.wrong("/type", "required" if given is None else "invalid", f"A type is {RETURN} or {VOID}.")
        return RETURN

    def lines(self, given: Any) -> tuple[ReturnedLine, ...]:
        if not isinstance(given, list) or not 1 <= len(given) <= LINES_MAX:
            self.wrong("/lines", "required" if given is None else "invalid", f"Send 1 to {LINES_MAX} lines.")
            return ()
        lines = tuple([self.line(line, f"/lines/{at}") for at, line in enumerate(given)])
        if len({line.no for line in lines}) < len(lines) and not self.problems:
            self.wrong("/lines", "duplicate_no", "Name every line once.")
        return lines

    def line(self, given: Any, pointer: str) -> ReturnedLine:
        if not isinstance(given, dict):
            self.wrong(pointer, "invalid", "A line is an object.")
            return ReturnedLine(0)
        self.known(given, _LINE_FIELDS, pointer)
        no = self.integer(given, "no", pointer, least=1, most=NO_MAX)
        qty_m = None if given.get("qty_m") is None else self.integer(given, "qty_m", pointer, least=1)
        return ReturnedLine(no, qty_m)
