"""Who wins where promotions exclude each other: groups, and promotions that stand alone.

Competition is inside one phase and one currency. `first`: the first in order that wants anything. `best` of the
receipt: the greatest value, ties to the earlier one; `best` of a line: for each line the greatest exact value. An
exclusive promotion that comes to its turn before any other has won takes the whole phase.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coalition.promotions.engine.calculating import Wanted
from coalition.promotions.engine.terms import Effect, Promotion

EXCLUSIVE = "exclusive"


@dataclass(frozen=True, slots=True)
class Bid:
    """What an effect of a promotion wants, of which worth one unit is, in minor money."""

    promotion: Promotion
    effect: Effect
    wanted: Wanted
    worth: int = 1

    @property
    def key(self) -> tuple[str, int]:
        """Which effect of which promotion it is."""
        return self.promotion.id, self.effect.index

    @property
    def field(self) -> str:
        """Within what it competes: its currency."""
        return str(self.effect.raw.get("currency", ""))


@dataclass(frozen=True, slots=True)
class Lost:
    """A bid that came to nothing: in which group, what it would have given, and who won."""

    bid: Bid
    group: str
    by: tuple[str, ...]


def compete(bids: Sequence[Bid], groups: Mapping[str, Mapping[str, Any]]) -> tuple[list[Bid], list[Lost]]:
    """The bids that stand, in order, and those that lost. Bids come in the order of their promotions."""
    standing, lost = {bid.key: bid for bid in bids}, []
    for name, settings in sorted(groups.items()):
        for field in sorted({bid.field for bid in bids if bid.promotion.group == name}):
            members = [bid for bid in bids if bid.promotion.group == name and bid.field == field]
            kept = {bid.key: bid for bid in _winners(members, settings)}
            winners = tuple(dict.fromkeys(bid.promotion.id for bid in kept.values()))
            for bid in members:
                standing.pop(bid.key)
                if bid.promotion.id not in winners:
                    lost.append(Lost(bid, name, winners))
            standing |= kept
    return _alone([standing[bid.key] for bid in bids if bid.key in standing], lost)


def _winners(members: Sequence[Bid], settings: Mapping[str, Any]) -> list[Bid]:
    mode, scope = settings.get("mode", "all"), settings.get("scope", "receipt")
    wanting = [bid for bid in members if bid.wanted.units > 0]
    if mode == "all" or not wanting:
        return list(members)
    if mode == "best" and scope == "line":
        return _best_by_line(members)
    worth: dict[str, int] = {}
    for bid in wanting:
        worth[bid.promotion.id] = worth.get(bid.promotion.id, 0) + bid.wanted.units * bid.worth
    chosen = next(iter(worth)) if mode == "first" else max(worth, key=lambda one: (worth[one], -list(worth).index(one)))
    return [bid for bid in members if bid.promotion.id == chosen]


def _best_by_line(members: Sequence[Bid]) -> list[Bid]:
    won: dict[int, list[int]] = {at: [] for at in range(len(members))}
    for no in sorted({no for bid in members for no in bid.wanted.weights}):
        values = [bid.wanted.of_line(no) * bid.worth for bid in members]
        best = max(values)
        if best > 0:
            won[values.index(best)].append(no)
    return [replace(bid, wanted=bid.wanted.only(won[at])) for at, bid in enumerate(members) if won[at]]


def _alone(standing: Iterable[Bid], lost: list[Lost]) -> tuple[list[Bid], list[Lost]]:
    kept: list[Bid] = []
    standing = list(standing)
    if not any(bid.promotion.exclusive for bid in standing):
        return standing, lost
    for bid in standing:
        rivals = [one for one in kept if one.field == bid.field and one.promotion.id != bid.promotion.id]
        wanting = [one for one in rivals if one.wanted.units > 0]
        before = next((one for one in wanting if one.promotion.exclusive), None)
        if before is not None:
            lost.append(Lost(bid, EXCLUSIVE, (before.promotion.id,)))
        elif bid.promotion.exclusive and wanting:
            lost.append(Lost(bid, EXCLUSIVE, tuple(dict.fromkeys(one.promotion.id for one in wanting))))
        else:
            kept.append(bid)
    return kept, lost
