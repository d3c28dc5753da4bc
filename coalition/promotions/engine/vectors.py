"""Worked examples: a file of vectors in, what the engine makes of each out, in the same words. No database.

A file is `{"vectors": [{id, program, promotions, event, counters}], "returns": [...]}`. A return names what an award
gave each line and the quantities sold, or a promotion with its event; and what comes back, one return after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from coalition.kernel.errors import FieldError, Invalid, Refusal
from coalition.promotions.engine.events import event
from coalition.promotions.engine.reading import promotion
from coalition.promotions.engine.running import run
from coalition.promotions.engine.settings import program
from coalition.promotions.engine.taking_back import taken_back
from coalition.promotions.engine.terms import MONEY

Told = dict[str, Any]
Proportion = Callable[[Mapping[int, int], Mapping[int, int], Iterable[Mapping[int, int]]], list[dict[int, int]]]


def vector(given: Mapping[str, Any]) -> Told:
    """What one example comes to: effects, explanations, and what its limits have used; or what is wrong with it."""

    def work() -> Told:
        promotions = [promotion(one) for one in given.get("promotions") or ()]
        found = run(program(given.get("program")), promotions, event(given.get("event")), _counters(given))
        return {"effects": found.effects, "explain": found.explain, "counters_delta": found.counters_delta}

    return _told(given, work)


def returned(given: Mapping[str, Any], proportion: Proportion) -> Told:
    """What a sequence of returns takes back. `proportion(award lines, sold, returns)`: the share of each return."""
    returns = [{int(no): qty_m for no, qty_m in one.items()} for one in given.get("returns") or ()]
    if "award_lines" in given:
        shares, sold = _numbered(given["award_lines"]), _numbered(given["sold_qty_m"])
        return _told(given, lambda: {"clawback": [_named(one) for one in proportion(shares, sold, returns)]})
    return _told(given, lambda: _both_ways(given, returns, proportion))


def _both_ways(given: Mapping[str, Any], returns: list[dict[int, int]], proportion: Proportion) -> Told:
    """What an award loses by evaluating anew, and what it would lose in proportion, all returns together."""
    terms, counters = program(given.get("program")), _counters(given)
    promotions, bought = [promotion(one) for one in given.get("promotions") or ()], event(given.get("event"))
    effects = run(terms, promotions, bought, counters).effects
    whole: dict[int, int] = {}
    for one in returns:
        for no, qty_m in one.items():
            whole[no] = whole.get(no, 0) + qty_m
    anew = sum(taken_back(terms, promotions, bought, counters, whole).values())
    sold = {line["no"]: line.get("qty_m") or 1 for line in bought["payload"]["lines"]}
    shares = [_numbered(one.get("lines") or {}) for one in effects if one["kind"] in MONEY]
    parts = [sum(part.values()) for share in shares for part in proportion(share, sold, returns)]
    return {"effects": effects, "clawback_reevaluate": anew, "clawback_proportional": sum(parts)}


def _counters(given: Mapping[str, Any]) -> Mapping[str, int]:
    counters = given.get("counters") or {}
    if not isinstance(counters, Mapping) or not all(type(used) is int for used in counters.values()):
        wrong = FieldError("/counters", "invalid", "Whole numbers by the names of counters.")
        raise Invalid("invalid", "These counters cannot be understood.", [wrong])
    return counters


def _told(given: Mapping[str, Any], work: Callable[[], Told]) -> Told:
    try:
        return {"id": given.get("id"), **work()}
    except Refusal as refusal:
        errors = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in refusal.errors]
        return {"id": given.get("id"), "error": {"code": refusal.code, "detail": refusal.detail, "errors": errors}}


def _numbered(lines: Mapping[str, int]) -> dict[int, int]:
    return {int(no): units for no, units in lines.items()}


def _named(lines: Mapping[int, int]) -> dict[str, int]:
    return {str(no): units for no, units in lines.items()}
