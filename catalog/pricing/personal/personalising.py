"""What rewards cost one member: the rules that the member has, and the lowest price that they make.

The rules are resolved once, before any price is touched; then the few prices of a page are reckoned from the rules
themselves, which takes no longer than looking them up in `rule_price` (measured with nine rules a member) and cannot be
out of date. What was computed beforehand serves the price book, which sorts whole catalogs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from catalog.pricing.personal.applying import Applied
from coalition.kernel.db import load_sql, raw

_GIVEN = """
    SELECT * FROM unnest(%(rules)s::bigint[], %(scopes)s::text[], %(scope_ids)s::bigint[], %(factors)s::bigint[],
                         %(fixed)s::bigint[], %(floors)s::bigint[], %(priorities)s::int[], %(stackable)s::boolean[])
           AS r (rule_id, scope, scope_id, factor, fixed, floor, priority, stackable)"""
# beside the prices, the rules that made them
_TOLD = """
     UNION ALL
    SELECT NULL, NULL, NULL, NULL, to_jsonb(r) FROM r WHERE rule_id IN (SELECT unnest(rules) FROM lowest)"""


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


def personal(program_id: int, member_id: int | None, reward_ids: Iterable[int]) -> dict[int, Price]:
    """The price of each of these rewards for the member (None: for somebody we do not know), exactly as of now.

    One statement. Rewards of other programs are left out.
    """
    sql = _best(load_sql(__file__, "member_rules.sql"), _TOLD)
    params = {"program_id": program_id, "member_id": member_id, "rewards": list(reward_ids)}
    rows = raw().execute(sql, params).fetchall()
    used = [Applied(**row[4]) for row in rows if row[0] is None]
    return _prices((row for row in rows if row[0] is not None), used)


def rules_of(program_id: int, member_id: int | None) -> list[Applied]:
    """The rules that the member has at this moment, in the order in which they decide between equals."""
    sql = load_sql(__file__, "member_rules.sql")
    rows = raw().execute(sql, {"program_id": program_id, "member_id": member_id}).fetchall()
    return [Applied(*row) for row in rows]


def prices(program_id: int, rules: Sequence[Applied], reward_ids: Iterable[int]) -> dict[int, Price]:
    """The price of each of these rewards under these rules; rules about delivery do not count."""
    params = {
        "program_id": program_id,
        "rewards": list(reward_ids),
        "rules": [rule.rule_id for rule in rules],
        "scopes": [rule.scope for rule in rules],
        "scope_ids": [rule.scope_id for rule in rules],
        "factors": [rule.factor for rule in rules],
        "fixed": [rule.fixed for rule in rules],
        "floors": [rule.floor for rule in rules],
        "priorities": [rule.priority for rule in rules],
        "stackable": [rule.stackable for rule in rules],
    }
    return _prices(raw().execute(_best(_GIVEN, ""), params), rules)


def _prices(rows: Iterable[Any], rules: Iterable[Applied]) -> dict[int, Price]:
    by_id = {rule.rule_id: rule for rule in rules}
    return {
        reward_id: Price(base if points is None else points, base, tuple(by_id[one] for one in made_by or ()))
        for reward_id, base, points, made_by, _ in rows
    }


@lru_cache(maxsize=4)
def _best(rules: str, told: str) -> str:
    return load_sql(__file__, "best.sql").replace("{rules}", rules).replace("{told}", told)
