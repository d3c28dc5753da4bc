"""One evaluation under way: what is left of the lines, what was granted, and what is told of it in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from coalition.promotions.engine.competing import Bid, Lost
from coalition.promotions.engine.facts import Facts
from coalition.promotions.engine.limiting import Counters, Stop
from coalition.promotions.engine.terms import Effect, Promotion


@dataclass(slots=True)
class Result:
    """What an event brings: effects as they are told, what did not apply and why, and what limits it has used."""

    effects: list[dict[str, Any]] = field(default_factory=list)
    explain: list[dict[str, Any]] = field(default_factory=list)
    counters_delta: dict[str, int] = field(default_factory=dict)


class State:
    """What the phases hand on to each other.

    `bases`: what is left of each eligible line, in minor money. `granted`: the units of each currency so far. `shares`:
    by currency, the exact part of granted base credits that each line has brought.
    """

    __slots__ = ("bases", "counters", "facts", "granted", "groups", "program", "result", "shares", "used")

    def __init__(self, program: Mapping[str, Any], facts: Facts, used: Mapping[str, int]) -> None:
        self.program, self.facts, self.counters = program, facts, Counters(used, facts)
        self.groups: Mapping[str, Mapping[str, Any]] = program.get("groups") or {}
        self.bases = {line["no"]: line["amount"] for line in facts.lines}
        self.granted: dict[str, int] = {}
        self.shares: dict[str, dict[int, Fraction]] = {}
        self.used: dict[str, Promotion] = {}
        self.result = Result()

    def worth(self, effect: Effect) -> int:
        """What one unit of the effect's currency is worth, in minor money."""
        known = (self.program.get("currencies") or {}).get(effect.raw.get("currency")) or {}
        return int(known.get("unit_minor", 1))

    def tell(self, promotion: Promotion, *effects: Mapping[str, Any]) -> None:
        """A promotion has given something."""
        self.used[promotion.id] = promotion
        self.result.effects += [dict(effect) for effect in effects]

    def reject(self, promotion: Promotion, why: str) -> None:
        """A gate stayed shut."""
        self.result.explain.append({"promotion": promotion.id, "outcome": "rejected", "why": why})

    def zero(self, promotion: Promotion, effect: Effect, wanted: int, stops: Sequence[Stop] = ()) -> None:
        """Nothing was granted: there was nothing to count, or a limit was used up."""
        at = {"promotion": promotion.id, "effect": effect.index, "outcome": "zero", "wanted": wanted, "granted": 0}
        self.result.explain.append(at | ({"limits": list(stops)} if stops else {}))

    def outcompete(self, lost: Iterable[Lost]) -> None:
        """Rivals have won."""
        for one in lost:
            at = {"promotion": one.bid.promotion.id, "effect": one.bid.effect.index, "outcome": "outcompeted"}
            self.result.explain.append(at | {"group": one.group, "would": one.bid.wanted.units, "by": list(one.by)})


def at(bid: Bid) -> dict[str, Any]:
    """How what a bid brings is told: by which effect of which promotion."""
    return {"promotion": bid.promotion.id, "effect": bid.effect.index}


def told(lines: Mapping[int, int]) -> dict[str, int]:
    """Parts of lines as JSON names them."""
    return {str(no): part for no, part in lines.items()}
