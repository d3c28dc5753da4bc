"""The index of candidates loses nothing: what it leaves out would not have applied."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.promotions import engine
from coalition.promotions.engine.checking import check
from tests.coalition.promotions.engine.builders import PROGRAM, a_credit, a_promotion, a_receipt
from tests.coalition.promotions.engine.test_conditions import LINES, MEMBERS, NODES

DAIRY = {"f": "category", "op": "eq", "v": "dairy"}
BREAD = {"f": "category", "op": "eq", "v": "bread"}
STARTS = {"f": "category", "op": "starts", "v": "br"}
WHERES = st.sampled_from(
    [None, DAIRY, {"any": [DAIRY, BREAD]}, STARTS, {"not": STARTS}, {"any": [STARTS, {"not": DAIRY}]}]
)
CALCS = st.sampled_from([{"calc": "fixed", "points": 3}, {"calc": "percent", "bp": 10_000}])
OF_LINE, OF_MEMBER = {"per": "line", "period": "receipt"}, {"per": "member", "period": "day"}
WANTED = st.one_of(
    NODES,
    st.sampled_from(
        [
            {"f": "member.tier", "op": "eq", "v": "gold"},
            {"f": "member.tier", "op": "in", "v": ["gold", "base"]},
            {"f": "member.segments", "op": "has_any", "v": ["vip"]},
            {"all": [{"f": "event.weekday", "op": "in", "v": [3]}, {"f": "member.tier", "op": "ne", "v": "base"}]},
            {"lines": {"agg": "count", "op": "gte", "v": 1, "where": DAIRY}},
            {"lines": {"agg": "sum", "of": "amount", "op": "gt", "v": 0, "where": DAIRY}},
            {"lines": {"agg": "count", "op": "gte", "v": 1, "where": {"f": "category", "op": "starts", "v": "da"}}},
            {"lines": {"agg": "count", "op": "gte", "v": 1, "where": {"any": [DAIRY, BREAD]}}},
            {"any": [{"f": "member.tier", "op": "starts", "v": "go"}, {"f": "member.tier", "op": "starts", "v": "b"}]},
            {"any": [{"f": "member.tier", "op": "eq", "v": "gold"}, {"f": "event.weekday", "op": "eq", "v": 3}]},
            {"not": {"f": "member.tier", "op": "eq", "v": "gold"}},
        ]
    ),
)


def _credit(calc: dict[str, Any], where: dict[str, Any] | None) -> dict[str, Any]:
    return a_credit(**calc, **({"where": where} if where else {}))


@st.composite
def rulesets(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 12))):
        nodes = [node for node in draw(st.lists(WANTED, min_size=1, max_size=2)) if not check(node)[1]]
        rules = [{"when": node, "effects": [_credit(draw(CALCS), draw(WHERES))]} for node in nodes]
        one = a_promotion(id=f"p{number:02}", priority=draw(st.integers(0, 2)), rules=rules) if rules else None
        one = one or a_promotion(_credit(draw(CALCS), draw(WHERES)), id=f"p{number:02}")
        one.pop("effects", None) if rules else None
        one["events"] = draw(st.sampled_from([["receipt.closed"], ["receipt.closed", "x"], ["bank.transaction"]]))
        if draw(st.integers(0, 3)) == 0:
            one["coupon"] = draw(st.sampled_from(["SALE", "OTHER"]))
        if draw(st.integers(0, 3)) == 0:
            one["audience"] = {"segments_any": ["vip"]}
        if draw(st.integers(0, 3)) == 0:
            limit = {"metric": "units", "value": 2, **draw(st.sampled_from([OF_LINE, OF_MEMBER]))}
            one["limits"] = [limit]
        found.append(one)
    return found


@settings(max_examples=300)
@given(rulesets(), MEMBERS, LINES, st.sampled_from([[], ["SALE"], ["SALE", "OTHER"]]))
def test_what_the_index_leaves_out_would_not_have_applied(
    given_promotions: list[dict[str, Any]], member: dict[str, Any], lines: list[dict[str, Any]], coupons: list[str]
) -> None:
    numbered = [{"qty_m": 1000, **line, "no": no} for no, line in enumerate(lines, 1)]
    event = a_receipt(*numbered, member=member, payload={"coupons": coupons})
    promotions = [engine.promotion(one) for one in given_promotions]

    whole = engine.run(PROGRAM, promotions, event, {})
    index = engine.Index(promotions)

    for _ in range(2):  # the second time the texts are known
        found = engine.run_indexed(PROGRAM, index, event, {})
        assert (found.effects, found.counters_delta) == (whole.effects, whole.counters_delta)
        assert all(one in whole.explain for one in found.explain)
    short = engine.run_indexed(PROGRAM, index, event, {}, by_line=False)
    assert short.effects == [{name: one[name] for name in one if name != "lines"} for one in whole.effects]
    assert (short.explain, short.counters_delta) == (found.explain, whole.counters_delta)


def about(number: int) -> dict[str, Any]:
    wanted = {"agg": "count", "op": "gte", "v": 1, "where": {"f": "sku", "op": "eq", "v": f"S{number}"}}
    return a_promotion(a_credit("fixed", points=1), id=f"p{number:04}", when={"lines": wanted})


def test_of_a_thousand_promotions_only_those_about_the_receipt_are_looked_at() -> None:
    promotions = [engine.promotion(about(number)) for number in range(1_000)]
    event = a_receipt({"no": 1, "sku": "S7", "amount": 5, "qty_m": 1000}, {"no": 2, "sku": "S900", "amount": 5})

    found = engine.run_indexed(PROGRAM, engine.Index(promotions), event, {})

    assert [one["promotion"] for one in found.effects] == ["p0007", "p0900"]
    assert found.explain == []


def test_shelves_are_found_by_how_their_path_begins() -> None:
    where = [{"f": "category_path", "op": "starts", "v": f"food/{number:03}"} for number in range(300)]
    promotions = [
        engine.promotion(a_promotion(a_credit("percent", bp=10_000, where=one), id=f"p{number:03}"))
        for number, one in enumerate(where)
    ]
    index = engine.Index(promotions)
    event = a_receipt({"no": 1, "sku": "S7", "amount": 500, "qty_m": 1000, "category_path": "food/007/milk"})

    found = engine.run_indexed(PROGRAM, index, event, {})

    assert [one["promotion"] for one in found.effects] == ["p007"] and found.explain == []
