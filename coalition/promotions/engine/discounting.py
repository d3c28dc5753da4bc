"""The phase of discounts: one promotion after another, each on what the ones before have left of the lines.

Promotions of a group that is not for all compete as soon as the first of them has its turn. Afterwards the points paid
are spread over what is left: that is what the lines earn on.
"""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.money import largest_remainder
from coalition.promotions.engine import calculating
from coalition.promotions.engine.competing import EXCLUSIVE, Bid, Lost, compete
from coalition.promotions.engine.gating import rules
from coalition.promotions.engine.limiting import within_lines
from coalition.promotions.engine.state import State, at, told
from coalition.promotions.engine.terms import Promotion

KIND = "discount"


def discount(state: State, promotions: Sequence[Promotion]) -> None:
    """Take every discount off, in the promotions' order."""
    promotions = [one for one in promotions if any(effect.kind == KIND for effect in one.effects)]
    done: set[str] = set()
    given: list[Promotion] = []
    for promotion in promotions:
        if promotion.id in done:
            continue
        together = _together(state, promotion, promotions)
        done |= {one.id for one in together}
        bids = [bid for one in together for bid in _bids(state, one)]
        kept, lost = compete(bids, state.groups)
        state.outcompete(lost)
        for bid in kept:
            rivals = [one for one in given if one is not bid.promotion and (one.exclusive or bid.promotion.exclusive)]
            if rivals:
                state.outcompete([Lost(bid, EXCLUSIVE, tuple(one.id for one in rivals))])
            elif _take_off(state, bid):
                given.append(bid.promotion)


def pay_with_points(state: State) -> None:
    """Spread the points paid over the lines, unless the program lets members earn on all they bought."""
    paid = (state.facts.event.get("payload") or {}).get("points_paid") or 0
    numbers = sorted(state.bases)
    if not paid or not numbers or state.program.get("earn_on") == "gross":
        return
    weights = [state.bases[no] for no in numbers]
    for no, part in zip(numbers, largest_remainder(min(paid, sum(weights)), weights), strict=True):
        state.bases[no] -= part


def _together(state: State, promotion: Promotion, promotions: Sequence[Promotion]) -> list[Promotion]:
    group = state.groups.get(promotion.group or "") or {}
    if group.get("mode", "all") == "all":
        return [promotion]
    return [one for one in promotions if one.group == promotion.group]


def _bids(state: State, promotion: Promotion) -> list[Bid]:
    applying = rules(promotion, state.facts)
    effects = [effect for rule in applying for effect in rule.effects if effect.kind == KIND]
    return [Bid(promotion, one, calculating.discount(one, state.facts.lines, state.bases)) for one in effects]


def _take_off(state: State, bid: Bid) -> int:
    wanted = bid.wanted.units
    minor, stops = state.counters.allow(bid.promotion, "money", wanted)
    lines = within_lines(bid.promotion, "money", bid.wanted.spread(minor))
    minor = sum(lines.values())
    if not minor:
        state.zero(bid.promotion, bid.effect, wanted, stops)
        return 0
    state.counters.use(bid.promotion, "money", minor)
    for no, part in lines.items():
        state.bases[no] -= part
    state.facts.current_total -= minor
    state.tell(bid.promotion, at(bid) | {"kind": KIND, "minor": minor, "lines": told(lines)})
    return minor
