"""Effects that are neither money nor points: progress, draws, chance, and what is only passed on.

A roll is the first eight bytes of an HMAC over the event, the promotion, its version and the effect: it can be rolled
again by anybody who knows the program's secret, and nobody can roll it anew by sending the event twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from coalition.promotions.engine.facts import Facts
from coalition.promotions.engine.terms import Effect, Promotion

MILLION = 1_000_000
_OURS = ("where", "calc", "rounding", "role")
Given = dict[str, Any]


def play(
    promotion: Promotion,
    effect: Effect,
    facts: Facts,
    bases: Mapping[int, int],
    granted: Mapping[str, int],
    secret: str,
) -> list[Given]:
    """What an effect brings, each as it is told to others; nothing if it brings nothing.

    `bases`: the earning base of each line; `granted`: the units of each currency that this event has earned so far.
    """
    at = {"promotion": promotion.id, "effect": effect.index}
    if effect.kind == "progress.add":
        return _progress(at, effect, facts, bases, granted)
    if effect.kind == "draw.enter":
        return _tickets(at, effect, facts, bases)
    if effect.kind == "chance":
        return _chance(at, promotion, effect, facts, secret)
    return [at | passed_on(effect.raw)]


def passed_on(raw: Mapping[str, Any]) -> Given:
    """An effect as others are told of it, without what only the engine reads."""
    return {name: value for name, value in raw.items() if name not in _OURS}


def roll(secret: str, event_id: str, promotion: Promotion, effect: Effect) -> int:
    """The number drawn for an effect, from 0 up to a million."""
    message = f"{event_id}|{promotion.id}|{promotion.version}|{effect.index}".encode()
    return int.from_bytes(hmac.digest(secret.encode(), message, "sha256")[:8]) % MILLION


def _progress(
    at: Given, effect: Effect, facts: Facts, bases: Mapping[int, int], granted: Mapping[str, int]
) -> list[Given]:
    raw = effect.raw
    delta = _step(effect, facts, bases, granted)
    if not delta:
        return []
    known = ((facts.event.get("member") or {}).get("progress") or {}).get(raw["achievement"], 0)
    target, value = raw.get("target", 0), known + delta
    completed = 0
    if target and raw.get("repeat"):
        completed, value = value // target, value % target
    elif target:
        completed = int(known < target <= value)
    told = {"kind": "progress.add", "achievement": raw["achievement"], "delta": delta}
    found = [at | told | {"value": value, "completed": completed}]
    if completed:
        found += [at | {"times": completed} | passed_on(one) for one in raw.get("on_complete", ())]
    return found


def _step(effect: Effect, facts: Facts, bases: Mapping[int, int], granted: Mapping[str, int]) -> int:
    by = effect.raw.get("by") or {"type": "event"}
    fitting = effect.where.of(facts)
    if by["type"] == "qty":
        return sum(line.get("qty_m") or 0 for line in fitting) // 1000
    if by["type"] == "amount":
        return sum(bases[line["no"]] for line in fitting) if facts.all_lines else _amount(facts)
    if by["type"] == "points":
        return granted.get(by["currency"], 0) if "currency" in by else sum(granted.values())
    if by["type"] == "distinct_days":
        seen = ((facts.event.get("member") or {}).get("days") or {}).get(effect.raw["achievement"], ())
        return int(facts.program_day.isoformat() not in seen)
    return 1 if fitting or not facts.all_lines else 0


def _tickets(at: Given, effect: Effect, facts: Facts, bases: Mapping[int, int]) -> list[Given]:
    raw = effect.raw
    base = sum(bases[line["no"]] for line in effect.where.of(facts)) if facts.all_lines else _amount(facts)
    tickets = base // raw["each"] * raw.get("tickets", 1) if raw.get("each") else raw.get("tickets", 1)
    return [at | {"kind": "draw.enter", "draw": raw["draw"], "tickets": tickets}] if tickets else []


def _chance(at: Given, promotion: Promotion, effect: Effect, facts: Facts, secret: str) -> list[Given]:
    drawn = roll(secret, str(facts.event.get("id", "")), promotion, effect)
    won = drawn < effect.raw.get("win_ppm", 0)
    found = [at | {"kind": "chance", "roll": drawn, "win": won}]
    return found + ([at | passed_on(one) for one in effect.raw.get("on_win", ())] if won else [])


def _amount(facts: Facts) -> int:
    given = facts.payload.get("amount")
    return given if type(given) is int else 0
