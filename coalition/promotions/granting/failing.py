"""Where a condition failed: the leaf that did not hold, what it asked, what there was, and how much was missing.

Pure; the reading of the nodes is that of `engine.conditions.holds`, each leaf read once. A leaf under `not` tells what
it must not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coalition.promotions.engine.compiling import Filter, filtered
from coalition.promotions.engine.conditions import Node, aggregate, compare, holds, stat_key
from coalition.promotions.engine.facts import Facts

_AT_LEAST = {"gte": 0, "gt": 1, "eq": 0}
_REMEMBERED = 20_000
_filters: dict[int, tuple[Node | None, Filter]] = {}  # by where a node lies, with the node: so its place is no other's


def failed(node: Node, facts: Facts, path: str = "") -> list[dict[str, Any]]:
    """The leaves for which a condition does not hold, in its order; nothing if it holds.

    Each has `path` (a JSON pointer into the condition), `field`, `op`, `expected`, `actual` and, where a number was too
    small, `missing_by`. Of alternatives that all fail the one that lacks the least is told.
    """
    if "all" in node:
        return [
            one
            for at, inner in enumerate(node["all"])
            if not _plainly(inner, facts)
            for one in failed(inner, facts, f"{path}/all/{at}")
        ]
    if "any" in node:
        tries = [failed(inner, facts, f"{path}/any/{at}") for at, inner in enumerate(node["any"])]
        if not tries:
            return [{"path": path, "op": "any"}]
        return [] if [] in tries else min(tries, key=_distance)
    if "not" in node:
        if not holds(node["not"], facts):
            return []
        leaves = list(_leaves(node["not"], f"{path}/not"))[:1]
        return [_told(one, _actual(one, facts), at) | {"negated": True} for at, one in leaves]
    actual = _actual(node, facts)
    asked = node.get("lines", node)
    met = actual is not None if "exists" in node else compare(asked["op"], actual, asked["v"])
    return [] if met else [_told(node, actual, path)]


def _plainly(node: Node, facts: Facts) -> bool:
    """Whether a comparison of a field holds; False for any other node."""
    return "f" in node and compare(node["op"], facts[node["f"]], node["v"])


def _actual(node: Node, facts: Facts) -> Any:
    """What there is of what a leaf asks for; its lines are found by the compiled filter, once for all who ask alike."""
    if "lines" in node:
        inner = node["lines"]
        fitting = _filter(inner.get("where")).of(facts)
        return aggregate({"agg": inner["agg"], "of": inner.get("of")}, fitting)
    if "stat" in node:
        return facts.stat(stat_key(node))
    return facts.get(node.get("exists") or node["f"])


def _filter(where: Node | None) -> Filter:
    """The compiled filter of a node; of the same object remembered: a ruleset's nodes stay as they are."""
    kept = _filters.get(id(where))
    if kept is None or kept[0] is not where:
        if len(_filters) >= _REMEMBERED:
            _filters.clear()
        kept = _filters[id(where)] = where, filtered(where)
    return kept[1]


def _told(node: Node, actual: Any, path: str) -> dict[str, Any]:
    if "exists" in node:
        return {"path": path, "field": node["exists"], "op": "exists", "expected": True, "actual": None}
    if "lines" in node:
        inner = node["lines"]
        about = {"agg": inner["agg"], "of": inner.get("of"), "where": inner.get("where")}
        return _compared({"path": path, "field": "lines", **about}, inner, actual)
    if "stat" in node:
        return _compared({"path": path, "field": f"stat:{stat_key(node)}"}, node, actual)
    known = sorted(actual) if isinstance(actual, frozenset) else actual
    return _compared({"path": path, "field": node["f"]}, node, known)


def _compared(at: dict[str, Any], node: Mapping[str, Any], actual: Any) -> dict[str, Any]:
    found = at | {"op": node["op"], "expected": node["v"], "actual": actual}
    least = node["v"][0] if node["op"] == "between" else node["v"]
    more = _AT_LEAST.get(node["op"], 0 if node["op"] == "between" else None)
    if more is not None and type(least) is int and type(actual) is int and actual < least + more:
        found["missing_by"] = least + more - actual
    return found


def _leaves(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    for key in ("all", "any"):
        if key in node:
            for at, inner in enumerate(node[key]):
                yield from _leaves(inner, f"{path}/{key}/{at}")
            return
    if "not" in node:
        yield from _leaves(node["not"], f"{path}/not")
    else:
        yield path, node


def _distance(leaves: list[dict[str, Any]]) -> tuple[int, int]:
    """How far an alternative was from holding: those that only lack an amount come first, the least amount first."""
    if leaves and all("missing_by" in one for one in leaves):
        return (len(leaves), sum(one["missing_by"] for one in leaves))
    return (1_000 + len(leaves), 0)
