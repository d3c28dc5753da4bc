"""Which promotions can apply to an event at all, found before any condition is run: a mask of bits for each value.

Every promotion is a bit. For each thing that conditions ask (the event's type, a coupon, a segment, a field, a field of
some line) and each value asked for, one number holds the bits of those that want it, another of those that do not ask.
What is left after all of them is a superset of what applies: only demands that a promotion cannot do without are
indexed (the top level of its condition, every rule of it), the others count as met.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from coalition.promotions.engine.conditions import Node
from coalition.promotions.engine.facts import Facts, line_value
from coalition.promotions.engine.terms import Promotion, Rule

Demand = tuple[str, frozenset[Hashable]]
_TYPE, _COUPON, _SEGMENTS, _FIELD, _LINES = "type:", "coupon:", "segments:", "field:", "lines:"


class Index:
    """The promotions of a ruleset in the order in which they are evaluated, and their masks."""

    __slots__ = ("_all", "_masks", "ordered")

    def __init__(self, promotions: Iterable[Promotion]) -> None:
        self.ordered = sorted(promotions, key=lambda one: one.order)
        self._all = (1 << len(self.ordered)) - 1
        asked: dict[str, dict[Hashable, list[int]]] = {}
        asking: dict[str, list[int]] = {}
        for place, promotion in enumerate(self.ordered):
            for about, values in _demands(promotion).items():
                asking.setdefault(about, []).append(place)
                for value in values:
                    asked.setdefault(about, {}).setdefault(value, []).append(place)
        self._masks = [
            (about, self._all & ~self._mask(places), {value: self._mask(at) for value, at in asked[about].items()})
            for about, places in sorted(asking.items(), key=lambda item: -len(item[1]))
        ]

    def candidates(self, facts: Facts) -> list[Promotion]:
        """A superset of the promotions that apply to an event, in their order."""
        left = self._all
        for about, anybody, by_value in self._masks:
            mask = anybody
            for value in _values(about, facts):
                mask |= by_value.get(value, 0)
            left &= mask
            if not left:
                break
        return [self.ordered[place] for place in _places(left)]

    def _mask(self, places: Sequence[int]) -> int:
        """The number with these bits; put together bytewise, because bit by bit would take the square of the time."""
        octets = bytearray(len(self.ordered) // 8 + 1)
        for place in places:
            octets[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(octets, "little")


def _demands(promotion: Promotion) -> dict[str, frozenset[Hashable]]:
    """What a promotion cannot do without: by what it is about, the values of which one must be there."""
    found: dict[str, frozenset[Hashable]] = {_TYPE: frozenset(promotion.events)}
    if promotion.coupon:
        found[_COUPON] = frozenset((promotion.coupon,))
    if promotion.segments_any:
        found[_SEGMENTS] = frozenset(promotion.segments_any)
    of_rules = [dict(_of_rule(rule)) for rule in promotion.rules]
    for about in of_rules[0] if of_rules else ():
        if all(about in one for one in of_rules):
            found[about] = frozenset().union(*(one[about] for one in of_rules))
    return found


def _of_rule(rule: Rule) -> Iterator[Demand]:
    return _of_node(rule.node, _FIELD) if rule.node is not None else iter(())


def _of_node(node: Node, about: str) -> Iterator[Demand]:
    """The demands of a condition on an event, or (`lines:`) on one of its lines. The last of a kind counts."""
    if "all" in node:
        for inner in node["all"]:
            yield from _of_node(inner, about)
    elif "lines" in node and about == _FIELD:
        if _wants_a_line(node["lines"]) and node["lines"].get("where"):
            yield from _of_node(node["lines"]["where"], _LINES)
    elif "f" in node and node["f"] != "receipt.current_total":
        if node["op"] in ("eq", "has"):
            yield about + node["f"], frozenset((node["v"],))
        elif node["op"] in ("in", "has_any"):
            yield about + node["f"], frozenset(node["v"])


def _wants_a_line(inner: Mapping[str, Any]) -> bool:
    """Whether a demand on lines cannot be met without one that fits: a sum or a count that is more than nothing."""
    least = {"gte": 1, "gt": 0, "eq": 1}.get(inner["op"])
    return least is not None and type(inner["v"]) is int and inner["v"] >= least and inner["agg"] in ("count", "sum")


def _values(about: str, facts: Facts) -> Iterable[Hashable]:
    """What an event has of what is asked: one value, or several."""
    if about.startswith(_LINES):
        name = about[len(_LINES) :]
        return set(chain.from_iterable([_each(line_value(line, name)) for line in facts.lines]))
    if about.startswith(_FIELD):
        return _each(facts.get(about[len(_FIELD) :]))
    if about == _TYPE:
        return (facts.event.get("type"),)
    if about == _COUPON:
        return (facts.event.get("payload") or {}).get("coupons") or ()
    return _each(facts.get("member.segments"))


def _each(value: Any) -> Iterable[Hashable]:
    if isinstance(value, frozenset):
        return value
    return (value,) if isinstance(value, str | int) else ()


def _places(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
