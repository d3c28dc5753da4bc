"""Conditions: a closed set of JSON nodes, and their plain meaning.

    {"all": [..]} {"any": [..]} {"not": node} {"f": field, "op": .., "v": ..} {"exists": field}
    {"lines": {"where": node, "agg": "count|sum|distinct|max", "of": field, "op": .., "v": ..}}
    {"stat": name, "window": "P30D", "where": {..}, "op": .., "v": ..}

There is no loop but one over the lines, no expression language, no pattern: what `checking` accepts ends in bounded
time and raises nothing. A leaf on a missing field is false, `ne`, `nin` and `has_none` included; `not` negates the
result. `holds` is the plain interpreter; `compiling` says the same faster.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from coalition.promotions.engine.facts import UNCOUNTED, Facts, Line, line_value

Node = Mapping[str, Any]
SETS = frozenset({"has", "has_any", "has_all", "has_none"})
LISTS = frozenset({"in", "nin", "has_any", "has_all", "has_none"})


def holds(node: Node, facts: Facts) -> bool:
    """Whether a condition holds for an event: the plain reading of its nodes."""
    if "all" in node:
        return all(holds(inner, facts) for inner in node["all"])
    if "any" in node:
        return any(holds(inner, facts) for inner in node["any"])
    if "not" in node:
        return not holds(node["not"], facts)
    if "exists" in node:
        return facts.get(node["exists"]) is not None
    if "lines" in node:
        inner = node["lines"]
        return compare(inner["op"], aggregate(inner, facts.lines), inner["v"])
    if "stat" in node:
        return compare(node["op"], facts.stat(stat_key(node)), node["v"])
    return compare(node["op"], facts.get(node["f"]), node["v"])


def within(node: Node) -> tuple[Node, ...]:
    """The nodes of which a node is made; a leaf has none."""
    return (*node.get("all", ()), *node.get("any", ()), *((node["not"],) if "not" in node else ()))


def holds_of(node: Node | None, line: Line) -> bool:
    """Whether a condition on one line holds; no condition always does."""
    if node is None:
        return True
    if "all" in node:
        return all(holds_of(inner, line) for inner in node["all"])
    if "any" in node:
        return any(holds_of(inner, line) for inner in node["any"])
    if "not" in node:
        return not holds_of(node["not"], line)
    if "exists" in node:
        return line_value(line, node["exists"]) is not None
    return compare(node["op"], line_value(line, node["f"]), node["v"])


def aggregate(inner: Node, lines: Any) -> int:
    """The number that a `lines` node asks for. What a line does not have counts for nothing."""
    fitting = (line for line in lines if holds_of(inner.get("where"), line))
    if inner["agg"] == "count":
        return sum(1 for _ in fitting)
    values = (line_value(line, inner["of"]) for line in fitting)
    if inner["agg"] == "distinct":
        return len({value for value in values if type(value) not in UNCOUNTED})
    numbers = [value for value in values if type(value) is int]
    return sum(numbers) if inner["agg"] == "sum" else max(numbers, default=0)


def compare(op: str, actual: Any, value: Any) -> bool:
    """One comparison; False for a missing field and for a value of another type."""
    if actual is None:
        return False
    if op in SETS:
        return isinstance(actual, frozenset) and _COMPARE[op](actual, value)
    sample = value[0] if op in LISTS or op == "between" else value
    return type(actual) is type(sample) and _COMPARE[op](actual, value)


def stat_key(node: Node) -> str:
    """How a feature is named: `spend/P30D`, with what it is of behind it."""
    of = node.get("where") or {}
    words = {name: value if isinstance(value, str) else json.dumps(value) for name, value in of.items()}
    about = "".join(f"/{name}={words[name]}" for name in sorted(words))
    return f"{node['stat']}/{node.get('window') or 'life'}{about}"


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda actual, value: actual == value,
    "ne": lambda actual, value: actual != value,
    "gt": lambda actual, value: actual > value,
    "gte": lambda actual, value: actual >= value,
    "lt": lambda actual, value: actual < value,
    "lte": lambda actual, value: actual <= value,
    "between": lambda actual, value: value[0] <= actual <= value[1],
    "in": lambda actual, value: actual in value,
    "nin": lambda actual, value: actual not in value,
    "starts": lambda actual, value: actual.startswith(value),
    "has": lambda actual, value: value in actual,
    "has_any": lambda actual, value: not actual.isdisjoint(value),
    "has_all": lambda actual, value: actual.issuperset(value),
    "has_none": lambda actual, value: actual.isdisjoint(value),
}
