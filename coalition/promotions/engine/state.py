"""One evaluation under way: what is left of the lines, what was granted, and what is told of it in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition.promotions.engine.calculating import NO_SHARES, Shares
from coalition.promotions.engine.competing import Lost
from coalition.promotions.engine.compiling import Filter
from coalition.promotions.engine.facts import Facts, Line
from coalition.promotions.engine.limiting import Counters, Stop
from coalition.promotions.engine.terms import Effect, Promotion

Base = tuple[int, Sequence[Line], Mapping[int, int]]


@dataclass(slots=True)
class Result:
    """What an event brings: effects as they are told, what did not apply and why, and what limits it has used."""

    effects: list[dict[str, Any]] = field(default_factory=list)
    explain: list[dict[str, Any]] = field(default_factory=list)
    counters_delta: dict[str, int] = field(default_factory=dict)


class State:
    """What the phases hand on to each other.

    `bases`: what is left of each eligible line, in minor money. `granted`: the units of each currency so far. `shares`:
    by currency, the exact part of granted base credits that each line has brought. `by_line`: whether it is told what
    falls to each line. `tier`: by which currency members climb (see `settings`).
    """

    __slots__ = ("_earning", "_worth", "bases", "by_line", "counters", "facts", "granted", "groups", "program",
                 "result", "shares", "tier", "used")  # fmt: skip

    def __init__(
        self, program: Mapping[str, Any], facts: Facts, used: Mapping[str, int], *, by_line: bool = True
    ) -> None:
        self.by_line = by_line
        self.program, self.facts, self.counters = program, facts, Counters(used, facts)
        self.tier: Mapping[str, Any] = program.get("tier") or {}
        self.groups: Mapping[str, Mapping[str, Any]] = program.get("groups") or {}
        self.bases: dict[int, int] = {line["no"]: line["amount"] for line in facts.lines}
        self.granted: dict[str, int] = {}
        self.shares: dict[str, Shares] = {}
        self.used: dict[str, Promotion] = {}
        self.result = Result()
        self._earning: dict[Filter, Base] = {}
        self._worth: dict[str, int] = {}

    def worth(self, currency: str) -> int:
        """What one unit of a currency is worth, in minor money."""
        found = self._worth.get(currency)
        if found is None:
            known = (self.program.get("currencies") or {}).get(currency) or {}
            found = self._worth[currency] = int(known.get("unit_minor", 1))
        return found

    def earning(self, where: Filter) -> Base:
        """What effects earn on, after discounts and points paid: in all, the lines that fit, and the part of each."""
        found = self._earning.get(where)
        if found is None:
            lines, bases = where.of(self.facts), self.bases
            weights = {}
            for line in lines:
                no = line["no"]
                weights[no] = bases[no]
            amount = sum(weights.values()) if self.facts.all_lines else self.facts.payload.get("amount") or 0
            found = self._earning[where] = (amount, lines, weights)
        return found

    def remember(self, currency: str, units: int, weights: Mapping[int, int]) -> None:
        """A base credit was granted: multipliers go by it."""
        self.shares[currency] = self.shares.get(currency, NO_SHARES).plus(units, weights)

    def tell(self, promotion: Promotion, effect: dict[str, Any]) -> None:
        """A promotion has given something."""
        self.used[promotion.id] = promotion
        self.result.effects.append(effect)

    def reject(self, promotion: Promotion, why: str) -> None:
        """A gate has stayed shut."""
        self.result.explain.append({"promotion": promotion.id, "outcome": "rejected", "why": why})

    def zero(self, promotion: Promotion, effect: Effect, wanted: int, stops: Sequence[Stop] = ()) -> None:
        """Nothing was granted: there was nothing to count, or a limit was used up."""
        at = {"promotion": promotion.id, "effect": effect.index, "outcome": "zero", "wanted": wanted, "granted": 0}
        self.result.explain.append(at | ({"limits": list(stops)} if stops else {}))

    def outcompete(self, lost: Iterable[Lost]) -> None:
        """Rivals have won."""
        for one in lost:
            promotion, effect = one.bid.promotion.id, one.bid.effect.index
            at = {"promotion": promotion, "effect": effect, "outcome": "outcompeted", "group": one.group}
            self.result.explain.append({**at, "would": one.bid.units, "by": list(one.by)})


def told(lines: Mapping[int, int]) -> dict[str, int]:
    """Parts of lines as JSON names them."""
    found = {}
    for no in lines:  # plain loops: for one line, which is the rule, a comprehension costs more than its work
        found[str(no)] = lines[no]
    return found
