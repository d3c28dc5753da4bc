"""Which promotions can apply to an event at all, found before any condition is run: a mask of bits for each value.

Every promotion is a bit. For each thing that conditions ask (the event's type, a coupon, a segment, a field, a field of
some line) and each value asked for, one number holds the bits of those that want it, another of those that do not ask.
What is left after all of them is a superset of what applies: only demands that a promotion cannot do without are
indexed (the top level of its condition, every rule of it), the others count as met.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from coalition.promotions.engine.compiling import Filter, filtered
from coalition.promotions.engine.conditions import Node, within
from coalition.promotions.engine.facts import CURRENT_TOTAL, EACH, Facts, Line, each
from coalition.promotions.engine.terms import MONEY, Promotion, Rule

Demand = tuple[str, frozenset[Hashable]]
_TYPE, _COUPON, _SEGMENTS, _FIELD, _LINES = "type:", "coupon:", "segments:", "field:", "lines:"
_STARTS, _GIVEN = "starts:", "given:"
_OF_LINES = MONEY | {"discount"}
_REMEMBERED = 20_000


class Index:
    """The promotions of a ruleset in the order in which they are evaluated, and their masks.

    Lines are laid before the filters of its promotions that look at one text alone, too: which of them a text fits is
    remembered, because the texts of products come again and again.
    """

    __slots__ = ("_all", "_fits", "_masks", "ordered")

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
            (
                _reader(about, asked[about]),
                self._all & ~self._mask(places),
                {value: self._mask(at) for value, at in asked[about].items()},
            )
            for about, places in sorted(asking.items(), key=lambda item: -len(item[1]))
        ]
        wheres = {where for promotion in self.ordered for where in _filters(promotion) if where.text}
        self._fits = [
            (name, _fitted(name, [one for one in wheres if one.text == name]))
            for name in sorted({where.text for where in wheres if where.text})
        ]

    def candidates(self, facts: Facts) -> list[Promotion]:
        """A superset of the promotions that apply to an event, in their order."""
        left = self._all
        for values, mask, by_value in self._masks:
            for value in values(facts):
                if value in by_value:
                    mask |= by_value[value]
            left &= mask
            if not left:
                return []
        for name, fits in self._fits:
            _lay_out(facts, name, fits)
        return [self.ordered[place] for place in _places(left)]

    def _mask(self, places: Sequence[int]) -> int:
        """The number with these bits; put together bytewise, because bit by bit would take the square of the time."""
        octets = bytearray(len(self.ordered) // 8 + 1)
        for place in places:
            octets[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(octets, "little")


def _filters(promotion: Promotion) -> Iterator[Filter]:
    """The filters of its effects, and of what its conditions ask of lines."""
    for effect in promotion.effects:
        yield effect.where
    for rule in promotion.rules:
        yield from map(filtered, _wheres(rule.node or {}))


def _wheres(node: Node) -> Iterator[Node]:
    if "lines" in node and node["lines"].get("where"):
        yield node["lines"]["where"]
    for inner in within(node):
        yield from _wheres(inner)


def _fitted(name: str, filters: Sequence[Filter]) -> Callable[[str], Sequence[Filter]]:
    """Which of these filters, which look at one field of a line alone, a text there fits."""
    return lru_cache(_REMEMBERED)(lambda text: [one for one in filters if one.test({name: text})])


def _lay_out(facts: Facts, name: str, fits: Callable[[str], Sequence[Filter]]) -> None:
    """Lay the lines of an event before the filters that they fit, where each line has a text in the field."""
    fitting: dict[Filter, list[Line]] = {}
    for line in facts.lines:
        text = line.get(name)
        if type(text) is not str:
            return
        for where in fits(text):
            if where in fitting:
                fitting[where].append(line)
            else:
                fitting[where] = [line]
    facts.fitting.update(fitting)


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
    return {about: values for about, values in found.items() if not _implied(about, values, found)}


def _implied(about: str, values: frozenset[Hashable], demands: Mapping[str, frozenset[Hashable]]) -> bool:
    """Whether what effects need of lines is what the condition asks of lines anyway."""
    asked = demands.get(about.removeprefix(_GIVEN)) if about.startswith(_GIVEN) else None
    return asked is not None and asked <= values


def _of_rule(rule: Rule) -> Iterator[Demand]:
    """The demands of its condition, and of its effects where all are about lines (without any they give nothing)."""
    if rule.node is not None:
        yield from _of_node(rule.node, _FIELD)
    wheres = [effect.raw.get("where") for effect in rule.effects if effect.kind in _OF_LINES]
    if rule.effects and len(wheres) == len(rule.effects) and all(wheres):
        for about, values in _of_any([dict(_of_node(where or {}, _LINES)) for where in wheres]):
            yield _GIVEN + about, values


def _of_node(node: Node, about: str) -> Iterator[Demand]:
    """The demands of a condition on an event, or (`lines:`) on one of its lines. The last of a kind counts."""
    if "all" in node:
        for inner in node["all"]:
            yield from _of_node(inner, about)
    elif "lines" in node and about == _FIELD:
        if _wants_a_line(node["lines"]) and node["lines"].get("where"):
            yield from _of_node(node["lines"]["where"], _LINES)
    elif node.get("any"):
        yield from _of_any([dict(_of_node(inner, about)) for inner in node["any"]])
    elif "f" in node and node["f"] != CURRENT_TOTAL:
        if node["op"] in ("eq", "has"):
            yield about + node["f"], frozenset((node["v"],))
        elif node["op"] in ("in", "has_any"):
            yield about + node["f"], frozenset(node["v"])
        elif node["op"] == "starts":
            yield _STARTS + about + node["f"], frozenset((node["v"],))


def _of_any(alternatives: Sequence[Mapping[str, frozenset[Hashable]]]) -> Iterator[Demand]:
    """What every alternative cannot do without, with the values of all of them."""
    for about in alternatives[0]:
        if all(about in one for one in alternatives):
            yield about, frozenset().union(*(one[about] for one in alternatives))


def _wants_a_line(inner: Mapping[str, Any]) -> bool:
    """Whether a demand on lines cannot be met without one that fits: a sum or a count that is more than nothing."""
    least = {"gte": 1, "gt": 0, "eq": 1}.get(inner["op"])
    return least is not None and type(inner["v"]) is int and inner["v"] >= least and inner["agg"] in ("count", "sum")


def _reader(about: str, asked: Iterable[Hashable]) -> Callable[[Facts], Iterable[Hashable]]:
    """How an event is asked for what it has of something: one value, or several.

    Where it is asked how a text begins (`asked`), those of the beginnings are what it has.
    """
    if about.startswith(_GIVEN):  # of an event without lines nothing can be said
        lines = _reader(about.removeprefix(_GIVEN), asked)
        return lambda facts: lines(facts) if facts.all_lines else asked
    if about.startswith(_STARTS):
        whole = _reader(about.removeprefix(_STARTS), ())
        return partial(_beginnings, whole, _begun(frozenset(map(str, asked))))
    if about.startswith(_LINES):
        return itemgetter(EACH + about.removeprefix(_LINES))
    if about.startswith(_FIELD):
        return partial(_of_event, about.removeprefix(_FIELD))
    known: dict[str, Callable[[Facts], Iterable[Hashable]]] = {_TYPE: _type, _COUPON: _coupons}
    return known.get(about) or partial(_of_event, "member.segments")


def _begun(asked: frozenset[str]) -> Callable[[str], Sequence[str]]:
    """Which of the texts asked for a text begins with."""
    lengths = sorted({len(one) for one in asked})
    return lru_cache(_REMEMBERED)(lambda text: [text[:length] for length in lengths if text[:length] in asked])


def _beginnings(
    whole: Callable[[Facts], Iterable[Hashable]], begun: Callable[[str], Sequence[str]], facts: Facts
) -> Iterable[Hashable]:
    return {beginning for text in whole(facts) if isinstance(text, str) for beginning in begun(text)}


def _of_event(name: str, facts: Facts) -> Iterable[Hashable]:
    return each(facts[name])


def _type(facts: Facts) -> Iterable[Hashable]:
    return (facts.event.get("type"),)


def _coupons(facts: Facts) -> Iterable[Hashable]:
    return facts.payload.get("coupons") or ()


def _places(mask: int) -> list[int]:
    found, bits = [], bin(mask)[:1:-1]
    place = bits.find("1")
    while place >= 0:
        found.append(place)
        place = bits.find("1", place + 1)
    return found
