"""A quote tells what a purchase would come to and promises its discounts; a purchase that names it gets them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from coalition import programs, promotions, purchases
from coalition.kernel import ids
from coalition.kernel.db import raw
from coalition.purchases import Recorded, Refused
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_receipt, a_return, a_shop, give_back

TENTH = {"kind": "discount", "calc": {"type": "percent", "bp": 1000}}
CAP = [{"metric": "money", "per": "promotion", "period": "life", "value": 300}]


@pytest.fixture
def shop(app: Flask) -> Shop:
    shop = a_shop()
    documents = [
        a_document("tenth", TENTH, limits=CAP),
        a_document("five"),
        a_document("big", a_credit("fixed", points=99), when={"f": "receipt.total", "op": "gte", "v": 5000}),
    ]
    promotions.publish(shop.program.id, documents, actor=ACTOR)
    return shop


def _quoted(shop: Shop, *amounts: int, **more: Any) -> tuple[purchases.Quote, dict[str, Any]]:
    """A quote, and the body of the purchase that closes it."""
    body = a_body(*amounts, **more)
    quote = purchases.quote(shop.partner.id, purchases.read(body))
    return quote, {**body, "quote_id": ids.public("pqt", quote.id)}


def _recorded(shop: Shop, body: dict[str, Any]) -> Recorded | Refused:
    (result,) = shop.record(purchases.read(body))
    return result


def _code(result: Recorded | Refused) -> str:
    assert isinstance(result, Refused), result
    return result.refusal.code


def test_a_quote_tells_what_comes_off_what_is_earned_and_what_was_just_missed(shop: Shop) -> None:
    quote, _ = _quoted(shop, 1000, 600)

    assert [(one.promotion, one.minor, one.lines) for one in quote.discounts] == [("tenth", 160, {"1": 100, "2": 60})]
    assert {one.promotion: one.units for one in quote.awards} == {"base": 7, "five": 72}
    assert [(one.promotion, one.facts["missing_by"]) for one in quote.near_misses] == [("big", 3400)]
    assert quote.near_misses[0].reason == "Buy for 34.00\u00a0EUR more to get 99 bonuses: Five percent."
    assert raw().execute("SELECT count(*) FROM limit_counter").fetchone() == (0,)


def test_what_would_give_nothing_for_what_is_bought_is_no_near_miss(app: Flask) -> None:
    shop = a_shop()
    when = {"f": "receipt.total", "op": "gte", "v": 5000}
    wine = a_credit("percent", bp=1_000, where={"f": "category", "op": "eq", "v": "wine"})
    twice = a_document("twice", a_credit("multiply", x_bp=20_000), when=when)
    promotions.publish(shop.program.id, [a_document("wine", wine, when=when), twice], actor=ACTOR)

    quote, _ = _quoted(shop, 1000)

    assert [(one.promotion, one.facts["gain"][0]["units"]) for one in quote.near_misses] == [("twice", 5)]


def test_a_purchase_gets_the_discounts_of_its_quote_and_earns_on_what_is_left(shop: Shop) -> None:
    quote, body = _quoted(shop, 1000, 600)

    recorded = _recorded(shop, body)

    assert isinstance(recorded, Recorded)
    assert recorded.discounts == quote.discounts
    assert {one.promotion: one.units for one in recorded.awards} == {one.promotion: one.units for one in quote.awards}
    assert raw().execute("SELECT used FROM limit_counter").fetchall() == [(160,)]
    found = purchases.find(shop.partner.id, external_id=recorded.external_id)
    assert found.discounts == quote.discounts


def test_without_a_quote_nothing_comes_off(shop: Shop) -> None:
    recorded = _recorded(shop, a_body(1000, 600))

    assert isinstance(recorded, Recorded)
    assert recorded.discounts == ()
    assert {one.promotion: one.units for one in recorded.awards} == {"base": 8, "five": 80}


def test_a_quote_is_closed_by_its_own_ruleset(shop: Shop) -> None:
    _, body = _quoted(shop, 1000)
    promotions.publish(
        shop.program.id, [a_document("tenth", {**TENTH, "calc": {"type": "percent", "bp": 9000}})], actor=ACTOR
    )

    recorded = _recorded(shop, body)

    assert isinstance(recorded, Recorded)
    assert [one.minor for one in recorded.discounts] == [100]


def test_what_was_discounted_is_refunded_as_it_was_paid(shop: Shop) -> None:
    _, body = _quoted(shop, 1000)
    recorded = _recorded(shop, body)
    assert isinstance(recorded, Recorded)

    returned = give_back(shop, a_return(recorded.id, {1: 500}))

    assert returned.refund == 450


def test_a_quote_is_refused_where_it_does_not_fit(shop: Shop) -> None:
    _, body = _quoted(shop, 1000)
    late = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=9)).isoformat()
    raw().execute(
        "INSERT INTO purchase_quote (id, expires_at, program_id, partner_id, member_id, ruleset_id, content, discounts)"
        " SELECT 9999, now() - interval '1 day', program_id, partner_id, member_id, ruleset_id, content, discounts"
        " FROM purchase_quote"
    )

    unknown = _recorded(shop, {**body, "quote_id": ids.public("pqt", 777)})
    expired = _recorded(shop, {**body, "occurred_at": late, "quote_id": ids.public("pqt", 9999)})
    differs = _recorded(shop, {**a_body(999), "quote_id": body["quote_id"]})
    first = _recorded(shop, body)
    again = _recorded(shop, {**body, "external_id": "another"})

    assert [_code(one) for one in (unknown, expired, differs, again)] == [
        "unknown_quote",
        "quote_expired",
        "quote_differs",
        "quote_used",
    ]
    assert isinstance(first, Recorded)


def test_a_quote_whose_discount_a_limit_has_meanwhile_cut_is_refused_and_leaves_nothing(shop: Shop) -> None:
    _, mine = _quoted(shop, 2000)
    _, theirs = _quoted(shop, 2000)
    _recorded(shop, theirs)

    result = _recorded(shop, mine)

    assert _code(result) == "quote_changed"
    assert raw().execute("SELECT used FROM limit_counter").fetchall() == [(200,)]
    assert isinstance(_recorded(shop, {**mine, "quote_id": None}), Recorded)


def test_a_quote_tells_what_points_may_pay(shop: Shop) -> None:
    shop.record(a_receipt(20_000))

    quote, _ = _quoted(shop, 1000)

    (pays,) = quote.spendable
    assert (pays.currency, pays.units, pays.amount) == ("BON", 900, 900)
    assert pays.available == shop.available()


def test_points_pay_their_share_of_what_is_left_after_the_discounts(shop: Shop) -> None:
    programs.change_currency(shop.currency.id, spend_share_bp=5000)
    shop.record(a_receipt(200_000))
    quote, body = _quoted(shop, 1000)
    (pays,) = quote.spendable

    beyond, within = (
        _recorded(shop, {**body, "external_id": f"P{amount}", "payments": [{"kind": "redeem", "amount": amount}]})
        for amount in (pays.amount + 1, pays.amount)
    )

    assert (pays.amount, _code(beyond)) == (450, "limit_share")
    assert isinstance(within, Recorded)


def test_a_quote_without_discounts_is_closed_once_too(shop: Shop) -> None:
    anonymous, body = _quoted(shop, 100, member=None)

    first, second = _recorded(shop, body), _recorded(shop, {**body, "external_id": "another"})
    again = _recorded(shop, body)

    assert anonymous.discounts == ()
    assert isinstance(first, Recorded)
    assert _code(second) == "quote_used"
    assert isinstance(again, Recorded)
    assert again.replayed
