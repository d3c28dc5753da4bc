"""Checking conditions when they are saved: unknown fields ("did you mean"), types, depth and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from coalition.promotions.engine.conditions import LISTS, SETS, Node

AGGREGATES = ("count", "sum", "distinct", "max")
DEPTH_MAX, LIST_MAX, COST_MAX, LINES_MOST = 12, 5_000, 20_000, 200
ORDERED = frozenset({"gt", "gte", "lt", "lte", "between"})
EQUAL = frozenset({"eq", "ne", "in", "nin"})
OPERATORS = {"int": ORDERED | EQUAL, "str": EQUAL | {"starts"}, "bool": frozenset({"eq"}), "set": SETS}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a node, and where: a JSON pointer into the condition."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition: its node, and the fields it reads of the event and of lines."""

    node: Node
    reads: frozenset[str] = frozenset()
    reads_of_lines: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Check:
    """One check under way. `types`: the known fields; None takes any name, and its type from the value."""

    types: Mapping[str, str] | None
    line_types: Mapping[str, str] | None
    problems: list[Problem] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    reads_of_lines: set[str] = field(default_factory=set)
    nodes: int = 0
    loops: int = 0

    def wrong(self, pointer: str, code: str, detail: str) -> None:
        self.problems.append(Problem(pointer, code, detail))

    def node(self, given: Any, pointer: str, depth: int, line: bool) -> None:
        self.nodes += 1
        if depth > DEPTH_MAX:
            return self.wrong(pointer, "too_deep", f"Conditions nest at most {DEPTH_MAX} levels.")
        if not isinstance(given, Mapping):
            return self.wrong(pointer, "not_a_node", "A condition is an object.")
        kind = next((key for key in ("all", "any", "not", "f", "exists", "lines", "stat") if key in given), None)
        if kind is None or (line and kind in ("lines", "stat")):
            return self.wrong(pointer, "unknown_node", "One of all, any, not, f, exists, lines, stat.")
        getattr(self, f"_{kind}")(given, pointer, depth, line)
        return None

    def _several(self, given: Any, pointer: str, depth: int, line: bool) -> None:
        if not isinstance(given, list) or len(given) > LIST_MAX:
            return self.wrong(pointer, "not_a_list", "A list of conditions.")
        for at, inner in enumerate(given):
            self.node(inner, f"{pointer}/{at}", depth + 1, line)
        return None

    def _all(self, given: Node, pointer: str, depth: int, line: bool) -> None:
        self._only(given, {"all"}, pointer)
        self._several(given["all"], f"{pointer}/all", depth, line)

    def _any(self, given: Node, pointer: str, depth: int, line: bool) -> None:
        self._only(given, {"any"}, pointer)
        self._several(given["any"], f"{pointer}/any", depth, line)

    def _not(self, given: Node, pointer: str, depth: int, line: bool) -> None:
        self._only(given, {"not"}, pointer)
        self.node(given["not"], f"{pointer}/not", depth + 1, line)

    def _exists(self, given: Node, pointer: str, depth: int, line: bool) -> None:
        self._only(given, {"exists"}, pointer)
        self._field(given["exists"], f"{pointer}/exists", line)

    def _f(self, given: Node, pointer: str, depth: int, line: bool) -> None:
        self._only(given, {"f", "op", "v"}, pointer)
        kind = self._field(given["f"], f"{pointer}/f", line)
        self._compared(given, kind, pointer)

    def _lines(self, given: Node, pointer: str, depth: int, line: bool) -> None:
        inner, at = given["lines"], f"{pointer}/lines"
        self._only(given, {"lines"}, pointer)
        if not isinstance(inner, Mapping):
            return self.wrong(at, "not_a_node", "An object with agg, op and v.")
        self.loops += 1
        self._only(inner, {"where", "agg", "of", "op", "v"}, at)
        if inner.get("agg") not in AGGREGATES:
            self.wrong(f"{at}/agg", "unknown_aggregate", f"One of {', '.join(AGGREGATES)}.")
        if inner.get("agg") != "count":
            kind = self._field(inner.get("of"), f"{at}/of", True)
            if inner.get("agg") in ("sum", "max") and kind not in ("int", None):
                self.wrong(f"{at}/of", "not_a_number", "Only a number can be summed up.")
        if inner.get("where") is not None:
            self.node(inner["where"], f"{at}/where", depth + 1, True)
        self._compared(inner, "int", at)
        return None

    def _stat(self, given: Node, pointer: str, depth: int, line: bool) -> None:
        self._only(given, {"stat", "window", "where", "op", "v"}, pointer)
        if not isinstance(given["stat"], str) or not isinstance(given.get("where") or {}, Mapping):
            self.wrong(pointer, "not_a_stat", "A name, a window and, maybe, what it is of.")
        self._compared(given, "int", pointer)

    def _only(self, given: Node, known: set[str], pointer: str) -> None:
        for name in sorted(set(given) - known):
            self.wrong(f"{pointer}/{name}", "unknown_field", _meant(name, known))

    def _field(self, name: Any, pointer: str, line: bool) -> str | None:
        """The type of a field, None where it is not known."""
        if not isinstance(name, str) or not name or len(name) > 200:
            self.wrong(pointer, "not_a_field", "The name of a field.")
            return None
        (self.reads_of_lines if line else self.reads).add(name)
        known = self.line_types if line else self.types
        if known is None:
            return None
        if name not in known:
            self.wrong(pointer, "unknown_field", _meant(name, known))
        return known.get(name)

    def _compared(self, given: Node, kind: str | None, pointer: str) -> None:
        op, value = given.get("op"), given.get("v")
        allowed = OPERATORS[kind] if kind else frozenset[str]().union(*OPERATORS.values())
        if not isinstance(op, str) or op not in allowed:
            return self.wrong(f"{pointer}/op", "unknown_operator", _meant(str(op), allowed))
        wanted = _wanted(op, kind, value)
        if wanted is None:
            return self.wrong(f"{pointer}/v", "wrong_type", f"`{op}` cannot be asked of this value.")
        if isinstance(value, list) and len(value) > LIST_MAX:
            self.wrong(f"{pointer}/v", "too_long", f"At most {LIST_MAX} values; keep a longer list as a product group.")
        if op == "between" and isinstance(value, list) and value[0] > value[1]:
            self.wrong(f"{pointer}/v", "never_true", "The lower bound is above the upper one.")
        return None


