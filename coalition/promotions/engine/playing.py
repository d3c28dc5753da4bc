"""Effects that are neither money nor points: progress, draws, chance, coupons, and what is only passed on.

A roll is the first eight bytes of an HMAC over the event, the promotion, its version and the effect: it can be rolled
again by anybody who knows the program's secret, and nobody can roll it anew by sending the event twice. What follows
once something is complete or won is given within the same limits; points are granted as by any credit.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from coalition.promotions.engine.crediting import Pairs, reward
from coalition.promotions.engine.periods import called, kept_as, over
from coalition.promotions.engine.state import State
from coalition.promotions.engine.terms import MONEY, Effect, Promotion

MILLION = 1_000_000
_OURS = ("where", "calc", "rounding", "role")
Given = dict[str, Any]


def play(state: State, pairs: Pairs) -> None:
    """Give what is neither money nor points, in the promotions' order."""
    for promotion, effect in pairs:
        if effect.kind == "progress.add":
            _progress(state, promotion, effect)
        elif effect.kind == "draw.enter":
            _tickets(state, promotion, effect)
        elif effect.kind == "chance":
            _chance(state, promotion, effect)
        elif effect.kind == "points.redeem_rule":
            _redeem_rule(state, promotion, effect)
        else:
            _hand_on(state, promotion, effect, {})


def passed_on(raw: Mapping[str, Any]) -> Given:
    """An effect as others are told of it, without what only the engine reads."""
    return {name: value for name, value in raw.items() if name not in _OURS}


def roll(secret: str, event_id: str, promotion: Promotion, effect: Effect) -> int:
    """The number drawn for an effect, from 0 up to a million."""
    message = f"{event_id}|{promotion.id}|{promotion.version}|{effect.index}".encode()
    return int.from_bytes(hmac.digest(secret.encode(), message, "sha256")[:8]) % MILLION


def _hand_on(state: State, promotion: Promotion, effect: Effect, more: Given) -> None:
    """Pass an effect on as it is; coupons within their limits. `more`: how often it is given, where it follows."""
    found = {"promotion": promotion.id, "effect": effect.index} | more | passed_on(effect.raw)
    if effect.kind == "coupon.issue":
        times, each = more.get("times", 1), effect.raw.get("qty", 1)
        qty, stops = state.counters.allow(promotion, "coupons", each * times)
        if not qty:
            state.zero(promotion, effect, each * times, stops)
            return
        state.counters.use(promotion, "coupons", qty)
        if qty < each * times:
            found |= {"qty": qty} | dict.fromkeys(more, 1)
        elif not more:
            found["qty"] = qty
    state.tell(promotion, found)


def _follow(state: State, promotion: Promotion, effect: Effect, times: int, more: Given) -> None:
    for one in effect.follows:
        if one.kind in MONEY:
            reward(state, promotion, one, times)
        else:
            _hand_on(state, promotion, one, more)


def _progress(state: State, promotion: Promotion, effect: Effect) -> None:
    raw, told = effect.raw, {"kind": "progress.add", "achievement": effect.raw["achievement"]} | _within(state, effect)
    kept = kept_as(told)
    delta = _step(state, effect, kept)
    if not delta:
        state.zero(promotion, effect, 0)
        return
    known = (state.facts.member.get("progress") or {}).get(kept, 0)
    target, value, completed = raw.get("target", 0), known + delta, 0
    if target and raw.get("repeat"):
        completed, value = value // target, value % target
    elif target:
        completed = int(known < target <= value)
    at = {"promotion": promotion.id, "effect": effect.index}
    state.tell(promotion, at | told | {"delta": delta, "value": value, "completed": completed})
    if completed:
        _follow(state, promotion, effect, completed, {"times": completed})


def _within(state: State, effect: Effect) -> Given:
    """The period in which progress counts, and until when; nothing where it counts for ever."""
    period, facts = effect.raw.get("period"), state.facts
    if not period:
        return {}
    day = facts.program_day
    until = over(period, day, facts.zone, facts.begins)
    return {"period": f"{period}:{called(period, day)}", "until": until.isoformat()}


def _step(state: State, effect: Effect, kept: str) -> int:
    by, facts = effect.raw.get("by") or {"type": "event"}, state.facts
    if by["type"] == "qty":
        return sum(line.get("qty_m") or 0 for line in effect.where.of(facts)) // 1000
    if by["type"] == "amount":
        return _amount(state, effect)
    if by["type"] == "points":
        return state.granted.get(by["currency"], 0) if "currency" in by else sum(state.granted.values())
    if by["type"] == "distinct_days":
        seen = (facts.member.get("days") or {}).get(kept, ())
        return int(facts.program_day.isoformat() not in seen)
    return 1 if effect.where.of(facts) or not facts.all_lines else 0


def _tickets(state: State, promotion: Promotion, effect: Effect) -> None:
    raw = effect.raw
    each, tickets = raw.get("each"), raw.get("tickets", 1)
    found = _amount(state, effect) // each * tickets if each else tickets
    if found:
        at = {"promotion": promotion.id, "effect": effect.index}
        state.tell(promotion, at | {"kind": "draw.enter", "draw": raw["draw"], "tickets": found})
    else:
        state.zero(promotion, effect, 0)


def _chance(state: State, promotion: Promotion, effect: Effect) -> None:
    """Roll; who wins gets a prize while the pool has one (a limit on `prizes`)."""
    secret = str(state.program.get("draw_secret", ""))
    drawn = roll(secret, str(state.facts.event.get("id", "")), promotion, effect)
    won, stops = state.counters.allow(promotion, "prizes", int(drawn < effect.raw.get("win_ppm", 0)))
    at = {"promotion": promotion.id, "effect": effect.index}
    state.tell(promotion, at | {"kind": "chance", "roll": drawn, "win": bool(won)})
    if stops:
        state.zero(promotion, effect, 1, stops)
    if won:
        state.counters.use(promotion, "prizes", 1)
        _follow(state, promotion, effect, 1, {})


def _redeem_rule(state: State, promotion: Promotion, effect: Effect) -> None:
    """A rule of how points pay, where they do; one about some lines says which, and is none where none fits."""
    lines = [line["no"] for line in effect.where.of(state.facts)] if effect.raw.get("where") else None
    if lines == [] or not state.facts.payload.get("points_paid"):
        state.zero(promotion, effect, 0)
    else:
        _hand_on(state, promotion, effect, {} if lines is None else {"lines": lines})


def _amount(state: State, effect: Effect) -> int:
    """What the lines that fit earn on, or the amount of an event without lines."""
    amount = state.earning(effect.where)[0]
    return amount if type(amount) is int else 0
