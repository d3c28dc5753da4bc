"""Base credits that were granted beside the promotions are what multipliers multiply; discounts can be left out."""

from __future__ import annotations

from typing import Any

from coalition.promotions import engine

PROGRAM = {"id": "p", "tz": "UTC", "currencies": {"BON": {"unit_minor": 100}}, "groups": {}}
EVENT = {
    "id": "e1",
    "type": "receipt.closed",
    "occurred_at": "2026-11-20T09:30:00Z",
    "member": {"id": "m1"},
    "payload": {"lines": [{"no": 1, "amount": 600, "qty_m": 1000}, {"no": 2, "amount": 400, "qty_m": 1000}]},
}


def _promotion(**more: Any) -> engine.Promotion:
    return engine.promotion({"id": "p", "version": 1, "events": ["receipt.closed"], **more})


def test_a_multiplier_multiplies_the_base_credits_given() -> None:
    twice = _promotion(
        effects=[{"kind": "points.credit", "currency": "BON", "calc": {"type": "multiply", "x_bp": 20_000}}]
    )

    found = engine.run(PROGRAM, [twice], EVENT, {}, base=[("BON", {1: 6, 2: 3})])
    indexed = engine.run_indexed(PROGRAM, engine.Index([twice]), EVENT, {}, base=[("BON", {1: 6, 2: 3})])

    assert [(one["units"], one["lines"]) for one in found.effects] == [(9, {"1": 6, "2": 3})]
    assert indexed.effects == found.effects
    assert engine.run(PROGRAM, [twice], EVENT, {}).effects == []


def test_discounts_can_be_left_out() -> None:
    tenth = _promotion(effects=[{"kind": "discount", "calc": {"type": "percent", "bp": 1000}}])

    assert [one["minor"] for one in engine.run(PROGRAM, [tenth], EVENT, {}).effects] == [100]
    assert engine.run(PROGRAM, [tenth], EVENT, {}, discounts=False).effects == []


def test_the_counters_that_an_event_asks_for_are_known_before_it_is_run() -> None:
    capped = _promotion(
        limits=[
            {"metric": "units", "per": "member", "period": "day", "value": 9},
            {"metric": "units", "per": "receipt", "period": "life", "value": 5},
        ],
        effects=[{"kind": "points.credit", "currency": "BON", "calc": {"type": "fixed", "points": 7}}],
    )

    asked = engine.limits(PROGRAM, engine.Index([capped]), EVENT)

    assert {key: limit.value for key, (_, limit) in asked.items()} == {"p/units/member:m1/day:2026-11-20": 9}