def check(
    node: Any, types: Mapping[str, str] | None = None, line_types: Mapping[str, str] | None = None
) -> tuple[Condition, list[Problem]]:
    """The condition, and everything that is wrong with it: unknown fields ("did you mean"), types, depth and cost.

    `types` and `line_types` are the registries of fields (name to `int`, `str`, `bool` or `set`).
    """
    found = _Check(types, line_types)
    found.node(node, "", 1, line=False)
    if found.nodes * max(found.loops, 1) * (LINES_MOST if found.loops else 1) > COST_MAX * (1 if found.loops else 10):
        found.wrong("", "too_costly", "This condition would look at too much; use product groups.")
    return Condition(node, frozenset(found.reads), frozenset(found.reads_of_lines)), found.problems


def check_line(node: Any, line_types: Mapping[str, str] | None = None) -> list[Problem]:
    """What is wrong with a condition on one line (the `where` of an effect)."""
    found = _Check(None, line_types)
    found.node(node, "", 1, line=True)
    return found.problems


def read(node: Any) -> Condition:
    """The checked condition. Raises ValueError that tells the first problem."""
    condition, problems = check(node)
    if problems:
        raise ValueError(f"{problems[0].pointer or '/'}: {problems[0].detail}")
    return condition


def _wanted(op: str, kind: str | None, value: Any) -> str | None:
    """The type that an operator with this value asks for; None if they do not fit each other or the field's type."""
    if op in LISTS:
        if not isinstance(value, list) or not value:
            return None
        kinds = {_type(one) for one in value}
        found = kinds.pop() if len(kinds) == 1 else None
    elif op == "between":
        found = "int" if isinstance(value, list) and [_type(one) for one in value] == ["int", "int"] else None
    else:
        found = _type(value)
    if op in SETS:
        return "set" if found == "str" else None
    if found is None or op not in OPERATORS[found]:
        return None
    return found if kind in (None, found) else None


def _type(value: Any) -> str | None:
    return {bool: "bool", int: "int", str: "str"}.get(type(value))


def _meant(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"Unknown: {name}." + (f" Did you mean {near[0]}?" if near else "")
