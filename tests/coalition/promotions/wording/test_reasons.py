"""Reasons: the trace of an evaluation in words."""

from __future__ import annotations

from typing import Any

import pytest

from coalition.promotions.wording import given, near_miss, why_not
from tests.coalition.promotions.engine.builders import a_credit, a_line, a_promotion, a_receipt, outcome
from tests.coalition.promotions.wording.names import EN, RU


def test_what_was_given_names_its_promotion() -> None:
    effect = outcome(a_receipt(a_line(1, 10_000)), a_promotion(a_credit("percent", bp=500))).effects[0]

    assert given(effect, "Five percent", EN) == "+5 bonuses: Five percent"
    assert given({"kind": "discount", "minor": 1_250}, "Sale", RU) == "−12,50\u00a0EUR: Sale"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"to": "2026-01-01T00:00:00Z"}, "Five: it was not running then."),
        ({"coupon": "SALE"}, "Five: its coupon was not used."),
        ({"when": {"f": "member.tier", "op": "eq", "v": "silver"}}, "Five: its conditions were not met."),
        ({"audience": {"segments_any": ["new"]}}, "Five: it is for other members."),
        ({"limits": [{"metric": "units", "value": 0}]}, "Five: its limit is used up."),
    ],
)
def test_every_gate_that_stays_shut_is_told(facts: dict[str, Any], words: str) -> None:
    [entry] = outcome(a_receipt(a_line(1, 10_000)), a_promotion(a_credit("percent", bp=500), **facts)).explain

    assert why_not(entry, "Five", EN) == words


def test_a_rival_that_won_is_named() -> None:
    better = a_promotion(a_credit("percent", bp=700), group="g") | {"id": "q"}
    worse = a_promotion(a_credit("percent", bp=500), group="g")
    groups = {"g": {"mode": "best", "scope": "receipt"}}

    [entry] = outcome(a_receipt(a_line(1, 10_000)), better, worse, groups=groups).explain

    assert why_not(entry, "Five", EN) == "Five: another promotion was better (q); this one would have given 5."


def test_a_condition_says_what_was_missing() -> None:
    entry: dict[str, Any] = {"outcome": "rejected", "why": "condition", "field": "receipt.total", "op": "gte"}
    entry |= {"expected": 10_000, "actual": 6_600, "missing_by": 3_400}

    assert why_not(entry, "Five", EN) == (
        "Five: it asks that the receipt total is at least 100.00\u00a0EUR; it was 66.00\u00a0EUR,"
        " 34.00\u00a0EUR more is needed."
    )
    assert near_miss(entry, "Five", RU) == "Купите ещё на 34,00\u00a0EUR: Five."
    gain = [
        {"kind": "discount", "minor": 250},
        {"kind": "points.credit", "currency": "BON", "units": 9, "counts": "tier"},
    ]
    assert (
        near_miss(entry | {"gain": gain}, "Five", EN) == "Buy for 34.00\u00a0EUR more to get 2.50\u00a0EUR off: Five."
    )
    goods = entry | {"field": "lines", "agg": "sum", "of": "amount"}
    dairy = {"where": {"f": "category", "op": "eq", "v": "dairy"}}
    assert why_not(goods | dairy, "Five", EN) == (
        "Five: it asks that the total of dairy is at least 100.00\u00a0EUR; it was 66.00\u00a0EUR,"
        " 34.00\u00a0EUR more is needed."
    )
    two = goods | {"agg": "count", "of": None, "expected": 2, "actual": 1, "missing_by": 1}
    assert why_not(two, "Five", RU) == "Five: условие — число строк не меньше 2; было 1, не хватает 1."
    assert why_not(two | dairy | {"expected": 1, "actual": 0}, "Five", EN) == (
        "Five: it asks that the receipt has dairy."
    )
    assert near_miss(goods, "Five", EN) == "Buy such goods for 34.00\u00a0EUR more: Five."
    assert near_miss(goods | {"agg": "count", "missing_by": 2, "gain": gain}, "Five", RU) == (
        "Не хватает 2, чтобы получить скидку 2,50\u00a0EUR: Five."
    )
