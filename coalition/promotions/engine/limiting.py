"""Limits and budgets: how much of what is wanted may be granted, and what that uses up.

A counter's key says what is counted for whom in which period: `five/units/member:m1/day:2026-11-18`. A limit per
campaign is one for all of its promotions: `campaign:autumn/money/campaign:*/campaign:autumn`. Periods go by the day in
the program's zone; of a rolling one (`rolling:P7D:*`: the day itself and the six before) the counter says what has been
used in the window. What is used in the course of one evaluation counts at once; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coalition.promotions.engine.facts import Facts
from coalition.promotions.engine.periods import called
from coalition.promotions.engine.terms import Limit, Promotion

Stop = Mapping[str, Any]


class Counters:
    """What has been used before, and what this evaluation uses in addition (`delta`)."""

    __slots__ = ("_scopes", "delta", "facts", "used")

    def __init__(self, used: Mapping[str, int], facts: Facts) -> None:
        self.used, self.facts = used, facts
        self.delta: dict[str, int] = {}
        self._scopes: dict[str, str] = {}

    def key(self, limit: Limit) -> str:
        """The name of the counter that this event adds to."""
        scope = self._scopes.get(limit.scope)
        if scope is None:
            scope = self._scopes[limit.scope] = (
                f"{_who(limit.per, self.facts)}/{limit.period}:{_when(limit, self.facts)}"
            )
        return limit.head + scope

    def left(self, key: str, limit: Limit) -> int:
        """How much of a limit is left; `key` is its counter's."""
        left = limit.value - self.used.get(key, 0) - self.delta.get(key, 0)
        return left if left > 0 else 0

    def exhausted(self, promotion: Promotion) -> bool:
        """Whether the promotion has had its number of uses."""
        return any(not self.left(self.key(limit), limit) for limit in promotion.uses)

    def allow(self, promotion: Promotion, metric: str, wanted: int, worth: int = 1) -> tuple[int, Sequence[Stop]]:
        """How much of `wanted` may be granted, and the limits that stand in the way; several limits: the least.

        `worth`: the minor money of one unit, by which limits on money count.
        """
        granted: int = wanted
        stops: list[Stop] = []
        for limit in promotion.caps:
            if limit.metric == metric or (limit.metric == "money" and metric == "units"):
                key = self.key(limit)
                left = self.left(key, limit)
                if limit.metric != metric:
                    left //= worth
                if wanted > left:
                    action = "skip" if limit.skip else "clamp"
                    stops.append({"limit": key, "wanted": wanted, "left": left, "action": action})
                    granted = min(granted, 0 if limit.skip else left)
        return granted, stops

    def use(self, promotion: Promotion, metric: str, granted: int, worth: int = 1) -> None:
        """Count what was granted."""
        for limit in promotion.caps:
            if limit.metric == metric or (limit.metric == "money" and metric == "units"):
                key = self.key(limit)
                self.delta[key] = self.delta.get(key, 0) + (granted if limit.metric == metric else granted * worth)

    def use_once(self, promotion: Promotion) -> None:
        """Count one use of a promotion that has given something."""
        for limit in promotion.uses:
            key = self.key(limit)
            self.delta[key] = self.delta.get(key, 0) + 1


def within_lines(promotion: Promotion, metric: str, lines: Mapping[int, int]) -> Mapping[int, int]:
    """What lines get under the limits per line of the receipt."""
    for limit in promotion.caps_of_lines:
        if limit.metric == metric:
            over = 0 if limit.skip else limit.value
            lines = {no: kept for no, units in lines.items() if (kept := units if units <= limit.value else over)}
    return lines


def _who(per: str, facts: Facts) -> str:
    event = facts.event
    if per in ("promotion", "campaign"):
        return "*"
    if per == "receipt":
        return str(event.get("id", "*"))
    if per == "household":
        return str(facts.member.get("household") or facts.member.get("id") or "*")
    if per == "card":
        return str(facts.payload.get("card") or facts.member.get("card") or "*")
    given = event.get(per)
    return str((given.get("id") if isinstance(given, Mapping) else given) or "*")


def _when(limit: Limit, facts: Facts) -> str:
    period = limit.period
    if period == "receipt":
        return str(facts.event.get("id", "*"))
    if period == "campaign":
        return limit.campaign or "*"
    return called(period, facts.program_day) or "*"
