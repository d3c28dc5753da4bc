"""The engine's laws: parts sum to the whole, order changes nothing, limits hold, rivals lose, and each says why."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.promotions import engine
from tests.coalition.promotions.engine.builders import (
    PROGRAM,
    a_credit,
    a_discount,
    a_line,
    a_promotion,
    a_receipt,
    outcome,
    units,
)

CALCS = st.one_of(
    st.builds(lambda bp: {"calc": "percent", "bp": bp}, st.integers(0, 20_000)),
    st.builds(
        lambda n, each: {"calc": "per_amount", "points": n, "each": each}, st.integers(0, 9), st.integers(1, 5_000)
    ),
    st.builds(lambda n: {"calc": "fixed", "points": n}, st.integers(0, 500)),
    st.builds(lambda n: {"calc": "per_qty", "points": n, "each_m": 1000, "max_times": 3}, st.integers(0, 9)),
    st.builds(lambda x: {"calc": "multiply", "x_bp": x}, st.integers(0, 50_000)),
)
WHERES = st.sampled_from([None, {"f": "category", "op": "eq", "v": "dairy"}, {"f": "amount", "op": "gte", "v": 500}])


@st.composite
def promotions(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        how: dict[str, Any] = dict(draw(CALCS))
        where, calc = draw(WHERES), how.pop("calc")
        facts = {} if where is None else {"where": where}
        rounding = {
            "mode": draw(st.sampled_from(["floor", "half_up", "ceil"])),
            "scope": draw(st.sampled_from(["effect", "line"])),
        }
        effect = a_credit(calc, **how, **facts, rounding=rounding)
        if draw(st.booleans()):
            effect["role"] = "base"
        if draw(st.integers(0, 4)) == 0:
            effect = a_discount("percent", bp=draw(st.integers(0, 5_000)), **facts)
        limits = [{"metric": "units", "per": "member", "period": "day", "value": draw(st.integers(0, 60))}]
        found.append(
            a_promotion(
                effect,
                id=f"p{number}",
                priority=draw(st.integers(0, 3)),
                group=draw(st.sampled_from([None, None, "one", "two", "three"])),
                exclusive=draw(st.integers(0, 9)) == 0,
                limits=limits if draw(st.booleans()) else [],
            )
        )
    return found


RECEIPTS = st.lists(
    st.tuples(st.integers(0, 60_000), st.sampled_from(["dairy", "food", "tobacco"]), st.integers(0, 5_000)),
    min_size=1,
    max_size=6,
).map(lambda rows: a_receipt(*[a_line(no, amount, kind, qty_m=qty) for no, (amount, kind, qty) in enumerate(rows, 1)]))
GROUPS = {
    "one": {"mode": "best", "scope": "receipt"},
    "two": {"mode": "best", "scope": "line"},
    "three": {"mode": "first"},
}


@settings(max_examples=300)
@given(promotions(), RECEIPTS, st.integers(0, 20_000), st.randoms(use_true_random=False))
def test_lines_sum_to_the_whole_and_no_order_matters(
    given_: list[dict[str, Any]], event: dict[str, Any], paid: int, chance: random.Random
) -> None:
    event["payload"]["points_paid"] = paid
    found = outcome(event, *given_, groups=GROUPS)

    for one in found.effects:
        whole = one.get("units", one.get("minor"))
        assert whole > 0
        assert sum(one["lines"].values()) == whole
        assert all(part > 0 for part in one["lines"].values())
    taken = [sum(one["lines"].get(str(line["no"]), 0) for one in found.effects if one["kind"] == "discount")
             for line in event["payload"]["lines"]]  # fmt: skip
    assert all(off <= line["amount"] for off, line in zip(taken, event["payload"]["lines"], strict=True))
    chance.shuffle(given_)
    chance.shuffle(event["payload"]["lines"])
    assert outcome(event, *given_, groups=GROUPS) == found


@settings(max_examples=200)
@given(promotions(), RECEIPTS)
def test_limits_hold_receipt_after_receipt(given_: list[dict[str, Any]], event: dict[str, Any]) -> None:
    counters: dict[str, int] = {}
    for _ in range(4):
        found = outcome(event, *given_, counters=counters, groups=GROUPS)
        for key, more in found.counters_delta.items():
            counters[key] = counters.get(key, 0) + more
    for one in given_:
        for limit in one["limits"]:
            assert counters.get(f"{one['id']}/units/member:m1/day:2026-11-18", 0) <= limit["value"]


@settings(max_examples=150)
@given(promotions(), RECEIPTS, st.lists(st.integers(0, 5_000), min_size=6, max_size=6))
def test_evaluating_anew_never_takes_more_than_was_given(
    given_: list[dict[str, Any]], event: dict[str, Any], back: list[int]
) -> None:
    known = [engine.promotion(one) for one in given_]
    lines = event["payload"]["lines"]
    for part in (back, [5_000] * 6):
        returned = {line["no"]: min(part[at], line["qty_m"]) for at, line in enumerate(lines)}
        taken = engine.taken_back(PROGRAM, known, event, {}, returned)
        given_units = {(one["promotion"], one["effect"], one.get("currency")): one.get("units", 0)
                       for one in outcome(event, *given_).effects}  # fmt: skip
        assert all(0 < units_ <= given_units[award] for award, units_ in taken.items())


def test_a_ladder_and_slices_go_by_what_was_bought() -> None:
    rows = [{"from": 0, "bp": 100}, {"from": 10_000, "bp": 200}, {"from": 50_000, "bp": 500}]
    receipt = a_receipt(a_line(1, 60_000))

    step = outcome(receipt, a_promotion(a_credit("table", rows=rows, mode="step", currency="CASH")))
    sliced = outcome(receipt, a_promotion(a_credit("table", rows=rows, mode="slice", currency="CASH")))

    assert units(step) == {"p": 3_000}  # 60000 x 5 %
    assert units(sliced) == {"p": 100 + 800 + 500}  # 10000 x 1 %, 40000 x 2 %, 10000 x 5 %


def test_every_third_of_the_cheapest_is_free() -> None:
    lines = [a_line(1, 3_000, qty_m=2000, price=1_500), a_line(2, 1_000), a_line(3, 700), a_line(4, 9_000, "wine")]
    food = {"f": "category", "op": "eq", "v": "food"}

    whole = outcome(a_receipt(*lines), a_promotion(a_discount("cheapest_free", every=2, where=food)))
    capped = outcome(
        a_receipt(*lines), a_promotion(a_discount("cheapest_free", every=2, where=food, bp=5_000, cap=400))
    )

    assert whole.effects[0]["lines"] == {"2": 1_000, "3": 700}  # four pieces, two free
    assert capped.effects[0]["lines"] == {"2": 400, "3": 350}


def test_a_bundle_costs_its_price_and_the_lines_share_what_is_saved() -> None:
    lines = [a_line(1, 6_000, "bread", qty_m=2000, price=3_000), a_line(2, 2_000, "milk")]
    items = [{"where": {"f": "category", "op": "eq", "v": kind}} for kind in ("bread", "milk")]

    found = outcome(a_receipt(*lines), a_promotion(a_discount("bundle", items=items, price=4_000)))

    assert found.effects[0]["minor"] == 1_000
    assert found.effects[0]["lines"] == {"1": 600, "2": 400}


def test_a_fixed_price_is_never_dearer() -> None:
    lines = [a_line(1, 6_000, qty_m=2000), a_line(2, 500)]

    found = outcome(a_receipt(*lines), a_promotion(a_discount("fixed_price", price=1_000)))

    assert found.effects[0]["lines"] == {"1": 4_000}


def test_discounts_of_one_promotion_take_off_what_the_ones_before_have_left() -> None:
    both = a_promotion(a_discount("percent", bp=5_000), a_discount("percent", bp=8_000))

    found = outcome(a_receipt(a_line(1, 1_000)), both)

    assert [one["minor"] for one in found.effects] == [500, 400]


def test_a_piece_goes_into_one_place_of_a_bundle() -> None:
    food = {"where": {"f": "category", "op": "eq", "v": "food"}}
    lines = [a_line(1, 3_000, qty_m=3000, price=1_000), a_line(2, 400)]

    found = outcome(a_receipt(*lines), a_promotion(a_discount("bundle", items=[food, {"qty": 2}], price=2_000)))

    assert found.effects[0]["minor"] == 1_000  # three dear pieces for the price of two; the fourth makes no second set
    assert found.effects[0]["lines"] == {"1": 1_000}


def test_the_exclusive_one_takes_the_phase_unless_another_came_before() -> None:
    ten, five = a_credit("fixed", points=10), a_credit("fixed", points=5)
    receipt = a_receipt(a_line(1, 1_000))
    alone = a_promotion(ten, id="alone", exclusive=True, priority=5)

    first = outcome(receipt, alone, a_promotion(five, id="late", priority=1))
    second = outcome(receipt, alone, a_promotion(five, id="early", priority=9))

    assert units(first) == {"alone": 10}
    assert first.explain == [
        {"promotion": "late", "effect": 0, "outcome": "outcompeted", "group": "exclusive", "would": 5, "by": ["alone"]}
    ]
    assert units(second) == {"early": 5}


def test_a_condition_may_ask_for_what_discounts_have_left() -> None:
    off = a_promotion(a_discount("percent", bp=5_000), id="off", priority=9)
    asks = {"f": "receipt.current_total", "op": "gte", "v": 8_000}
    rich = a_promotion(a_credit("fixed", points=7), id="rich", when=asks)

    assert units(outcome(a_receipt(a_line(1, 10_000)), rich)) == {"rich": 7}
    both = outcome(a_receipt(a_line(1, 10_000)), off, rich)
    assert units(both) == {"off": 5_000}
    assert both.explain == [{"promotion": "rich", "outcome": "rejected", "why": "condition"}]


@pytest.mark.parametrize(
    ("facts", "event", "why"),
    [
        ({"to": "2026-11-18T09:00:00Z"}, {}, "dates"),
        ({"from": "2026-11-18T09:00:01Z"}, {}, "dates"),
        ({"coupon": "SALE"}, {"payload": {"coupons": ["OTHER"]}}, "coupon"),
        ({"audience": {"segments_any": ["new"]}}, {}, "audience"),
        ({"audience": {"segments_none": ["vip"]}}, {}, "audience"),
        ({"audience": {"control_bp": 10_000}}, {}, "control"),
        ({"audience": {"communication": {"campaign": "autumn", "within_days": 14}}}, {}, "audience"),
    ],
)
def test_a_gate_that_stays_shut_says_which(facts: dict[str, Any], event: dict[str, Any], why: str) -> None:
    found = outcome(a_receipt(a_line(1, 1_000), **event), a_promotion(a_credit("fixed", points=5), **facts))

    assert found.effects == []
    assert found.explain == [{"promotion": "p", "outcome": "rejected", "why": why}]


def test_who_has_had_the_message_may_answer_it() -> None:
    asked = {"communication": {"campaign": "autumn", "within_days": 14}}
    member = {
        "id": "m1",
        "communications": [{"campaign": "autumn", "state": "delivered", "at": "2026-11-10T00:00:00Z"}],
    }

    found = outcome(
        a_receipt(a_line(1, 1_000), member=member), a_promotion(a_credit("fixed", points=5), audience=asked)
    )

    assert units(found) == {"p": 5}


def test_the_control_group_is_stable_and_as_large_as_asked() -> None:
    members = [a_receipt(a_line(1, 1_000), member={"id": f"m{number}"}) for number in range(2_000)]
    tenth = a_promotion(a_credit("fixed", points=1), campaign="c", audience={"control_bp": 1_000})

    held = [not outcome(one, tenth).effects for one in members]

    assert held == [not outcome(one, tenth).effects for one in members]
    assert 140 <= sum(held) <= 260


def test_a_rule_of_several_levels_gives_by_the_first_that_fits() -> None:
    rules = [
        {"when": {"f": "receipt.total", "op": "gte", "v": least}, "effects": [a_credit("fixed", points=points)]}
        for least, points in ((10_000, 100), (1_000, 10))
    ]
    ladder = {"id": "ladder", "version": 1, "events": ["receipt.closed"], "rules": rules, "rules_mode": "first"}

    found = outcome(a_receipt(a_line(1, 20_000)), ladder)
    small = outcome(a_receipt(a_line(1, 2_000)), ladder)

    assert [(one["effect"], one["units"]) for one in found.effects] == [(0, 100)]
    assert [(one["effect"], one["units"]) for one in small.effects] == [(1, 10)]


def test_points_of_an_aligned_end_live_to_the_end_of_the_month() -> None:
    effect = a_credit("fixed", points=5) | {"expire_days": 60, "expire_align": "month"}

    found = outcome(a_receipt(a_line(1, 1_000)), a_promotion(effect))

    assert found.effects[0]["expires"] == "2027-01-31"


def test_a_promotion_names_everything_that_is_wrong_with_it() -> None:
    wrong = {
        "id": "",
        "version": 0.5,
        "events": "x",
        "from": "never",
        "effects": [{"kind": "points.credit", "calc": {}}],
    }

    with pytest.raises(Exception, match="cannot be understood") as raised:
        engine.promotion(wrong)

    pointers = {one.pointer for one in raised.value.errors}  # type: ignore[attr-defined]
    assert pointers == {"/id", "/version", "/events", "/from", "/effects/0/calc", "/effects/0/currency"}
