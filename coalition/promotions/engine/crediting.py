"""The phases of credits: points and cashback on the earning bases, then what multipliers add to the base credits.

A multiplier goes by the exact part of the granted base that each line has brought, and is rounded once like any effect;
several multipliers add up (x2 and x3 make x4) unless a group lets only the best one win.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coalition.kernel.money import largest_remainder
from coalition.promotions.engine.bidding import NOTHING, Bid, bid
from coalition.promotions.engine.calculating import BP, NO_SHARES
from coalition.promotions.engine.competing import compete
from coalition.promotions.engine.limiting import within_lines
from coalition.promotions.engine.state import State, told
from coalition.promotions.engine.terms import Effect, Promotion

Pairs = Sequence[tuple[Promotion, Effect]]
Base = tuple[str, Mapping[int, int]]  # the currency's code and the units of each line; 0 where there are no lines


def credit(state: State, pairs: Pairs) -> None:
    """Grant every credit that is no multiplier, in the promotions' order."""
    for won in _winners(state, [_wanted(state, *pair) for pair in pairs]):
        units = _grant(state, won)
        if units and won.effect.base:
            state.remember(won.effect.currency, units, won.weights)


def remember_base(state: State, base: Sequence[Base]) -> None:
    """Take in base credits that were granted beside the promotions, as if they had granted them."""
    for currency, lines in base:
        state.shares[currency] = state.shares.get(currency, NO_SHARES).given(lines)
        state.granted[currency] = state.granted.get(currency, 0) + sum(lines.values())


def multiply(state: State, pairs: Pairs) -> None:
    """Grant what multipliers add to the base credits that were granted."""
    for won in _winners(state, [_extra(state, *pair) for pair in pairs]):
        _grant(state, won)


def reward(state: State, promotion: Promotion, effect: Effect, times: int) -> None:
    """Grant a credit that follows from something that was complete or won, so many times."""
    asked = _wanted(state, promotion, effect)
    _grant(state, bid(promotion, effect, asked.worth, (asked.top * times, asked.scale, asked.weights)))


def _wanted(state: State, promotion: Promotion, effect: Effect) -> Bid:
    """What a credit asks for on the earning bases of the lines that fit, or on the amount of an event without lines."""
    worth, points = state.worth(effect.currency), effect.points
    amount, lines, weights = state.earning(effect.where)
    scale = BP * worth
    if state.facts.all_lines and not lines:
        exact = NOTHING
    elif effect.by_line and lines and effect.calc and effect.calc["type"] != "fixed":
        tops = {line["no"]: points(weights[line["no"]], [line], scale) for line in lines}
        exact = sum(tops.values()), scale, tops
    else:
        exact = points(amount, lines, scale), scale, weights
    return bid(promotion, effect, worth, exact)


def _extra(state: State, promotion: Promotion, effect: Effect) -> Bid:
    """What a multiplier adds: the exact share of granted base credits on each fitting line, times (x - 1)."""
    assert effect.calc is not None
    facts, shares = state.facts, state.shares.get(effect.currency, NO_SHARES)
    extra, scale = max(effect.calc["x_bp"] - BP, 0), BP * shares.scale
    weights = {line["no"]: shares.of.get(line["no"], 0) for line in effect.where.of(facts)}
    top = sum(weights.values()) if facts.lines else sum(shares.of.values())
    return bid(promotion, effect, state.worth(effect.currency), (top * extra, scale, weights))


def _winners(state: State, bids: Sequence[Bid]) -> Iterable[Bid]:
    kept, lost = compete(bids, state.groups)
    state.outcompete(lost)
    return kept


def _grant(state: State, won: Bid) -> int:
    """Grant a credit within its limits; the units granted."""
    promotion, effect, worth = won.promotion, won.effect, won.worth
    units, stops = state.counters.allow(promotion, "units", won.units, worth)
    lines: Mapping[int, int] = won.spread(units) if state.by_line or promotion.caps_of_lines else {}
    if promotion.caps_of_lines and lines:
        lines = within_lines(promotion, "units", lines)
        units = sum(lines.values())
    if not units:
        state.zero(promotion, effect, won.units, stops)
        return 0
    state.counters.use(promotion, "units", units, worth)
    _tell(state, won, units, lines)
    return units


def _tell(state: State, won: Bid, units: int, lines: Mapping[int, int]) -> None:
    promotion, effect = won.promotion, won.effect
    currency = effect.currency
    given: dict[str, Any] = {
        "promotion": promotion.id,
        "effect": effect.index,
        "kind": effect.kind,
        "currency": currency,
        "units": units,
    }
    if effect.lives:
        given |= _life(state, effect)
    if state.by_line and state.facts.all_lines:
        given["lines"] = told(lines)
    state.granted[currency] = state.granted.get(currency, 0) + units
    state.tell(promotion, given)
    if effect.raw.get("qualifying"):
        _count(state, won, units, lines)


def _count(state: State, won: Bid, units: int, lines: Mapping[int, int]) -> None:
    """Let a credit count for the member's tier: as many points of the currency by which members climb, rounded down.

    They are no earnings: no multiplier and no achievement goes by them, and no limit.
    """
    currency, promotion, effect = state.tier.get("currency"), won.promotion, won.effect
    top, scale = (state.tier.get("of") or {}).get(effect.currency, (1, 1))
    counted = units * top // scale
    if currency is None or currency == effect.currency or not counted:
        return
    given = {"promotion": promotion.id, "effect": effect.index, "kind": "points.credit", "currency": currency}
    given |= {"units": counted, "counts": "tier"}
    if state.by_line and state.facts.all_lines:
        parts = largest_remainder(counted, list(lines.values())) if lines else []
        given["lines"] = {str(no): part for no, part in zip(lines, parts, strict=True) if part}
    state.tell(promotion, given)


def _life(state: State, effect: Effect) -> dict[str, Any]:
    """From when and until when the points live, where the effect says so (days of the program's zone), and as what."""
    raw, found = effect.raw, {}
    begins = state.facts.program_day + dt.timedelta(days=raw.get("activate_days") or 0)
    if raw.get("activate_at"):
        begins = _day(raw["activate_at"])
    if "activate_days" in raw or raw.get("activate_at"):
        found["active_from"] = begins.isoformat()
    ends = _day(raw["expire_at"]) if raw.get("expire_at") else None
    if raw.get("expire_days") is not None:
        ends = begins + dt.timedelta(days=raw["expire_days"])
    if raw.get("expire_align"):
        ends = _last_day(ends or begins, str(raw["expire_align"]))
    if ends:
        found["expires"] = ends.isoformat()
    return found | {name: raw[name] for name in ("account", "qualifying") if name in raw}


def _day(text: Any) -> dt.date:
    return dt.date.fromisoformat(str(text)[:10])


def _last_day(day: dt.date, of: str) -> dt.date:
    """The last day of the day's month or year."""
    if of == "year":
        return dt.date(day.year, 12, 31)
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
