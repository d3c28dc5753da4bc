"""The rows inside gifts (steps, goods, what follows, tiers): what they show they say again, to the node."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.promotions import engine
from coalition.promotions.wording import MECHANICS, Gift, Money, Part, Row, document_of, sheet_of
from tests.coalition.promotions.engine.builders import a_credit, a_discount, a_promotion

ZONE, MONEY = "Europe/Riga", Money(2, {"BON": 0, "CASH": 2})
NAME = {"name": {"en": "Coffee", "ru": "Кофе"}}
VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "promotions.json").read_text(encoding="utf-8"))
DOCUMENTS = [one for vector in VECTORS["vectors"] for one in vector["promotions"]]
COFFEE = {"f": "category", "op": "in", "v": ["coffee"]}
WHOLE = st.integers(1, 10**9)
FOLLOWING = st.lists(
    st.builds(lambda points: a_credit("fixed", points=points), WHOLE)
    | st.builds(lambda name: {"kind": "badge.grant", "badge": name}, st.sampled_from(["lover", "x y"]))
    | st.builds(lambda qty: {"kind": "coupon.issue", "template": "FREE", "qty": qty, "expire_days": 30}, WHOLE)
    | st.just({"kind": "crown.add", "crowns": 2}),
    max_size=3,
)
STEPS = st.builds(
    lambda given, froms, value, mode, on: a_credit(
        "table", rows=[{"from": one, given: value + one % 7} for one in sorted(froms)], **mode, **on
    ),
    st.sampled_from(["points", "bp"]),
    st.sets(st.integers(0, 10**7), min_size=1, max_size=4),
    st.integers(1, 10_000),
    st.sampled_from([{}, {"mode": "slice"}, {"mode": "step"}]),
    st.sampled_from([{}, {"on": "qty_m"}]),
)
GOODS = st.builds(
    lambda wheres, price: a_discount("bundle", price=price, items=wheres),
    st.lists(
        st.builds(
            lambda where, qty: {"where": where, **qty},
            st.sampled_from([COFFEE, {"f": "sku", "op": "eq", "v": "A1"}, {"all": [COFFEE]}, {"not": COFFEE}]),
            st.sampled_from([{}, {"qty": 1}, {"qty": 3}]),
        )
        | st.just({"qty": 2}),
        min_size=1,
        max_size=3,
    ),
    WHOLE,
)
PROGRESS = st.builds(
    lambda by, target, repeat, period, following: {
        "kind": "progress.add",
        "achievement": "ten",
        "on_complete": following,
        **by,
        **target,
        **repeat,
        **period,
    },
    st.sampled_from([{}, {"by": {"type": "event"}}, {"by": {"type": "qty"}}, {"by": {"type": "amount"}}])
    | st.just({"by": {"type": "points", "currency": "BON"}}),
    st.sampled_from([{}, {"target": 10}, {"target": 12_345}]),
    st.sampled_from([{}, {"repeat": True}, {"repeat": False}]),
    st.sampled_from([{}, {"period": "month"}, {"period": "week"}]),
    FOLLOWING,
)
CHANCE = st.builds(
    lambda odds, following: {"kind": "chance", "win_ppm": odds, "on_win": following},
    st.integers(1, 1_000_000),
    FOLLOWING,
)


def credits_follow_once(effect: dict[str, Any]) -> bool:
    """The engine takes one credit that follows from an effect."""
    followed = effect.get("on_win", effect.get("on_complete", []))
    return len([one for one in followed if one["kind"] == "points.credit"]) < 2


@settings(max_examples=300)
@given(st.lists((STEPS | GOODS | PROGRESS | CHANCE).filter(credits_follow_once), min_size=1, max_size=3))
def test_every_row_inside_a_gift_says_again_what_it_shows(effects: list[Any]) -> None:
    document = a_promotion(*effects, **NAME)

    sheet = sheet_of(document, ZONE, MONEY)

    engine.promotion(document)
    assert [one.kept for one in sheet.gifts] == [False] * len(effects)
    assert document_of(sheet, document, ZONE, MONEY) == (document, [])
    bare = replace_raw(sheet.gifts)
    if not any(part.asked.kept or part.kept for one in bare for part in one.parts):
        sheet.gifts = bare
        again, wrong = document_of(sheet, {**document, "effects": []}, ZONE, MONEY)
        assert wrong == []
        assert engine.promotion(again)


@pytest.mark.parametrize("at", range(len(DOCUMENTS)), ids=[str(one["id"]) for one in DOCUMENTS])
def test_every_worked_example_passes_through_the_sheet_unchanged(at: int) -> None:
    document = {**DOCUMENTS[at], **NAME}

    again, wrong = document_of(sheet_of(document, ZONE, MONEY), document, ZONE, MONEY)

    assert wrong == []
    assert again["effects"] == document["effects"]
    assert told(again.get("when")) == told(document.get("when"))
    assert set(engine.promotion(again).limits) == set(engine.promotion(document).limits)


@pytest.mark.parametrize("was", [{}, {"qualifying": True}, {"qualifying": False}])
def test_whether_points_count_for_the_tier_is_shown_and_can_be_changed(was: dict[str, bool]) -> None:
    document = a_promotion({**a_credit("fixed", points=5), **was}, **NAME)
    sheet = sheet_of(document, ZONE, MONEY)

    same, _ = document_of(sheet, document, ZONE, MONEY)
    sheet.gifts = [replace(one, qualifying=not one.qualifying) for one in sheet.gifts]
    other, _ = document_of(sheet, document, ZONE, MONEY)

    assert same == document
    assert other["effects"][0]["qualifying"] is not bool(was.get("qualifying"))


@pytest.mark.parametrize("mode", [{}, {"rules_mode": "first"}])
def test_a_factor_for_each_tier_is_one_gift(mode: dict[str, str]) -> None:
    document = {**NAME, "id": "p", "version": 1, "events": ["receipt.closed"], **mode}
    document["rules"] = [level("gold", 30_000, where=COFFEE), level("silver", 20_000, where=COFFEE)]

    sheet = sheet_of(document, ZONE, MONEY)

    assert [(one.mechanic, [(part.start, part.value) for part in one.parts]) for one in sheet.gifts] == [
        ("by_tier", [("gold", "3"), ("silver", "2")])
    ]
    assert sheet.conditions["line"] == [Row("category", "in", ("coffee",))]
    assert document_of(sheet, document, ZONE, MONEY) == (document, [])
    sheet.gifts.append(Gift("fixed", "5", currency="BON"))
    again, wrong = document_of(sheet, document, ZONE, MONEY)
    assert (wrong, "rules_mode" in again) == ([], False)
    sheet.gifts = sheet.gifts[1:]
    assert "rules" not in document_of(sheet, document, ZONE, MONEY)[0]


def test_levels_of_another_shape_are_left_alone() -> None:
    document = a_promotion(a_credit("percent", bp=500), **NAME)
    document["rules"] = [level("gold", 30_000), {"when": COFFEE, "effects": []}]
    sheet = sheet_of(document, ZONE, MONEY)
    assert document_of(sheet, document, ZONE, MONEY) == (document, [])

    sheet.gifts.append(Gift("by_tier", currency="BON", parts=(Part("2", "gold"),)))

    assert document_of(sheet, document, ZONE, MONEY)[1] == [("then-1-mechanic", "levels")]


def test_what_is_wrong_inside_a_gift_is_told_by_its_row() -> None:
    sheet = sheet_of(a_promotion(**NAME), ZONE, MONEY)
    sheet.gifts = [
        Gift("table_points", currency="BON", parts=(Part("5", "0"), Part("7", "0"))),
        Gift("table_percent", currency="BON"),
        Gift("bundle", "10", parts=(Part("none"),)),
        Gift("progress", "ten", target="10", parts=(Part("", mechanic="badge"),)),
        Gift("chance", "101", parts=()),
        Gift("by_tier", currency="BON", parts=(Part("x", "gold"),)),
        Gift("bundle", "10", parts=(Part("1"), Part("1", asked=Row("brand", "in")))),
    ]

    _, wrong = document_of(sheet, {}, ZONE, MONEY)

    assert wrong == [
        ("then-0-1-start", "twice"),
        ("then-1-mechanic", "no_rows"),
        ("then-2-0-value", "number"),
        ("then-3-0-value", "required"),
        ("then-4-value", "number"),
        ("then-6-1-v", "choose_value"),
        ("then-5-0-value", "number"),
    ]


def test_every_mechanic_has_a_name_in_both_languages() -> None:
    assert all(one.label("en") != one.label("ru") for one in MECHANICS.values())


def level(tier: str, x_bp: int, **facts: Any) -> dict[str, Any]:
    """A level of a document: a factor for a tier."""
    return {"when": {"f": "member.tier", "op": "eq", "v": tier}, "effects": [a_credit("multiply", x_bp=x_bp, **facts)]}


def replace_raw(gifts: list[Gift]) -> list[Gift]:
    """The gifts as somebody types them who has no document yet."""
    return [
        replace(one, raw=None, parts=tuple(part if part.kept else replace(part, raw=None) for part in one.parts))
        for one in gifts
    ]


def told(node: Any) -> list[str]:
    """The nodes at the top of a condition, in an order that means nothing."""
    nodes = [] if node is None else node["all"] if set(node) == {"all"} else [node]
    return sorted(json.dumps(one, sort_keys=True) for one in nodes)
