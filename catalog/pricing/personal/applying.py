"""What rules make of one price. Pure, integers only, and the same sentence in `sql/best.sql` and in the price book.

A price is the lowest of: the price for everybody; each rule alone; and, for each priority, all its stackable rules
multiplied with one rounding up at the end. A floor is a price under which its rule does not go; several rules together
keep the highest of theirs. Between equals the lower priority number decides, then the fewer rules, then the older one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule that a member has now: `factor` in ten-thousandths of the price for everybody, or a `fixed` price.

    `granted`: by name and not by a segment; `overridden`: with a value of the member's own. `pieces_left` and
    `points_left` are what its budget or the grant still allow, None without a limit.
    """

    rule_id: int
    version: int
    name_en: str
    name_ru: str
    scope: str
    scope_id: int | None
    factor: int | None
    fixed: int | None
    floor: int
    priority: int
    stackable: bool
    granted: bool
    overridden: bool
    pieces_left: int | None
    points_left: int | None

    def name(self, language: str) -> str:
        """The name in `en` or `ru`."""
        return self.name_ru if language == "ru" else self.name_en


def meets(rule: Applied, reward_id: int, supplier_id: int, categories: Collection[int]) -> bool:
    """Whether the rule is about this reward; `categories` are its shelf and all above it."""
    return {
        "all": True,
        "category": rule.scope_id in categories,
        "supplier": rule.scope_id == supplier_id,
        "reward": rule.scope_id == reward_id,
    }.get(rule.scope, False)


def together(base: int, rules: Sequence[Applied]) -> int:
    """The price under all of these rules at once; never above `base`."""
    price, whole = base, 1
    for rule in rules:
        if rule.fixed is not None:
            price = rule.fixed
        else:
            assert rule.factor is not None
            price, whole = price * rule.factor, whole * WHOLE
    return min(base, max(-(-price // whole), *(rule.floor for rule in rules)))


def candidates(rules: Iterable[Applied]) -> list[tuple[Applied, ...]]:
    """Every set of rules that may make a price: each alone, and the stackable ones of a priority together."""
    ordered = sorted(rules, key=lambda rule: rule.rule_id)
    stacks: dict[int, list[Applied]] = {}
    for rule in ordered:
        if rule.stackable:
            stacks.setdefault(rule.priority, []).append(rule)
    return [(rule,) for rule in ordered] + [tuple(stack) for stack in stacks.values() if len(stack) > 1]


def best(base: int, rules: Iterable[Applied]) -> tuple[int, tuple[Applied, ...]]:
    """The lowest price and the rules that make it, none if nothing is lower than `base`."""
    found = ((together(base, some), some[0].priority, len(some), _ids(some), some) for some in candidates(rules))
    lower = [one for one in found if one[0] < base]
    if not lower:
        return base, ()
    points, *_, made_by = min(lower, key=lambda one: one[:4])
    return points, made_by


def _ids(rules: Sequence[Applied]) -> tuple[int, ...]:
    return tuple(rule.rule_id for rule in rules)
