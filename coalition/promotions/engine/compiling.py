"""Conditions as Python functions, made once and called for every event: the same meaning as `conditions.holds`.

The source is put together from pieces of ours; every value of a condition is a constant bound by a name, so nothing
that somebody typed is ever read as code. Equal conditions share one function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from coalition.promotions.engine.conditions import SETS, Node, stat_key
from coalition.promotions.engine.facts import Facts, Line, line_value

Test = Callable[[Facts], bool]
LineTest = Callable[[Line], bool]
_ORDER = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "==", "ne": "!="}
_OF_LINE = "line_value(L, {})"
_BUILTINS = {"sum": sum, "max": max, "len": len, "type": type, "int": int, "str": str, "bool": bool}


def compiled(node: Node) -> Test:
    """A function that tells whether the (checked) condition holds for an event."""
    return _event_test(json.dumps(node, sort_keys=True))


def compiled_line(node: Node | None) -> LineTest:
    """A function that tells whether the (checked) condition on one line holds for it."""
    return _line_test(json.dumps(node, sort_keys=True))


@lru_cache(maxsize=20_000)
def _event_test(canonical: str) -> Test:
    writer = _Writer()
    return writer.function("F", writer.node(json.loads(canonical), "F.get({})"))  # type: ignore[no-any-return]


@lru_cache(maxsize=20_000)
def _line_test(canonical: str) -> LineTest:
    node, writer = json.loads(canonical), _Writer()
    return writer.function("L", "True" if node is None else writer.node(node, _OF_LINE))  # type: ignore[no-any-return]


class _Writer:
    """One condition on its way to source: the constants it has bound so far."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}

    def function(self, parameter: str, expression: str) -> Any:
        """The function of one parameter with this body."""
        names = {"__builtins__": _BUILTINS, "line_value": line_value, **self.constants}
        return eval(compile(f"lambda {parameter}: {expression}", "<condition>", "eval"), names)  # noqa: S307 - see above

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
        where = self.node(inner["where"], _OF_LINE) if inner.get("where") is not None else "True"
        if inner["agg"] == "count":
            return f"sum(1 for L in F.lines if {where})"
        if inner["agg"] == "distinct":
            of = _OF_LINE.format(self.constant(inner["of"]))
            return f"len({{y for L in F.lines if {where} and (y := {of}) is not None}})"
        of = self.asked(inner["of"], _OF_LINE)
        numbers = f"y for L in F.lines if {where} and type(y := {of}) is int"
        return f"sum({numbers})" if inner["agg"] == "sum" else f"max(({numbers}), default=0)"

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
