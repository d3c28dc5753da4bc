"""What rewards cost one member: the rules that the member has, and the lowest price that they make.

The rules are resolved once, before any price is touched. Rules that work alone are looked up in `rule_price`; where
rules may work together, a value is the member's own, or a base has just changed, the price is computed from the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.pricing.applying import Applied, has_stacks
from coalition.kernel.db import load_sql, raw


@dataclass(frozen=True, slots=True)
class Price:
    """What one piece costs a member, what it costs everybody, and the rules that made the difference."""

    points: int
    base_points: int
    rules: tuple[Applied, ...] = ()

    @property
    def rule_id(self) -> int | None:
        """The rule, or the first of those that worked together; None if the price is everybody's."""
        return self.rules[0].rule_id if self.rules else None

    @property
    def rule_version(self) -> int | None:
        """The version of that rule."""
        return self.rules[0].version if self.rules else None

    def rule_text(self, language: str) -> str:
        """The names of the rules in `en` or `ru`, "" if there are none."""
        return " + ".join(rule.name(language) for rule in self.rules)


def personal(
    program_id: int, member_id: int | None, reward_ids: Iterable[int], *, without: Collection[int] = ()
) -> dict[int, Price]:
    """The price of each of these rewards for the member (None: for somebody we do not know), exactly as of now.

    Rewards of other programs are left out; rules `without` do not count.
    """
    rules = [rule for rule in rules_of(program_id, member_id) if rule.rule_id not in without]
    return prices(program_id, rules, reward_ids)


def rules_of(program_id: int, member_id: int | None) -> list[Applied]:
    """The rules that the member has at this moment, in the order in which they decide between equals."""
    sql = load_sql(__file__, "member_rules.sql")
    rows = raw().execute(sql, {"program_id": program_id, "member_id": member_id}).fetchall()
    return [Applied(*row) for row in rows]


def prices(program_id: int, rules: Sequence[Applied], reward_ids: Iterable[int]) -> dict[int, Price]:
    """The price of each of these rewards under these rules."""
    ids, goods = list(reward_ids), [rule for rule in rules if rule.scope != "delivery"]
    if has_stacks(goods) or any(rule.overridden for rule in goods):
        return computed(program_id, goods, ids)
    params = {"program_id": program_id, "rewards": ids, "rules": [rule.rule_id for rule in goods]}
    rows = raw().execute(load_sql(__file__, "page.sql"), params).fetchall()
    return computed(program_id, goods, ids) if any(row[4] for row in rows) else _prices(rows, goods)


def computed(program_id: int, rules: Sequence[Applied], ids: list[int]) -> dict[int, Price]:
    """The same from the rules themselves, whatever was computed before."""
    params = {
        "program_id": program_id,
        "rewards": ids,
        "rules": [rule.rule_id for rule in rules],
        "scopes": [rule.scope for rule in rules],
        "scope_ids": [rule.scope_id for rule in rules],
        "factors": [rule.factor for rule in rules],
        "fixed": [rule.fixed for rule in rules],
        "floors": [rule.floor for rule in rules],
        "priorities": [rule.priority for rule in rules],
        "stackable": [rule.stackable for rule in rules],
    }
    return _prices(raw().execute(load_sql(__file__, "best.sql"), params).fetchall(), rules)


def _prices(rows: Iterable[Any], rules: Iterable[Applied]) -> dict[int, Price]:
    by_id = {rule.rule_id: rule for rule in rules}
    return {
        reward_id: Price(base if points is None else points, base, tuple(by_id[one] for one in made_by or ()))
        for reward_id, base, points, made_by, _ in rows
    }
