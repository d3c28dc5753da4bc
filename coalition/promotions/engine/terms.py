"""A promotion's terms as the engine runs them. `reading` makes them out of JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.promotions.engine.compiling import LineTest, Test
from coalition.promotions.engine.conditions import Node

MONEY = frozenset({"points.credit", "cashback"})


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect: what, for which lines, how much, and how it is rounded. `index` counts through the promotion."""

    index: int
    kind: str
    fits: LineTest
    calc: Mapping[str, Any] | None
    mode: str
    by_line: bool
    base: bool
    raw: Mapping[str, Any]

    @property
    def multiplies(self) -> bool:
        """Whether it adds to what base credits have granted."""
        return self.calc is not None and self.calc["type"] == "multiply"


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and what it brings. `late`: it asks what is left after discounts, so it is asked after them."""

    when: Test | None
    node: Node | None
    late: bool
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `value` of a metric for each of `per` in a period; `skip`: what would exceed it gives nothing at all."""

    metric: str
    per: str
    period: str
    value: int
    skip: bool


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion's version as the engine runs it."""

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

    @property
    def order(self) -> tuple[int, str]:
        """Where it stands: higher priorities first, then by id."""
        return (-self.priority, self.id)

    @property
    def late(self) -> bool:
        """Whether some rule asks for what is left after discounts."""
        return any(rule.late for rule in self.rules)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The effects of all rules."""
        return tuple(effect for rule in self.rules for effect in rule.effects)
