"""The phases of credits: points and cashback on the earning bases, then what multipliers add to the base credits.

A multiplier goes by the exact part of the granted base that each line has brought, and is rounded once like any effect;
several multipliers add up (x2 and x3 make x4) unless a group lets only the best one win.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from coalition.promotions.engine import calculating
from coalition.promotions.engine.calculating import Wanted
from coalition.promotions.engine.competing import Bid, compete
from coalition.promotions.engine.limiting import within_lines
from coalition.promotions.engine.state import State, at, told
from coalition.promotions.engine.terms import Effect, Promotion

Pairs = Sequence[tuple[Promotion, Effect]]
Base = tuple[str, Mapping[int, int]]  # the currency's code and the units of each line; 0 where there are no lines


def credit(state: State, pairs: Pairs) -> None:
    """Grant every credit, in the promotions' order; base credits are what multipliers multiply."""
    for bid in _winners(state, [_bid(state, *pair, _wanted) for pair in pairs if not pair[1].multiplies]):
        units = _grant(state, bid)
        if units and bid.effect.base:
            _remember(state, bid, units)
    for bid in _winners(state, [_bid(state, *pair, _extra) for pair in pairs if pair[1].multiplies]):
        _grant(state, bid)


def remember_base(state: State, base: Sequence[Base]) -> None:
    """Take in base credits that were granted beside the promotions, as if they had granted them."""
    for currency, lines in base:
        known = state.shares.setdefault(currency, {})
        for no, units in lines.items():
            known[no] = known.get(no, Fraction(0)) + units
            state.granted[currency] = state.granted.get(currency, 0) + units


def _bid(state: State, promotion: Promotion, effect: Effect, wanted: Callable[[State, Effect], Wanted]) -> Bid:
    return Bid(promotion, effect, wanted(state, effect), state.worth(effect))


def _wanted(state: State, effect: Effect) -> Wanted:
    facts = state.facts
    if facts.all_lines and not facts.lines:
        return Wanted(Fraction(0), {}, effect.mode, by_line=False)
    amount = (facts.event.get("payload") or {}).get("amount")
    return calculating.credit(effect, facts.lines, state.bases, amount, state.worth(effect))


def _extra(state: State, effect: Effect) -> Wanted:
    return calculating.multiplied(effect, state.facts.lines, state.shares.get(_currency(effect), {}))


def _winners(state: State, bids: Sequence[Bid]) -> list[Bid]:
    kept, lost = compete(bids, state.groups)
    state.outcompete(lost)
    return kept


def _grant(state: State, bid: Bid) -> int:
    """Grant a credit within its limits; the units granted."""
    wanted = bid.wanted.units
    units, stops = state.counters.allow(bid.promotion, "units", wanted, bid.worth)
    lines = within_lines(bid.promotion, "units", bid.wanted.spread(units))
    units = sum(lines.values()) if bid.wanted.weights else units
    if not units:
        state.zero(bid.promotion, bid.effect, wanted, stops)
        return 0
    state.counters.use(bid.promotion, "units", units, bid.worth)
    currency = _currency(bid.effect)
    state.granted[currency] = state.granted.get(currency, 0) + units
    what = {"kind": bid.effect.kind, "currency": currency, "units": units, **_life(state, bid.effect)}
    state.tell(bid.promotion, at(bid) | what | ({"lines": told(lines)} if state.facts.all_lines else {}))
    return units


def _remember(state: State, bid: Bid, units: int) -> None:
    known, weights = state.shares.setdefault(_currency(bid.effect), {}), bid.wanted.weights
    whole = sum(weights.values())
    for no, weight in weights.items() if whole else [(0, 1)]:
        known[no] = known.get(no, Fraction(0)) + Fraction(units * weight, whole or 1)


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


def _currency(effect: Effect) -> str:
    return str(effect.raw["currency"])


def _day(text: Any) -> dt.date:
    return dt.date.fromisoformat(str(text)[:10])


def _last_day(day: dt.date, of: str) -> dt.date:
    """The last day of the day's month or year."""
    if of == "year":
        return dt.date(day.year, 12, 31)
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
