"""The smallest world of the rules engine: a program, promotions, receipts. Everything may be overridden."""

from __future__ import annotations

from typing import Any

from coalition.promotions import engine

PROGRAM = {
    "id": "prog1",
    "tz": "Europe/Moscow",
    "currencies": {"BON": {"unit_minor": 100}, "CASH": {"unit_minor": 1}},
    "exclude": {"f": "category", "op": "eq", "v": "tobacco"},
    "draw_secret": "test-secret",
    "groups": {},
}


def a_promotion(*effects: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """A promotion for receipts with these effects."""
    return {"id": "p", "version": 1, "events": ["receipt.closed"], "effects": list(effects), **facts}


def a_credit(calc: str = "percent", **facts: Any) -> dict[str, Any]:
    """A credit of bonuses; the fields of the calculation stand beside the others."""
    beside = ("where", "role", "rounding", "currency", "expire_days", "qualifying")
    own = {name: facts.pop(name) for name in beside if name in facts}
    return {"kind": "points.credit", "currency": "BON", "calc": {"type": calc, **facts}, **own}


def a_discount(calc: str = "percent", **facts: Any) -> dict[str, Any]:
    """A discount."""
    own = {name: facts.pop(name) for name in ("where", "base") if name in facts}
    return {"kind": "discount", "calc": {"type": calc, **facts}, **own}


def a_line(no: int, amount: int, category: str = "food", **facts: Any) -> dict[str, Any]:
    """A line of one piece."""
    return {"no": no, "sku": f"S{no}", "category": category, "qty_m": 1000, "price": amount, "amount": amount, **facts}


def a_receipt(*lines: dict[str, Any], payload: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """A closed receipt of member m1 on a Wednesday noon in Moscow."""
    return {
        "id": "ev-1",
        "type": "receipt.closed",
        "occurred_at": "2026-11-18T09:00:00Z",
        "member": {"id": "m1", "tier": "gold", "segments": ["vip"]},
        "store": {"id": "s1"},
        "partner": {"id": "p1"},
        "payload": {"lines": list(lines), **(payload or {})},
        **facts,
    }


def outcome(
    event: dict[str, Any],
    *promotions: dict[str, Any],
    counters: dict[str, int] | None = None,
    **program: Any,
) -> engine.Result:
    """What an event comes to."""
    return engine.run(PROGRAM | program, [engine.promotion(one) for one in promotions], event, counters or {})


def units(found: engine.Result) -> dict[str, int]:
    """By promotion, what was granted (units, or minor money of a discount)."""
    return {one["promotion"]: one.get("units", one.get("minor")) for one in found.effects}
