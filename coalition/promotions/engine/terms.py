"""A promotion's terms as the engine runs them. `reading` makes them out of JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
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

    `follows`: what is given once its achievement is complete, or its chance is won. `phase`: when it has its turn
    (DISCOUNTS, CREDITS, MULTIPLIERS, OTHERS). `currency`: what is credited, and within what credits compete. `lives`:
    whether it says from when, until when or as what its points live.
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
    phase: int = field(init=False, compare=False)
    currency: str = field(init=False, compare=False)
    lives: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _derive(
            self,
            phase=self._phase(),
            currency=str(self.raw.get("currency", "")),
            lives=not LIFE.isdisjoint(self.raw),
        )

    @cached_property
    def points(self) -> Points:
        """Its calculation, of a credit."""
        assert self.calc is not None
        return points(self.calc)

    @property
    def multiplies(self) -> bool:
        """Whether it adds to what base credits have granted."""
        return self.phase == MULTIPLIERS

    def _phase(self) -> int:
        if self.kind in MONEY:
            return MULTIPLIERS if self.calc and self.calc["type"] == "multiply" else CREDITS
        return DISCOUNTS if self.kind == DISCOUNT else OTHERS


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
    one it is the promotion's own). `head`: how the keys of its counters begin; `scope`: what else they go by.
    """

    metric: str
    per: str
    period: str
    value: int
    skip: bool
    of: str
    campaign: str | None = None
    head: str = field(init=False, compare=False)
    scope: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        of = f"campaign:{self.campaign}" if self.per == "campaign" and self.campaign else self.of
        scope = f"{self.per}/{self.period}" + (f"/{self.campaign}" if self.period == "campaign" else "")
        _derive(self, head=f"{of}/{self.metric}/{self.per}:", scope=scope)


@dataclass(frozen=True)
class Promotion:
    """A promotion's version as the engine runs it.

    What follows from its terms: `late`, whether some rule asks for what is left after discounts; `discounts`, whether
    some effect is one; `competes`, whether it may win over others or lose to them; `selects`, whether it is not for
    every member; `uses`, its limits on how often it applies; `caps`, those on how much it gives in all, and
    `caps_of_lines`, to one line.
    """

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
    late: bool = field(init=False, compare=False)
    discounts: bool = field(init=False, compare=False)
    competes: bool = field(init=False, compare=False)
    selects: bool = field(init=False, compare=False)
    uses: tuple[Limit, ...] = field(init=False, compare=False)
    caps: tuple[Limit, ...] = field(init=False, compare=False)
    caps_of_lines: tuple[Limit, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        caps = [limit for limit in self.limits if limit.metric != "uses"]
        _derive(
            self,
            late=any(rule.late for rule in self.rules),
            discounts=any(effect.kind == DISCOUNT for effect in self.effects),
            competes=self.exclusive or self.group is not None,
            selects=bool(self.segments_any or self.segments_none or self.control_bp or self.communication),
            uses=tuple(limit for limit in self.limits if limit.metric == "uses"),
            caps=tuple(limit for limit in caps if limit.per != "line"),
            caps_of_lines=tuple(limit for limit in caps if limit.per == "line"),
        )

    @cached_property
    def order(self) -> tuple[int, str]:
        """Where it stands: higher priorities first, then by id."""
        return (-self.priority, self.id)

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """The effects of all rules."""
        return tuple(effect for rule in self.rules for effect in rule.effects)


def _derive(of: object, **facts: object) -> None:
    """Keep what follows from terms beside them: it is asked for with every event."""
    vars(of).update(facts)
