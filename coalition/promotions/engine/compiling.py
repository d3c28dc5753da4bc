"""Conditions as Python functions, made once and called for every event: the same meaning as `conditions.holds`.

The source is put together from pieces of ours; every value of a condition is a constant bound by a name, so nothing
that somebody typed is ever read as code. Equal conditions share one function, and those that differ in values alone
share its code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from coalition.promotions.engine.conditions import SETS, Node, stat_key, within
from coalition.promotions.engine.facts import LINES, UNCOUNTED, Facts, Line, line_value

Test = Callable[[Facts], bool]
LineTest = Callable[[Line], bool]
_ORDER = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "==", "ne": "!="}
_OF_EVENT, _OF_LINE = "F[{}]", "line_value(L, {})"
_BUILTINS = {"sum": sum, "max": max, "len": len, "type": type, "int": int, "str": str, "bool": bool}
_REMEMBERED, _TEXTS = 20_000, 5_000
_canonical = json.JSONEncoder(sort_keys=True).encode


class Filter:
    """A compiled condition on one line. Equal ones are one and the same, and asked only once of an event.

    Where a line must have a certain text in some field, only the lines that have it are asked anything else. `text`:
    the one field on whose text it depends whether a line fits (None: there is none), and `fits` tells it of a text,
    remembered because the texts of products come again.
    """

    __slots__ = ("fits", "place", "test", "text", "whole")

    def __init__(self, node: Node | None) -> None:
        writer = _Writer()
        self.test: LineTest = writer.function("L", "True" if node is None else writer.node(node, _OF_LINE))
        self.place = None if node is None else _place(node)
        self.whole = node is None or ("f" in node and self.place is not None)
        self.text = None if node is None or self.place else _text(node)
        self.fits = _of_text(self.text, self.test)

    def of(self, facts: Facts) -> Sequence[Line]:
        """The eligible lines of an event that fit."""
        lines: Sequence[Line] = facts[self.place[0]].get(self.place[1], ()) if self.place else facts.lines
        if self.whole:
            return lines
        found = facts.fitting.get(self)
        if found is None:
            found = facts.fitting[self] = self.among(lines)
        return found

    def among(self, lines: Iterable[Line]) -> list[Line]:
        """Those of the lines that fit."""
        if (name := self.text) is not None:
            fits, found = self.fits, []
            for line in lines:
                if fits(text) if type(text := line.get(name)) is str else self.test(line):
                    found.append(line)
            return found
        return [line for line in lines if self.test(line)]


def _of_text(name: str | None, test: LineTest) -> Callable[[str], bool]:
    """Whether a line with this text in the field fits, whatever else it has."""
    return lru_cache(_TEXTS)(lambda text: test({name: text})) if name is not None else lambda text: False


def compiled(node: Node) -> Test:
    """A function that tells whether the (checked) condition holds for an event."""
    return _event_test(_canonical(node))


def compiled_line(node: Node | None) -> LineTest:
    """A function that tells whether the (checked) condition on one line holds for it."""
    return filtered(node).test


def filtered(node: Node | None) -> Filter:
    """The (checked) condition on one line as a filter; without one every line fits."""
    return _filter(_canonical(node))


@lru_cache(_REMEMBERED)
def _event_test(canonical: str) -> Test:
    writer = _Writer()
    return writer.function("F", writer.node(json.loads(canonical), _OF_EVENT))  # type: ignore[no-any-return]


@lru_cache(_REMEMBERED)
def _filter(canonical: str) -> Filter:
    return Filter(json.loads(canonical))


@lru_cache(_REMEMBERED)
def _code(source: str) -> CodeType:
    """The code of a function; values are no part of it, so there are as many as there are forms of conditions."""
    return compile(source, "<condition>", "eval").co_consts[0]  # type: ignore[no-any-return]


def _place(node: Node) -> tuple[str, str] | None:
    """Where a line stands that has the text without which it does not fit (`lines:FIELD`), and the text."""
    if node.get("op") == "eq" and isinstance(node["v"], str):
        return LINES + node["f"], node["v"]
    return next((found for inner in node.get("all", ()) if (found := _place(inner))), None)


def _text(node: Node) -> str | None:
    """The field that every leaf compares with texts, if it is one and the same."""
    if "f" in node:
        given = node["v"][0] if isinstance(node["v"], list) else node["v"]
        return node["f"] if isinstance(given, str) and node["op"] not in SETS and "." not in node["f"] else None
    fields = {_text(inner) for inner in within(node)}
    return fields.pop() if len(fields) == 1 else None


class _Writer:
    """One condition on its way to source: the constants it has bound so far."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}

    def function(self, parameter: str, expression: str) -> Any:
        """The function of one parameter with this body."""
        names = {"__builtins__": _BUILTINS, "line_value": line_value, **self.constants}
        return FunctionType(_code(f"lambda {parameter}: {expression}"), names)

    def constant(self, value: Any) -> str:
        """The name under which a value is bound."""
        name = f"_k{len(self.constants)}"
        self.constants[name] = value
        return name

    def node(self, node: Node, getter: str) -> str:
        """The node as an expression; `getter` is how a field is asked for."""
        for key, word, empty in (("all", " and ", "True"), ("any", " or ", "False")):
            if key in node:
                return f"({word.join(self.node(inner, getter) for inner in node[key]) or empty})"
        if "not" in node:
            return f"(not {self.node(node['not'], getter)})"
        if "exists" in node:
            return f"({self.asked(node['exists'], getter)} is not None)"
        if "lines" in node:
            return self.compared(node["lines"], self.aggregate(node["lines"]))
        if "stat" in node:
            return self.compared(node, f"F.stat({self.constant(stat_key(node))})")
        whole = node["op"] in SETS
        return self.compared(node, getter.format(self.constant(node["f"])) if whole else self.asked(node["f"], getter))

    def asked(self, name: str, getter: str) -> str:
        """A field's value where it is compared as it is: of a line, what its mapping has, unless the name is a path."""
        plain = getter == _OF_LINE and "." not in name
        return ("L.get({})" if plain else getter).format(self.constant(name))

    def aggregate(self, inner: Mapping[str, Any]) -> str:
        """The number that a `lines` node asks for."""
        lines = self.fitting(filtered(inner.get("where")))
        if inner["agg"] == "count":
            return f"len({lines})"
        if inner["agg"] == "distinct":
            of, none = _OF_LINE.format(self.constant(inner["of"])), self.constant(UNCOUNTED)
            return f"len({{y for L in {lines} if type(y := {of}) not in {none}}})"
        numbers = f"[y for L in {lines} if type(y := {self.asked(inner['of'], _OF_LINE)}) is int]"
        return f"sum({numbers})" if inner["agg"] == "sum" else f"max({numbers}, default=0)"

    def fitting(self, where: Filter) -> str:
        """The lines that fit; those that one text decides on are at hand."""
        if where.whole and where.place:
            return f"F[{self.constant(where.place[0])}].get({self.constant(where.place[1])}, ())"
        return f"{self.constant(where)}.of(F)"

    def compared(self, node: Mapping[str, Any], actual: str) -> str:
        """One comparison of an expression with the node's value."""
        op, value = node["op"], node["v"]
        if op in SETS:
            return self.of_set(op, value, actual)
        sample = value[0] if isinstance(value, list) else value
        typed = f"type(x := {actual}) is {type(sample).__name__}"
        if op in ("in", "nin"):
            return f"({typed} and x {'not in' if op == 'nin' else 'in'} {self.constant(frozenset(value))})"
        if op == "between":
            return f"({typed} and {self.constant(value[0])} <= x <= {self.constant(value[1])})"
        if op == "starts":
            return f"({typed} and x.startswith({self.constant(value)}))"
        return f"({typed} and x {_ORDER[op]} {self.constant(value)})"

    def of_set(self, op: str, value: Any, actual: str) -> str:
        """A comparison of a set."""
        typed = f"type(x := {actual}) is {self.constant(frozenset)}"
        if op == "has":
            return f"({typed} and {self.constant(value)} in x)"
        asked = {"has_any": "not x.isdisjoint", "has_all": "x.issuperset", "has_none": "x.isdisjoint"}[op]
        return f"({typed} and {asked}({self.constant(frozenset(value))}))"
