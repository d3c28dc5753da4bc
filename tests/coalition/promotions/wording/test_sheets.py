"""The builder's sheet: what it shows of a document it says again, what it cannot show it leaves alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.promotions import engine
from coalition.promotions.wording import Cap, Gift, Misread, Money, Row, document_of, sheet_of
from coalition.promotions.wording.rows import node_of, number, taken_apart
from tests.coalition.promotions.engine.builders import a_credit, a_discount, a_promotion
from tests.coalition.promotions.engine.test_conditions import LINE_NODES, NODES
from tests.coalition.promotions.engine.test_oracles import compared

ZONE = "Europe/Riga"
MONEY = Money(2, {"BON": 0})
COFFEE = {"f": "category", "op": "in", "v": ["coffee", "tea"]}
NAME = {"name": {"en": "Coffee", "ru": "Кофе"}}
KNOWN = (
    compared("receipt.total", st.integers(0, 10**9), ordered=True)
    | compared("event.weekday", st.integers(1, 7), ordered=True)
    | compared("event.date", st.sampled_from([20261231, 20270229, 7]), ordered=True)
    | compared("event.minutes", st.integers(0, 1_500), ordered=True)
    | compared("member.tier", st.sampled_from(["gold", "a,b", " x", ""]), ordered=False)
)


@settings(max_examples=120)
@given(st.lists(KNOWN | NODES, max_size=4), st.lists(LINE_NODES | st.just(COFFEE), max_size=2))
def test_a_sheet_that_nobody_has_touched_says_the_same_document(nodes: list[Any], lines: list[Any]) -> None:
    where = {"where": {"all": lines}} if len(lines) > 1 else {"where": lines[0]} if lines else {}
    document = a_promotion(a_credit("percent", bp=500, **where), a_discount("percent", bp=100, **where), **NAME)
    document |= {"when": {"all": nodes}} if len(nodes) > 1 else {"when": nodes[0]} if nodes else {}

    again, wrong = document_of(sheet_of(document, ZONE, MONEY), document, ZONE, MONEY)

    assert wrong == []
    assert _told(again.get("when")) == _told(document.get("when"))
    for effect, before in zip(again["effects"], document["effects"], strict=True):
        assert _told(effect.pop("where", None)) == _told(before.pop("where", None))
    assert again["effects"] == document["effects"]


def test_demands_on_the_gifts_own_lines_stand_among_them() -> None:
    together = {"lines": {"agg": "sum", "of": "amount", "where": COFFEE, "op": "gte", "v": 1_000}}
    document = a_promotion(a_credit("percent", bp=500, where=COFFEE), when=together, **NAME)

    sheet = sheet_of(document, ZONE, MONEY)

    assert sheet.conditions["line"] == [Row("category", "in", ("coffee", "tea")), Row("lines.sum", "gte", ("10.00",))]
    sheet.conditions["line"][0] = Row("category", "in", ("cocoa",))
    again, _ = document_of(sheet, document, ZONE, MONEY)
    cocoa = {"f": "category", "op": "in", "v": ["cocoa"]}
    assert again["when"] == {"lines": {"agg": "sum", "of": "amount", "where": cocoa, "op": "gte", "v": 1_000}}
    assert again["effects"][0]["where"] == cocoa


def test_gifts_with_lines_of_their_own_keep_them() -> None:
    document = a_promotion(a_credit("percent", bp=500, where=COFFEE), a_credit("percent", bp=100), **NAME)

    sheet = sheet_of(document, ZONE, MONEY)

    assert sheet.own_lines
    assert document_of(sheet, document, ZONE, MONEY) == (document, [])


def test_what_a_gift_does_not_show_stays_with_it() -> None:
    effect = a_credit("per_amount", points=1, each=2_000, role="base", rounding={"mode": "ceil"})
    document = a_promotion(effect, **NAME)
    sheet = sheet_of(document, ZONE, MONEY)
    assert sheet.gifts == [Gift("per_amount", "1", "20.00", "BON", raw=effect)]

    sheet.gifts[0] = Gift("per_amount", "2", "20", "BON", expire_days="30", raw=effect)
    [again] = document_of(sheet, document, ZONE, MONEY)[0]["effects"]

    assert again == {**effect, "calc": {"type": "per_amount", "points": 2, "each": 2_000}, "expire_days": 30}


def test_rules_tests_and_other_parts_are_left_alone() -> None:
    document = a_promotion(a_credit("percent", bp=500), **NAME) | {
        "rules": [{"effects": []}],
        "tests": [{"event": {}}],
        "limits": [{"metric": "units", "per": "member", "period": "rolling:P7D", "value": 5}],
        "audience": {"communication": {"campaign": "a"}},
        "events": ["receipt.closed", "survey.completed"],
        "from": "2026-05-01T10:30:00Z",
        "sponsor": [{"partner": "a", "weight": 1}, {"partner": "b", "weight": 2}],
    }

    assert document_of(sheet_of(document, ZONE, MONEY), document, ZONE, MONEY) == (document, [])


def test_days_begin_and_end_in_the_zone_of_the_program() -> None:
    sheet = sheet_of(a_promotion(a_credit("percent", bp=500), **NAME), ZONE, MONEY)
    sheet.facts |= {"from": "2026-05-01", "to": "2026-05-31"}

    document, _ = document_of(sheet, {}, ZONE, MONEY)

    assert (document["from"], document["to"]) == ("2026-04-30T21:00:00Z", "2026-05-31T21:00:00Z")
    assert sheet_of(document, ZONE, MONEY).facts["to"] == "2026-05-31"


def test_everything_that_cannot_be_read_is_told_by_its_field() -> None:
    sheet = sheet_of(a_promotion(), ZONE, MONEY)
    sheet.conditions["when"] = [Row("receipt.total", "gte", ("much",)), Row("event.weekday", "in"), Row()]
    sheet.gifts, sheet.caps = [Gift("percent", "", currency="BON"), Gift("badge")], [Cap("-5")]
    sheet.payers = [("freshmart", "60"), ("operator", "30")]
    sheet.facts |= {"name_en": "A", "to": "soon", "priority": "x", "control": "95"}

    _, wrong = document_of(sheet, {}, ZONE, MONEY)

    assert set(wrong) == {
        *(("name_ru", "required"), ("to", "day"), ("priority", "number"), ("control", "percent")),
        *(("when-0-v", "number"), ("when-1-v", "choose_value"), ("when-2-v", "choose")),
        *(
            ("then-0-value", "required"),
            ("then-1-value", "required"),
            ("most-0-value", "number"),
            ("share-0", "shares"),
        ),
    }


@pytest.mark.parametrize(
    ("row", "node"),
    [
        (Row("receipt.total", "between", ("10", "20.5")), {"f": "receipt.total", "op": "between", "v": [1000, 2050]}),
        (Row("event.weekday", "in", ("6", "7")), {"f": "event.weekday", "op": "in", "v": [6, 7]}),
        (Row("brand", "in", ("A, B",)), {"f": "brand", "op": "in", "v": ["A", "B"]}),
        (Row("qty_m", "gte", ("1,5",)), {"f": "qty_m", "op": "gte", "v": 1500}),
        (Row("event.minutes", "lt", ("9:30",)), {"f": "event.minutes", "op": "lt", "v": 570}),
        (Row("event.date", "eq", ("2026-12-31",)), {"f": "event.date", "op": "eq", "v": 20261231}),
    ],
)
def test_a_row_says_its_node_and_shows_it_again(row: Row, node: dict[str, Any]) -> None:
    assert node_of(row, 2) == node
    assert engine.check(node)[1] == []
    [again] = taken_apart(node, 2, line="." not in row.field)
    assert node_of(again, 2) == node


@pytest.mark.parametrize("text", ["", "x", "1.234", "-1", "1e99", "NaN"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Misread):
        number(text, 2)


def _told(node: Any) -> list[str]:
    """What a condition demands, in an order that means nothing; all of alls is all."""
    return sorted(json.dumps(one, sort_keys=True) for one in _demands(node))


def _demands(node: Any) -> list[Any]:
    if node is not None and set(node) == {"all"} and isinstance(node["all"], list):
        return [one for part in node["all"] for one in _demands(part)]
    return [] if node is None else [node]
