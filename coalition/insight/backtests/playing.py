"""A ruleset at play over stored receipts: the engine itself, with its counters in memory and no effect on anything.

Receipts have to come in the order in which they happened, at least those of one member; where members share a limit,
all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coalition.insight.backtests.budgets import Budgets
from coalition.insight.backtests.seen import DISCOUNTS, NOTHING, Award, Outcome, Seen
from coalition.insight.backtests.sharing import shares
from coalition.promotions import engine

Legs = Sequence[tuple[int, int]]
Event = Mapping[str, Any]


class Side:
    """One of the two rulesets.

    `payers` says who pays for a promotion's award on a receipt: legal entities with their weights.
    """

    __slots__ = ("_counters", "_index", "_payers", "_program", "budgets")

    def __init__(
        self,
        program: Mapping[str, Any],
        promotions: Sequence[engine.Promotion],
        payers: Callable[[str, Seen], Legs],
        counters: Mapping[str, int] | None = None,
    ) -> None:
        self._program, self._index, self._payers = program, engine.Index(promotions), payers
        self._counters = dict(counters or {})
        self.budgets = Budgets(promotions)

    def play(self, event: Event, seen: Seen) -> Outcome:
        """What this ruleset gives for a receipt; its counters move on."""
        result = engine.run_indexed(self._program, self._index, event, self._counters)
        if not result.effects:
            return NOTHING
        for counter, used in result.counters_delta.items():
            self._counters[counter] = self._counters.get(counter, 0) + used
        self.budgets.note(result.counters_delta, self._counters, seen.day)
        return self._outcome(result.effects, seen)

    def _outcome(self, effects: Sequence[Mapping[str, Any]], seen: Seen) -> Outcome:
        awards, gifts = list[Award](), dict[tuple[str, str], int]()
        for effect in effects:
            promotion, kind = effect["promotion"], effect["kind"]
            amount = effect.get("minor") if kind == "discount" else effect.get("units")
            if amount is None:
                gifts[promotion, kind] = gifts.get((promotion, kind), 0) + effect.get("qty", 1)
                continue
            currency = DISCOUNTS if kind == "discount" else effect["currency"]
            awards.append(Award(promotion, currency, amount, shares(amount, self._payers(promotion, seen))))
        return Outcome(tuple(awards), tuple(sorted(gifts.items())))
