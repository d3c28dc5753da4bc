"""A purchase is explained promotion by promotion: what applied, what did not and why, the same for ever."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from coalition import partners, promotions, purchases
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_shop, bought

CAP = [{"metric": "units", "per": "member", "period": "day", "value": 30}]


@pytest.fixture
def shop(app: Flask) -> Shop:
    shop = a_shop()
    partners.classify(shop.partner.id, [partners.Item("S1", "food/dairy")])
    documents = [
        a_document("capped", a_credit("percent", bp=100), limits=CAP),
        a_document("big", a_credit("fixed", points=99), when={"f": "receipt.total", "op": "gte", "v": 5000}),
        a_document("gold", a_credit("fixed", points=9), group="one", priority=2),
        a_document("silver", a_credit("fixed", points=8), group="one"),
        a_document("off", {"kind": "discount", "calc": {"type": "percent", "bp": 500}}),
        a_document("survey", a_credit("fixed", points=1), events=["survey"]),
    ]
    promotions.publish(shop.program.id, documents, actor=ACTOR, groups={"one": {"mode": "first", "scope": "receipt"}})
    return shop


def _outcomes(shop: Shop, purchase: int, language: str = "en") -> dict[str, purchases.ExplainedPromotion]:
    explained = purchases.explain(shop.partner.id, purchase, language)
    return {one.promotion: one for one in explained.promotions}


def test_every_promotion_says_what_became_of_it(shop: Shop) -> None:
    bought(shop, a_body(2000))
    purchase = bought(shop, a_body(2000, 1000))

    found = _outcomes(shop, purchase)

    assert {code: one.outcome for code, one in found.items()} == {
        "gold": "applied",
        "silver": "outcompeted",
        "big": "rejected",
        "capped": "applied",
        "off": "rejected",
        "survey": "rejected",
    }
    assert found["big"].facts["missing_by"] == 2000
    assert (found["silver"].facts["by"], found["silver"].facts["would"]) == (["gold"], 8)
    assert [one["units"] for one in found["capped"].facts["effects"]] == [10]
    assert (found["off"].facts["why"], found["survey"].facts["why"]) == ("quote", "event")


def test_a_limit_that_is_used_up_says_which_and_what_was_wanted(shop: Shop) -> None:
    bought(shop, a_body(4000))
    purchase = bought(shop, a_body(2000))

    capped = _outcomes(shop, purchase)["capped"]

    assert (capped.outcome, capped.facts["wanted"], capped.facts["left"]) == ("limited", 20, 0)
    assert capped.reason == "Five percent: its limit is used up."


def test_the_answer_stays_whatever_is_published_later(shop: Shop) -> None:
    purchase = bought(shop, a_body(2000))
    before = [_outcomes(shop, purchase, language) for language in ("en", "ru")]
    partners.classify(shop.partner.id, [partners.Item("S1", "food/bread")])
    changed: dict[str, Any] = a_document("capped", a_credit("percent", bp=900))
    promotions.publish(shop.program.id, [changed], actor=ACTOR, since=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
    bought(shop, a_body(9000))

    assert [_outcomes(shop, purchase, language) for language in ("en", "ru")] == before


def test_the_slip_says_what_each_gave(shop: Shop) -> None:
    purchase = bought(shop, a_body(2000))

    assert purchases.explain(shop.partner.id, purchase, "en").slip == [
        "10 bonuses for 20.00 EUR of purchases (1 per 2.00 EUR).",
        "+9 bonuses: Five percent",
        "+20 bonuses: Five percent",
    ]
