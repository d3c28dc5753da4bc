"""Limits and budgets: how much of what is wanted may be granted, and what that uses up.

A counter's key says what is counted for whom in which period: `five/units/member:m1/day:2026-11-18`. A limit per
campaign is one for all of its promotions: `campaign:autumn/money/campaign:*/campaign:autumn`. Periods go by
the day in the program's zone. What is used in the course of one evaluation counts at once; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.promotions.engine.facts import Facts
from coalition.promotions.engine.terms import Limit, Promotion

Stop = Mapping[str, Any]


class Counters:
    """What has been used before, and what this evaluation uses in addition (`delta`)."""

    __slots__ = ("_keys", "delta", "facts", "used")

    def __init__(self, used: Mapping[str, int], facts: Facts) -> None:
        self.used, self.facts = used, facts
        self.delta: dict[str, int] = {}
        self._keys: dict[tuple[str, str, str, str], str] = {}

    def key(self, promotion: Promotion, limit: Limit) -> str:
        """The name of a limit's counter for this event."""
        about = (promotion.id, limit.metric, limit.per, limit.period)
        found = self._keys.get(about)
        if found is None:
            who, when = _who(limit.per, self.facts.event), _period(promotion, limit.period, self.facts)
            owner = f"campaign:{promotion.campaign}" if limit.per == "campaign" else promotion.id
            found = f"{owner}/{limit.metric}/{limit.per}:{who}/{limit.period}:{when}"
            self._keys[about] = found
        return found

    def left(self, key: str, limit: Limit) -> int:
        """How much of a limit is left."""
        return max(limit.value - self.used.get(key, 0) - self.delta.get(key, 0), 0)

    def exhausted(self, promotion: Promotion) -> bool:
        """Whether the promotion has had its number of uses."""
        limits = (limit for limit in promotion.limits if limit.metric == "uses")
        return any(not self.left(self.key(promotion, limit), limit) for limit in limits)

    def allow(self, promotion: Promotion, metric: str, wanted: int, worth: int = 1) -> tuple[int, list[Stop]]:
        """How much of `wanted` may be granted, and the limits that stand in the way; several limits: the least.

        `worth`: the minor money of one unit, by which limits on money count.
        """
        granted, stops = wanted, list[Stop]()
        for limit in promotion.limits:
            if limit.per == "line" or limit.metric not in (metric, "money"):
                continue
            each = worth if limit.metric == "money" and metric != "money" else 1
            key = self.key(promotion, limit)
            left = self.left(key, limit) // each
            if wanted > left:
                action = "skip" if limit.skip else "clamp"
                stops.append({"limit": key, "wanted": wanted, "left": left, "action": action})
                granted = min(granted, 0 if limit.skip else left)
        return granted, stops

    def use(self, promotion: Promotion, metric: str, granted: int, worth: int = 1) -> None:
        """Count what was granted."""
        for limit in promotion.limits:
            if limit.per != "line" and limit.metric in (metric, "money"):
                each = worth if limit.metric == "money" and metric != "money" else 1
                self._add(self.key(promotion, limit), granted * each)

    def use_once(self, promotion: Promotion) -> None:
        """Count one use of a promotion that has given something."""
        for limit in promotion.limits:
            if limit.metric == "uses":
                self._add(self.key(promotion, limit), 1)

    def _add(self, key: str, number: int) -> None:
        if number:
            self.delta[key] = self.delta.get(key, 0) + number


def within_lines(promotion: Promotion, metric: str, lines: Mapping[int, int]) -> dict[int, int]:
    """What lines get under the limits per line of the receipt."""
    found = dict(lines)
    for limit in promotion.limits:
        if limit.per == "line" and limit.metric == metric:
            over = 0 if limit.skip else limit.value
            found = {no: units if units <= limit.value else over for no, units in found.items()}
    return {no: units for no, units in found.items() if units}


def _who(per: str, event: Mapping[str, Any]) -> str:
    if per in ("promotion", "campaign"):
        return "*"
    if per == "receipt":
        return str(event.get("id", "*"))
    if per == "household":
        member = event.get("member") or {}
        return str(member.get("household") or member.get("id") or "*")
    if per == "card":
        return str((event.get("payload") or {}).get("card") or (event.get("member") or {}).get("card") or "*")
    given = event.get(per)
    return str((given.get("id") if isinstance(given, Mapping) else given) or "*")


def _period(promotion: Promotion, period: str, facts: Facts) -> str:
    day = facts.program_day
    if period == "receipt":
        return str(facts.event.get("id", "*"))
    if period == "day":
        return day.isoformat()
    if period == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    if period == "month":
        return f"{day.year}-{day.month:02}"
    if period == "year":
        return str(day.year)
    return (promotion.campaign or "*") if period == "campaign" else "*"
