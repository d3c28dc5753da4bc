"""A promotion's terms as the engine runs them. `reading` makes them out of JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coalition.promotions.engine.calculating import Points, points
from coalition.promotions.engine.compiling import Filter, Test
from coalition.promotions.engine.conditions import Node

MONEY = frozenset({"points.credit", "cashback"})
DISCOUNT = "discount"
DISCOUNTS, CREDITS, MULTIPLIERS, OTHERS = range(4)
LIFE = frozenset({
    "activate_days", "activate_at", "expire_days", "expire_at", "expire_align", "account", "qualifying",
})  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """One effect: what, for which lines, how much, and how it is rounded. `index` counts through the promotion.

    `follows`: what is given once its achievement is complete, or its chance is won.
    """

    index: int
    kind: str
    where: Filter
    calc: Mapping[str, Any] | None
    mode: str
    by_line: bool
    base: bool
    raw: Mapping[str, Any]
    follows: tuple[Effect, ...] = ()

    @cached_property
    def points(self) -> Points:
        """Its calculation, of a credit."""
        assert self.calc is not None
        return points(self.calc)

    @cached_property
    def phase(self) -> int:
        """In which phase it has its turn: DISCOUNTS, CREDITS, MULTIPLIERS or OTHERS."""
        if self.kind == DISCOUNT:
            return DISCOUNTS
        return (
            OTHERS
            if self.kind not in MONEY
            else MULTIPLIERS
            if self.calc and self.calc["type"] == "multiply"
            else CREDITS
        )

    @property
    def multiplies(self) -> bool:
        """Whether it adds to what base credits have granted."""
        return self.phase == MULTIPLIERS

    @cached_property
    def currency(self) -> str:
        """What is credited, and within what credits compete; nothing for a discount."""
        return str(self.raw.get("currency", ""))

    @cached_property
    def lives(self) -> bool:
        """Whether it says from when, until when or as what its points live."""
        return not LIFE.isdisjoint(self.raw)


@dataclass(frozen=True)
class Rule:
    """A condition and what it brings. `late`: it asks what is left after discounts, so it is asked after them."""

    when: Test | None
    node: Node | None
    late: bool
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Limit:
    """At most `value` of a metric for each of `per` in a period; `skip`: what would exceed it gives nothing at all.

    `of`: the promotion's id; `campaign`: the promotion's campaign, all of which share a limit per campaign (without
    one it is the promotion's own).
    """

    metric: str
    per: str
    period: str
    value: int
    skip: bool
    of: str
    campaign: str | None = None

    @cached_property
    def head(self) -> str:
        """How the keys of its counters begin."""
        of = f"campaign:{self.campaign}" if self.per == "campaign" and self.campaign else self.of
        return f"{of}/{self.metric}/{self.per}:"


@dataclass(frozen=True)
class Promotion:
    """A promotion's version as the engine runs it. What follows from its terms is worked out once."""

    id: str
    version: int
    events: frozenset[str]
    begins: dt.datetime | None
    ends: dt.datetime | None
    coupon: str | None
    priority: int
    group: str | None
    exclusive: bool
    campaign: str | None
    segments_any: frozenset[str]
    segments_none: frozenset[str]
    control_bp: int
    communication: Mapping[str, Any] | None
    first_rule_only: bool
    rules: tuple[Rule, ...]
    limits: tuple[Limit, ...]
    returns: str
    takes_late: bool = True

    @cached_property
    def order(self) -> tuple[int, str]:
        """Where it stands: higher priorities first, then by id."""
        return (-self.priority, self.id)

    @cached_property
    def late(self) -> bool:
        """Whether some rule asks for what is left after discounts."""
        return any(rule.late for rule in self.rules)

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """The effects of all rules."""
        return tuple(effect for rule in self.rules for effect in rule.effects)

    @cached_property
    def discounts(self) -> bool:
        """Whether some effect is a discount."""
        return any(effect.kind == DISCOUNT for effect in self.effects)

    @cached_property
    def competes(self) -> bool:
        """Whether it may win over others, or lose to them, by more than its limits."""
        return self.exclusive or self.group is not None

    @cached_property
    def selects(self) -> bool:
        """Whether it is not for every member."""
        return bool(self.segments_any or self.segments_none or self.control_bp or self.communication)

    @cached_property
    def uses(self) -> tuple[Limit, ...]:
        """Its limits on how often it applies."""
        return tuple(limit for limit in self.limits if limit.metric == "uses")

    @cached_property
    def caps(self) -> tuple[Limit, ...]:
        """Its limits on how much it gives in all."""
        return tuple(limit for limit in self.limits if limit.metric != "uses" and limit.per != "line")

    @cached_property
    def caps_of_lines(self) -> tuple[Limit, ...]:
        """Its limits on how much one line of the receipt gets."""
        return tuple(limit for limit in self.limits if limit.metric != "uses" and limit.per == "line")
