"""What promotions gave goes back as they say: in proportion, by evaluating anew, or not; limits are freed with it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import members, promotions, purchases
from coalition.kernel import ids
from coalition.kernel.db import raw
from coalition.kernel.laws import offending
from coalition.promotions import granting
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.coupons.builders import a_batch
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_return, a_shop, a_void, bought, give_back

AT_LEAST = {"f": "receipt.total", "op": "gte", "v": 10_000}


@pytest.fixture
def shop(app: Flask) -> Shop:
    return a_shop()


def _publish(shop: Shop, *documents: dict[str, Any]) -> None:
    promotions.publish(shop.program.id, documents, actor=ACTOR)


def _clawed(returned: purchases.Returned) -> dict[str, int]:
    return {one.award.promotion: one.units for one in returned.clawed_back}


@pytest.mark.parametrize(("returns", "taken"), [("proportional", 214), ("reevaluate", 500), ("none", 0)])
def test_a_return_that_breaks_a_threshold_takes_what_the_promotion_says(shop: Shop, returns: str, taken: int) -> None:
    _publish(shop, a_document("big", a_credit("fixed", points=500), when=AT_LEAST, returns=returns))
    purchase = bought(shop, a_body(6000, 4500))

    returned = give_back(shop, a_return(purchase, {2: None}))

    assert _clawed(returned).get("big", 0) == taken


def test_returns_that_are_evaluated_anew_take_all_of_it_in_the_end_and_never_more(shop: Shop) -> None:
    _publish(shop, a_document("tenth", a_credit("percent", bp=1000), returns="reevaluate"))
    purchase = bought(shop, a_body(999, 501))

    parts = [give_back(shop, a_return(purchase, lines)) for lines in ({1: 500}, {2: 400}, {1: 500, 2: 600})]

    assert [_clawed(one).get("tenth", 0) for one in parts] == [50, 20, 80]
    assert sum(_clawed(one)["tenth"] for one in parts) == 150


def test_a_multiplier_evaluated_anew_goes_by_the_base_credits_that_are_left(shop: Shop) -> None:
    _publish(shop, a_document("x2", a_credit("multiply", x_bp=20_000), returns="reevaluate"))
    purchase = bought(shop, a_body(1000, 1000))

    returned = give_back(shop, a_return(purchase, {1: None}))

    assert _clawed(returned) == {"base": 5, "x2": 5}


def test_a_multiplier_evaluated_anew_goes_by_the_base_credits_of_other_promotions_too(shop: Shop) -> None:
    base, double = a_credit("percent", bp=1000, role="base"), a_credit("multiply", x_bp=20_000)
    _publish(shop, a_document("tenth", base), a_document("x2", double, returns="reevaluate"))
    purchase = bought(shop, a_body(1000, 1000))

    returned = give_back(shop, a_return(purchase, {1: None}))

    assert _clawed(returned) == {"base": 5, "tenth": 100, "x2": 105}


def test_a_credit_evaluated_anew_goes_by_what_is_left_after_the_discounts_of_others(shop: Shop) -> None:
    fifth = {"kind": "discount", "calc": {"type": "percent", "bp": 2000}}
    _publish(shop, a_document("fifth", fifth), a_document("tenth", a_credit("percent", bp=1000), returns="reevaluate"))
    body = a_body(1000, 1000)
    quote = purchases.quote(shop.partner.id, purchases.read(body))
    purchase = bought(shop, {**body, "quote_id": ids.public("pqt", quote.id)})

    returned = give_back(shop, a_return(purchase, {1: None}))

    assert _clawed(returned)["tenth"] == 80


def test_limits_get_back_what_is_taken_back_in_the_period_that_had_used_it(shop: Shop) -> None:
    limits = [
        {"metric": "units", "per": "member", "period": "day", "value": 400},
        {"metric": "uses", "per": "member", "period": "life", "value": 5},
        {"metric": "units", "per": "promotion", "period": "life", "value": 900, "release_on_return": False},
    ]
    _publish(shop, a_document("tenth", a_credit("percent", bp=1000), limits=limits))
    purchase = bought(shop, a_body(2000))

    give_back(shop, a_return(purchase, {1: 250}))
    after_a_part = _counters()
    give_back(shop, a_return(purchase, {1: None}))

    assert after_a_part == {"day": 150, "life": 200, "uses": 1}
    assert _counters() == {"day": 0, "life": 200, "uses": 0}


def test_a_part_frees_no_coupons_and_nothing_frees_a_prize_that_was_won(shop: Shop) -> None:
    a_batch(shop.program, "thanks", kind="issued", wanted=0)
    wins = {"kind": "chance", "win_ppm": 1_000_000, "on_win": [{"kind": "gift", "sku": "mug"}]}
    thanks = {"kind": "coupon.issue", "template": "thanks", "qty": 2}
    limits = [{"metric": of, "per": "promotion", "period": "life", "value": 5} for of in ("coupons", "prizes")]
    _publish(shop, a_document("fair", a_credit("fixed", points=10), thanks, wins, limits=limits))
    purchase = bought(shop, a_body(2000))

    give_back(shop, a_return(purchase, {1: 500}))
    after_a_part = _used()
    give_back(shop, a_return(purchase, {1: None}))

    assert (after_a_part, _used()) == ({"coupons": 2, "prizes": 1}, {"coupons": 0, "prizes": 1})


def test_a_void_gives_back_a_use_of_what_gave_no_points(shop: Shop) -> None:
    once = [{"metric": "uses", "per": "member", "period": "life", "value": 1}]
    _publish(shop, a_document("badge", {"kind": "badge.grant", "badge": "milk"}, limits=once))
    purchase = bought(shop, a_body(2000))

    before = _counters()
    give_back(shop, a_void(purchase))

    assert (before, _counters()) == ({"uses": 1}, {"uses": 0})


def _counters() -> dict[str, int]:
    rows = raw().execute("SELECT key, used FROM limit_counter")
    return {"uses" if "/uses/" in key else key.split("/")[3].split(":")[0]: used for key, used in rows}


def _used() -> dict[str, int]:
    return {key.split("/")[1]: used for key, used in raw().execute("SELECT key, used FROM limit_counter")}


def test_a_budget_of_coupons_gets_back_those_that_nobody_has_used(shop: Shop) -> None:
    a_batch(shop.program, code="gift", kind="issued", wanted=0, opens="gift")
    budget = [{"metric": "coupons", "per": "promotion", "period": "life", "value": 9}]
    big = {"f": "receipt.total", "op": "gte", "v": 500}
    _publish(
        shop,
        a_document("two", {"kind": "coupon.issue", "template": "gift", "qty": 2}, limits=budget, when=big),
        a_document("opened", a_credit("fixed", points=1), coupon="gift"),
    )
    purchase = bought(shop, a_body(700))
    (row,) = raw().execute("SELECT code FROM coupon ORDER BY id LIMIT 1").fetchall()
    bought(shop, a_body(100, coupons=[row[0]]))

    give_back(shop, a_void(purchase))

    assert raw().execute("SELECT used FROM limit_counter").fetchone() == (1,)
    assert [law.code for law in granting.laws() if offending(law)] == []


def test_what_a_member_has_used_of_a_limit_goes_with_it_into_a_merge_and_comes_back_from_there(shop: Shop) -> None:
    limits = [
        {"metric": "units", "per": "member", "period": "life", "value": 15},
        {"metric": "units", "per": "member", "period": "rolling:P7D", "value": 100},
    ]
    _publish(shop, a_document("ten", a_credit("fixed", points=10), limits=limits))
    other = a_member(shop.program, shop.partner, card="4276000099999999")
    purchase = bought(shop, a_body(700))

    members.merge(shop.program.id, shop.member.id, other.id, reason="one person")
    granting.follow(shop.member.id, other.id)
    granting.follow(shop.member.id, other.id)
    second = bought(shop, a_body(700))
    give_back(shop, a_void(purchase))

    assert _units(second) == 5
    counters = raw().execute("SELECT key, used FROM limit_counter ORDER BY key").fetchall()
    assert [(key.split("/")[2], used) for key, used in counters] == [(f"member:{other.id}", 5)] * 2
    assert [law.code for law in granting.laws() if offending(law)] == []


def _units(purchase: int) -> int:
    of = "SELECT sum(units) FROM award WHERE purchase_id = %s AND promotion = 'ten'"
    row = raw().execute(of, (purchase,)).fetchone()
    return int(row[0]) if row else 0
