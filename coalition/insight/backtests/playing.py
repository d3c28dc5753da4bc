"""A ruleset at play over stored receipts: the engine itself, with its counters in memory and no effect on anything.

Receipts have to come in the order in which they were recorded, at least those of one member; where members share a
limit, all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from coalition.insight.backtests.budgets import Budgets
from coalition.insight.backtests.counters import UNUSED, Stood, counters_for
from coalition.insight.backtests.seen import DISCOUNTS, NOTHING, Award, Outcome, Seen
from coalition.insight.backtests.sharing import shares
from coalition.promotions import engine

Legs = Sequence[tuple[int, int]]
Event = Mapping[str, Any]
FOR_TIERS = ""  # who pays for points that only count for a tier, whatever the promotion


class Rules(Protocol):
    """What of a ruleset, or of one that is tried, is played."""

    @property
    def program(self) -> Mapping[str, Any]: ...
    @property
    def promotions(self) -> tuple[engine.Promotion, ...]: ...
    @property
    def index(self) -> engine.Index: ...


class Side:
    """One of the two rulesets.

    `payers` says who pays for a promotion's award on a receipt: legal entities with their weights. `books`: whether the
    program has what a credit names (its currency, its promo account); what it lacks is not granted. `quoted`: whether
    money can come off, as if each receipt had been quoted first. `stood`: what its limits had used before.
    """

    __slots__ = ("_books", "_payers", "_quoted", "_rules", "_stood", "budgets", "counters", "used")

    def __init__(
        self,
        rules: Rules,
        payers: Callable[[str, Seen], Legs],
        books: Callable[[Mapping[str, Any]], bool] = lambda effect: True,
        *,
        quoted: bool = True,
        stood: Stood = UNUSED,
    ) -> None:
        self._stood = stood
        self._rules, self._payers, self._books, self._quoted = rules, payers, books, quoted
        self.budgets = Budgets(rules.promotions)
        self.used: Mapping[str, int] = {}
        self.forget()

    def forget(self) -> None:
        """Begin anew with the limits: for members who share none with those before."""
        self.counters = counters_for(self._rules.promotions, self._stood)

    def play(self, event: Event, seen: Seen) -> Outcome:
        """What this ruleset gives for a receipt; its counters move on by what it has `used`."""
        rules, counters = self._rules, self.counters
        if not rules.promotions:
            return NOTHING
        counters.day = seen.day
        run, terms = engine.run_indexed, (rules.program, rules.index)
        result = run(*terms, event, counters, base=seen.base, discounts=self._quoted, by_line=False)
        self.follow(result.counters_delta, seen)
        return self._outcome(result.effects, seen) if result.effects else NOTHING

    def follow(self, used: Mapping[str, int], seen: Seen) -> None:
        """Count what a receipt has used of limits, here or under the other ruleset where both come to the same."""
        self.used = used
        if used:
            self.counters.day = seen.day
            self.counters.use(used)
            self.budgets.note(used, self.counters, seen.day)

    def _outcome(self, effects: Sequence[Mapping[str, Any]], seen: Seen) -> Outcome:
        awards, gifts = list[Award](), dict[tuple[str, str], int]()
        for effect in effects:
            promotion, kind = effect["promotion"], effect["kind"]
            amount = effect.get("minor") if kind == "discount" else effect.get("units")
            if amount is None and effect.get("win") is not False:  # a roll that won nothing is no gift
                gifts[promotion, kind] = gifts.get((promotion, kind), 0) + effect.get("qty", 1)
            elif amount is None:
                continue
            elif kind == "discount":
                awards.append(Award(promotion, DISCOUNTS, amount, shares(amount, self._payers(promotion, seen))))
            elif self._books(effect):
                legs = self._payers(FOR_TIERS if effect.get("counts") else promotion, seen)
                awards.append(Award(promotion, effect["currency"], amount, shares(amount, legs)))
        return Outcome(tuple(awards), tuple(sorted(gifts.items())))
