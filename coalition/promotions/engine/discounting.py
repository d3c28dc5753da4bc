"""The phase of discounts: one promotion after another, each on what the ones before have left of the lines.

Promotions of a group that is not for all compete as soon as the first of them has its turn. Afterwards the points paid
are spread over what is left, and VAT is taken out where a program wants that: the rest is what the lines earn on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from coalition.kernel.money import largest_remainder
from coalition.promotions.engine.bidding import Bid, bid
from coalition.promotions.engine.calculating import BP
from coalition.promotions.engine.competing import EXCLUSIVE, Lost, compete
from coalition.promotions.engine.cutting import cut
from coalition.promotions.engine.facts import CURRENT_TOTAL
from coalition.promotions.engine.gating import rules
from coalition.promotions.engine.limiting import within_lines
from coalition.promotions.engine.state import State, told
from coalition.promotions.engine.terms import DISCOUNT, Promotion

WITHOUT = "without"


def discount(state: State, promotions: Sequence[Promotion]) -> None:
    """Take every discount off, in the promotions' order."""
    done: set[str] = set()
    given: list[Promotion] = []
    for promotion in promotions:
        if promotion.id in done:
            continue
        together = _together(state, promotion, promotions)
        done |= {one.id for one in together}
        given += _discount(state, together, given)


def _discount(state: State, together: Sequence[Promotion], before: Sequence[Promotion]) -> list[Promotion]:
    """Take off what these promotions want that compete now; those that have given something."""
    total, given = state.facts[CURRENT_TOTAL], list[Promotion]()
    kept, lost = compete([one for promotion in together for one in _bids(state, promotion)], state.groups)
    state.outcompete(lost)
    for won in kept:
        alone, others = won.promotion.exclusive, [*before, *given]
        rivals = [one for one in others if one is not won.promotion and (one.exclusive or alone)]
        if rivals:
            state.outcompete([Lost(won, EXCLUSIVE, tuple(one.id for one in rivals))])
        elif _take_off(state, won if state.facts[CURRENT_TOTAL] == total else _anew(state, won)):
            given.append(won.promotion)
    return given


def _anew(state: State, won: Bid) -> Bid:
    """What a bid wants of what is left now: the one before it has taken something off."""
    lines = [line for line in won.effect.where.of(state.facts) if line["no"] in won.weights]
    return bid(won.promotion, won.effect, 1, cut(won.effect, lines, state.bases))


def earn_on(state: State) -> None:
    """Leave of each line what it earns on: less the points paid, and without VAT where the program says so."""
    _pay_with_points(state)
    usual = usual_vat(state.program)
    if usual is not None:
        for line in state.facts.lines:
            state.bases[line["no"]] = net(state.bases[line["no"]], vat_of(line.get("vat_bp"), usual))


def usual_vat(program: Mapping[str, Any]) -> int | None:
    """The program's VAT rate, in hundredths of a percent, if its members earn on prices without VAT; else None."""
    return int(program.get("vat_bp", 0)) if program.get("earn_vat") == WITHOUT else None


def vat_of(own: Any, usual: int) -> int:
    """The VAT rate of a product: its own, or the program's where nobody has said which it has."""
    return own if type(own) is int and own >= 0 else usual


def net(minor: int, vat_bp: int) -> int:
    """What a price with VAT is without it, half a minor unit up: of each line for itself."""
    gross = BP + vat_bp
    return (2 * minor * BP + gross) // (2 * gross) if vat_bp else minor


def _pay_with_points(state: State) -> None:
    """Spread what earns nothing over the lines: the points paid, unless the program lets members earn on all they
    bought, and what was paid by means on which its members do not earn (`earn_not`).
    """
    payload, weights = state.facts.payload, list(state.bases.values())
    paid = 0 if state.program.get("earn_on") == "gross" else payload.get("points_paid") or 0
    if not_earning := state.program.get("earn_not"):
        paid += unearning(payload.get("payments") or (), not_earning)
    if not paid or not weights:
        return
    parts = largest_remainder(min(paid, sum(weights)), weights)
    state.bases = {no: base - part for (no, base), part in zip(state.bases.items(), parts, strict=True)}


def unearning(payments: Iterable[Mapping[str, Any]], kinds: Collection[str]) -> int:
    """What was paid by these kinds of means, in minor money."""
    return sum(one.get("amount") or 0 for one in payments if one.get("kind") in kinds)


def _together(state: State, promotion: Promotion, promotions: Sequence[Promotion]) -> list[Promotion]:
    group = state.groups.get(promotion.group or "") or {}
    if group.get("mode", "all") == "all":
        return [promotion]
    return [one for one in promotions if one.group == promotion.group]


def _bids(state: State, promotion: Promotion) -> list[Bid]:
    applying = rules(promotion, state.facts)
    effects = [effect for rule in applying for effect in rule.effects if effect.kind == DISCOUNT]
    return [bid(promotion, one, 1, cut(one, one.where.of(state.facts), state.bases)) for one in effects]


def _take_off(state: State, won: Bid) -> int:
    promotion, effect = won.promotion, won.effect
    minor, stops = state.counters.allow(promotion, "money", won.units)
    lines = within_lines(promotion, "money", won.spread(minor))
    minor = sum(lines.values())
    if not minor:
        state.zero(promotion, effect, won.units, stops)
        return 0
    state.counters.use(promotion, "money", minor)
    for no, part in lines.items():
        state.bases[no] -= part
    state.facts[CURRENT_TOTAL] -= minor
    at = {"promotion": promotion.id, "effect": effect.index}
    state.tell(promotion, at | {"kind": DISCOUNT, "minor": minor, "lines": told(lines)})
    return minor
