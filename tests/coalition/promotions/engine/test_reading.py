"""What is read is either refused, with a pointer to each wrong place, or evaluated without an exception."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid
from coalition.promotions import engine
from coalition.promotions.engine import events
from coalition.promotions.engine import settings as program_settings
from coalition.promotions.engine.vectors import vector
from tests.coalition.promotions.engine.builders import PROGRAM, a_credit, a_discount, a_line, a_promotion, a_receipt

RUBBISH = (None, True, -1, 0, 7, 1.5, "x", "", [], {}, [1], ["x"], [{}], {"x": 1}, {"type": "fixed"}, [[]])
ROWS = [{"from": 0, "bp": 100}, {"from": 900, "points": 3}]
VECTOR: dict[str, Any] = {
    "id": "R",
    "program": PROGRAM | {"groups": {"g": {"mode": "best", "scope": "line"}}},
    "promotions": [
        a_promotion(
            a_credit("table", rows=ROWS, mode="slice", where={"f": "category", "op": "eq", "v": "food"}, role="base"),
            a_credit("multiply", x_bp=20_000, rounding={"mode": "ceil", "scope": "line"}),
            a_discount("bundle", items=[{"where": {"f": "category", "op": "eq", "v": "food"}, "qty": 2}], price=100),
            a_discount("cheapest_free", every=2, bp=5_000, cap=300),
            {"kind": "progress.add", "achievement": "a", "by": {"type": "qty"}, "target": 2, "repeat": True,
             "on_complete": [a_credit("fixed", points=5), {"kind": "coupon.issue", "template": "T", "qty": 2}]},
            {"kind": "chance", "win_ppm": 1_000_000, "on_win": [{"kind": "gift", "sku": "MUG"}]},
            {"kind": "draw.enter", "draw": "d", "each": 100, "tickets": 2},
            a_credit("fixed", points=3, expire_days=30),
            group="g", campaign="c", **{"from": "2026-01-01T00:00:00Z", "late": "skip"},
            audience={"segments_any": ["vip"], "control_bp": 0, "communication": None},
            limits=[{"metric": "units", "per": "member", "period": "rolling:P7D", "value": 50, "on_exceed": "skip"}],
            when={"lines": {"agg": "distinct", "of": "sku", "op": "gte", "v": 1}},
        )
    ],
    "event": a_receipt(a_line(1, 1_000, qty_m=3_000), a_line(2, 500, attrs={"n": 1}), payload={"points_paid": 100}),
    "counters": {"p/units/member:m1/rolling:P7D:*": 10},
}  # fmt: skip


def places(given: Any) -> list[tuple[Any, Any]]:
    """Every place in a document where something else could stand."""
    inner = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    return [place for key, value in inner for place in [(given, key), *places(value)]]


@settings(max_examples=500)
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_rubbish_anywhere_is_refused_or_evaluated_but_never_breaks(chance: random.Random, times: int) -> None:
    spoiled = copy.deepcopy(VECTOR)
    for _ in range(times):
        container, key = chance.choice(places({name: spoiled[name] for name in ("program", "promotions", "event")})[3:])
        container[key] = copy.deepcopy(chance.choice(RUBBISH))

    told = vector(spoiled)

    assert ("error" in told) != ("effects" in told)
    if "effects" in told:
        assert all(type(one.get("units", 0)) is int for one in told["effects"])


def test_the_example_that_is_spoiled_is_itself_good() -> None:
    assert {one["kind"] for one in vector(VECTOR)["effects"]} >= {"points.credit", "discount", "progress.add", "gift"}


@pytest.mark.parametrize(
    ("effect", "pointer"),
    [
        ({"kind": "progress.add"}, "/effects/0/achievement"),
        ({"kind": "progress.add", "achievement": "a", "by": {"type": "steps"}}, "/effects/0/by/type"),
        ({"kind": "progress.add", "achievement": "a", "period": "fortnight"}, "/effects/0/period"),
        ({"kind": "chance", "win_ppm": -1}, "/effects/0/win_ppm"),
        ({"kind": "chance", "on_win": [a_discount(bp=1)]}, "/effects/0/on_win/0/kind"),
        ({"kind": "chance", "on_win": [a_credit("percent", bp=1)]}, "/effects/0/on_win/0/calc"),
        ({"kind": "chance", "on_win": [a_credit("fixed", points=1)] * 2}, "/effects/0/on_win"),
        (a_credit("table", rows=[{"from": 0}]), "/effects/0/calc/rows/0/bp"),
        (a_credit("table", rows=["x"]), "/effects/0/calc/rows/0"),
        (a_discount("bundle", price=1, items=[7]), "/effects/0/calc/items/0"),
        (a_credit("fixed", points="7"), "/effects/0/calc/points"),
        (a_credit("fixed", points=7) | {"activate_at": "soon"}, "/effects/0/activate_at"),
    ],
)
def test_an_effect_that_could_not_be_given_is_refused(effect: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as raised:
        engine.promotion(a_promotion(effect))

    assert pointer in {one.pointer for one in raised.value.errors}


@pytest.mark.parametrize(
    "sponsor", [{"partner": "p3", "share_bp": 10_000}, "operator", [{"partner": "p3", "weight": 2}, "operator"]]
)
def test_who_pays_is_no_matter_of_the_engine(sponsor: Any) -> None:
    paid = a_promotion(a_credit("fixed", points=5), sponsor=sponsor, notes="n", status="active", tests=[])

    assert engine.promotion(paid) == engine.promotion(a_promotion(a_credit("fixed", points=5)))


def test_members_and_outlets_may_be_told_by_their_ids() -> None:
    found = events.event(a_receipt(a_line(1, 100), member="m1", store="s1", partner="p1"))

    assert (found["member"], found["store"], found["partner"]) == ({"id": "m1"}, {"id": "s1"}, {"id": "p1"})


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"tz": "Mars/Olympus"}, "/tz"),
        ({"store": {"tz": "../etc"}}, "/store/tz"),
        ({"member": 7}, "/member"),
        ({"payload": {"points_paid": "5"}}, "/payload/points_paid"),
    ],
)
def test_an_event_that_cannot_be_placed_is_refused(facts: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as raised:
        events.event(a_receipt(**facts))

    assert [one.pointer for one in raised.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"tz": "Nowhere"}, "/tz"),
        ({"groups": {"g": {"mode": "worst"}}}, "/groups/g/mode"),
        ({"currencies": {"BON": {"unit_minor": 0}}}, "/currencies/BON/unit_minor"),
        ({"exclude": {"f": "category"}}, "/exclude/op"),
        ({"earn_on": "nothing"}, "/earn_on"),
    ],
)
def test_a_program_that_makes_no_sense_is_refused(facts: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as raised:
        program_settings.program(PROGRAM | facts)

    assert [one.pointer for one in raised.value.errors] == [pointer]
