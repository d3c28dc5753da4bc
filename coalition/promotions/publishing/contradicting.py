"""Conditions that can never hold: what a field would have to be is empty. Pure, and on the safe side: a condition that
it does not see through counts as one that may hold.

Only what stands together under one `all` is held against each other: whole numbers as ranges and sets, texts as sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from coalition.promotions.engine.conditions import Node

# What fields of time can be at all.
_BOUNDS = {
    "event.weekday": (1, 7),
    "event.hour": (0, 23),
    "event.minutes": (0, 1_439),
    "event.month": (1, 12),
    "event.day": (1, 31),
    "member.days_to_birthday": (0, 366),
    "member.days_since_birthday": (0, 366),
}
_NEVER_NEGATIVE = frozenset({"count", "sum", "distinct", "max"})


@dataclass(slots=True)
class _Range:
    """What is left for one field: numbers from `least` to `most`, and, if given, only these values."""

    least: float = float("-inf")
    most: float = float("inf")
    only: set[Any] | None = None
    never: set[Any] = field(default_factory=set)

    def take(self, op: str, value: Any) -> None:
        if op == "eq":
            self._keep({value})
        elif op == "in":
            self._keep(set(value))
        elif op == "ne":
            self.never.add(value)
        elif op == "nin":
            self.never |= set(value)
        elif op == "between":
            self.least, self.most = max(self.least, value[0]), min(self.most, value[1])
        elif op in ("gt", "gte"):
            self.least = max(self.least, value + (op == "gt"))
        elif op in ("lt", "lte"):
            self.most = min(self.most, value - (op == "lt"))

    def _keep(self, values: set[Any]) -> None:
        self.only = values if self.only is None else self.only & values

    @property
    def empty(self) -> bool:
        if self.least > self.most:
            return True
        if self.only is None:
            return self.least == self.most and self.least in self.never
        left = self.only - self.never
        return not any(not isinstance(one, int) or self.least <= one <= self.most for one in left)


def contradiction(node: Node, pointer: str = "") -> str | None:
    """Where a condition can never hold (a JSON pointer into it), None if it may."""
    if "any" in node:
        inner = [contradiction(one, f"{pointer}/any/{at}") for at, one in enumerate(node["any"])]
        return pointer if all(one is not None for one in inner) else None
    if "not" in node:
        return pointer if _always(node["not"]) else None
    ranges: dict[str, _Range] = {}
    for one, at in _together(node, pointer):
        if "any" in one or "not" in one:
            found = contradiction(one, at)
        else:
            found = _narrowed(ranges, one, at)
        if found is not None:
            return found
    return None


def _narrowed(ranges: dict[str, _Range], one: Node, at: str) -> str | None:
    """Hold one leaf against what is asked of the same thing beside it."""
    name, op, value, bounds = _leaf(one)
    if not name:
        return None
    kept = ranges.setdefault(name, _Range(*bounds))
    kept.take(op, value)
    return at if kept.empty else None


def _leaf(one: Node) -> tuple[str, str, Any, tuple[float, float]]:
    """What a leaf is about, and what it asks of it; no name for one that is not seen through."""
    free = (float("-inf"), float("inf"))
    if "f" in one:
        return one["f"], one["op"], one["v"], _BOUNDS.get(one["f"], free)
    if "lines" in one and one["lines"].get("agg") in _NEVER_NEGATIVE:
        inner = one["lines"]
        about = repr(sorted((key, repr(inner.get(key))) for key in ("agg", "of", "where")))
        return f"lines {about}", inner["op"], inner["v"], (0, float("inf"))
    return "", "", None, free


def _together(node: Node, pointer: str) -> Iterator[tuple[Node, str]]:
    """What has to hold at once, with its place: the leaves under nested `all`."""
    if "all" in node:
        for at, one in enumerate(node["all"]):
            yield from _together(one, f"{pointer}/all/{at}")
    else:
        yield node, pointer


def _always(node: Node) -> bool:
    """Whether a condition surely holds: an empty `all`, or one that is made of such."""
    return "all" in node and all(_always(one) for one in node["all"])
