"""Who wins where promotions exclude each other: groups, and promotions that stand alone.

Competition is inside one phase and one currency. `first`: the first in order that wants anything. `best` of the
receipt: the greatest value, ties to the earlier one; `best` of a line: for each line the greatest exact value. An
exclusive promotion that comes to its turn before any other has won takes the whole phase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm
from operator import itemgetter
from typing import Any, NamedTuple

from coalition.promotions.engine.bidding import Bid

EXCLUSIVE = "exclusive"
_NAME = itemgetter(0)


class Lost(NamedTuple):
    """A bid that came to nothing: in which group, what it would have given, and who won."""

    bid: Bid
    group: str
    by: tuple[str, ...]


def compete(bids: Sequence[Bid], groups: Mapping[str, Mapping[str, Any]]) -> tuple[Sequence[Bid], list[Lost]]:
    """The bids that stand, in order, and those that lost. Bids come in the order of their promotions."""
    contested = [bid for bid in bids if bid.promotion.competes]
    if not contested:
        return bids, []
    rivals: dict[tuple[str, str], list[Bid]] = {}
    alone, lost = False, list[Lost]()
    kept: dict[int, Bid] = {}
    for bid in contested:
        alone, group = alone or bid.promotion.exclusive, bid.promotion.group
        if group is not None and group in groups:
            rivals.setdefault((group, bid.effect.currency), []).append(bid)
    for (group, _), members in sorted(rivals.items(), key=_NAME) if len(rivals) > 1 else rivals.items():
        for bid in (won := _winners(members, groups[group])):
            kept[id(bid.effect)] = bid
        if len(won) < len(members):
            winners = tuple(dict.fromkeys([bid.promotion.id for bid in won]))
            lost += [Lost(bid, group, winners) for bid in members if bid.promotion.id not in winners]
    standing = bids
    if rivals:
        standing = [
            kept.get(id(bid.effect), bid) for bid in bids if bid.promotion.group not in groups or id(bid.effect) in kept
        ]
    return _alone(standing, lost) if alone else (standing, lost)


def _winners(members: Sequence[Bid], settings: Mapping[str, Any]) -> Sequence[Bid]:
    mode, scope = settings.get("mode", "all"), settings.get("scope", "receipt")
    wanting = [bid for bid in members if bid.units > 0]
    if mode == "all" or not wanting:
        return members
    if mode == "best" and scope == "line":
        return _best_by_line(members)
    worth: dict[str, int] = {}
    for bid in wanting:
        worth[bid.promotion.id] = worth.get(bid.promotion.id, 0) + bid.units * bid.worth
    chosen = wanting[0].promotion.id if mode == "first" else max(worth, key=worth.__getitem__)
    return [bid for bid in members if bid.promotion.id == chosen]


def _best_by_line(members: Sequence[Bid]) -> list[Bid]:
    """For each line the greatest exact value; all are compared as whole numbers of one common part of money."""
    scales = [bid.scale * (sum(bid.weights.values()) or 1) for bid in members]
    common = lcm(*scales)
    pulls = [bid.top * bid.worth * (common // scale) for bid, scale in zip(members, scales, strict=True)]
    won: list[list[int]] = [[] for _ in members]
    for no in {no for bid in members for no in bid.weights}:
        values = [bid.weights.get(no, 0) * pull for bid, pull in zip(members, pulls, strict=True)]
        best = max(values)
        if best > 0:
            won[values.index(best)].append(no)
    return [bid.only(lines) for bid, lines in zip(members, won, strict=True) if lines]


def _alone(standing: Sequence[Bid], lost: list[Lost]) -> tuple[Sequence[Bid], list[Lost]]:
    kept: list[Bid] = []
    for bid in standing:
        rivals = [
            one for one in kept if one.effect.currency == bid.effect.currency and one.promotion is not bid.promotion
        ]
        wanting = [one for one in rivals if one.units > 0]
        before = next((one for one in wanting if one.promotion.exclusive), None)
        if before is not None:
            lost.append(Lost(bid, EXCLUSIVE, (before.promotion.id,)))
        elif bid.promotion.exclusive and wanting:
            lost.append(Lost(bid, EXCLUSIVE, tuple(dict.fromkeys(one.promotion.id for one in wanting))))
        else:
            kept.append(bid)
    return kept, lost
