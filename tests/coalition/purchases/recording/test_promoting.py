"""Published promotions really give: points of the right sponsor and life, within limits, explained and kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from coalition import ledger, partners, programs, promotions, purchases
from coalition.kernel import clock
from coalition.kernel.db import raw
from coalition.kernel.laws import offending
from coalition.partners import exposure
from coalition.partners.exposure import Limit
from coalition.promotions import granting
from coalition.promotions.granting import Given
from coalition.purchases import GrantedAward, Recorded
from tests.coalition.promotions.coupons.builders import a_batch, codes_of
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    shop = a_shop()
    partners.add_group(shop.program.id, "dairy", name_en="dairy", name_ru="молочное")
    partners.classify(shop.partner.id, [partners.Item("S1", "food/dairy", "Alma"), partners.Item("S2", "food/bread")])
    return shop


def _publish(shop: Shop, *documents: dict[str, Any], **more: Any) -> promotions.Ruleset:
    return promotions.publish(shop.program.id, documents, actor=ACTOR, **more)


def _earned(shop: Shop, *amounts: int, **more: Any) -> dict[str, GrantedAward]:
    (recorded,) = shop.record(a_receipt(*amounts, **more))
    assert isinstance(recorded, Recorded), recorded
    return {one.promotion: one for one in recorded.awards}


def test_a_multiplier_multiplies_what_base_rules_granted_on_goods_of_our_own_assortment(shop: Shop) -> None:
    dairy = {"f": "category", "op": "eq", "v": "dairy"}
    _publish(shop, a_document("x3-dairy", a_credit("multiply", x_bp=30_000, where=dairy)))

    earned = _earned(shop, 1000, 600)

    assert (earned["base"].units, earned["base"].lines) == (8, {"1": 5, "2": 3})
    assert (earned["x3-dairy"].units, earned["x3-dairy"].lines, earned["x3-dairy"].version) == (10, {"1": 10}, 1)
    assert shop.available() == 18


def test_what_a_till_says_of_a_category_gives_nothing(shop: Shop) -> None:
    _publish(shop, a_document("dairy", a_credit("fixed", points=7, where={"f": "category", "op": "eq", "v": "dairy"})))

    earned = [_earned(shop, 1000, lines=[_line("X9", category="dairy")]), _earned(shop, 1000, lines=[_line("S1")])]

    assert [one.get("dairy") is not None for one in earned] == [False, True]


def test_the_sponsors_pay_by_their_weights(shop: Shop) -> None:
    other = a_shop(shop.program, card="4276000099999999")
    sponsors = [{"partner": other.partner.code, "share_bp": 6000}, {"partner": shop.partner.code, "share_bp": 4000}]
    _publish(shop, a_document("ten", a_credit("fixed", points=10), sponsor=sponsors))

    earned = _earned(shop, 500)

    wallet = ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.WALLET, shop.member.id)
    lots = {lot.amount: lot.legs for lot in ledger.lots(wallet)}
    assert earned["ten"].units == 10
    assert lots[10] == ((other.entity.id, 3), (shop.entity.id, 2))
    assert lots[2] == ((shop.entity.id, 1),)


def test_points_live_as_the_promotion_says_and_pay_where_its_account_does(shop: Shop) -> None:
    promo = programs.open_promo_account(shop.currency.id, "wine", name_en="wine", name_ru="вино")
    credit = {**a_credit("fixed", points=10), "account": "wine", "activate_days": 3, "expire_days": 10}
    _publish(shop, a_document("later", credit))

    earned = _earned(shop, 500, occurred_at="2026-11-25T22:30:00Z")["later"]

    assert earned.expires_at == dt.datetime(2026, 12, 9, 22, tzinfo=dt.UTC)
    assert earned.available_at >= dt.datetime(2026, 11, 28, 22, tzinfo=dt.UTC)
    row = raw().execute("SELECT restriction_id FROM lot WHERE amount = 10").fetchone()
    assert row == (promo.id,)


def test_a_limit_clamps_over_purchases_and_over_a_batch(shop: Shop) -> None:
    cap = {"metric": "units", "per": "member", "period": "day", "value": 25}
    _publish(shop, a_document("ten", a_credit("fixed", points=10), limits=[cap]))

    single = _earned(shop, 500)["ten"].units
    batch = shop.record(*(a_receipt(500) for _ in range(3)))

    units = [{a.promotion: a.units for a in one.awards}.get("ten", 0) for one in batch if isinstance(one, Recorded)]
    assert single == 10
    assert sorted(units) == [0, 5, 10]
    assert raw().execute("SELECT used FROM limit_counter").fetchall() == [(25,)]


def test_a_batch_is_evaluated_in_the_order_in_which_its_receipts_were_written(shop: Shop) -> None:
    once = {"metric": "uses", "per": "member", "period": "day", "value": 1}
    _publish(shop, a_document("ten", a_credit("fixed", points=10), limits=[once]))
    later = a_receipt(500, external_id="A", occurred_at="2026-11-20T13:00:00Z")
    sooner = a_receipt(500, external_id="B", occurred_at="2026-11-20T09:00:00Z")

    found = shop.record(later, sooner)

    assert [_by_promotion(one).get("ten") for one in found] == [None, 10]


def test_what_a_funder_declines_uses_up_neither_limits_nor_the_coupon(shop: Shop) -> None:
    other = a_shop(shop.program, card="4276000099999999")
    exposure.set_limit(Limit(other.entity.id, "credit", "decline", 4 * 10**6, 10**6))
    of_member = {"per": "member", "period": "life", "value": 10}
    limits = [{"metric": metric, **of_member} for metric in ("units", "money", "uses")]
    sponsor = {"partner": other.partner.code}
    _publish(shop, a_document("ten", a_credit("fixed", points=10), coupon="autumn", sponsor=sponsor, limits=limits))
    (code, *_) = codes_of(a_batch(shop.program))

    (recorded,) = shop.record(a_receipt(500, coupons=[code]))

    assert _by_promotion(recorded) == {"base": 2}
    assert isinstance(recorded, Recorded)
    assert recorded.coupons[0].outcome == "idle"
    assert raw().execute("SELECT DISTINCT used FROM limit_counter").fetchall() == [(0,)]
    assert [law.code for law in granting.laws() if offending(law)] == []


def test_progress_goes_on_in_a_batch_that_two_rulesets_share_and_a_day_counts_once(shop: Shop) -> None:
    progress = {"kind": "progress.add", "target": 10}
    events = a_document("events", {**progress, "achievement": "e"})
    days = a_document("days", {**progress, "achievement": "d", "by": {"type": "distinct_days"}})
    _publish(shop, events, days, since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    _publish(shop, events, days, a_document("more"), since=dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC))

    shop.record(*(a_receipt(500, occurred_at=f"2026-11-20T{hour:02}:00:00Z") for hour in (8, 9, 13)))

    rows = raw().execute("SELECT name, value FROM member_holding WHERE kind = 'progress' AND name <> ''").fetchall()
    assert dict(rows) == {"e": 3, "d": 1}


def test_promotions_that_share_a_limit_may_each_say_another_one(shop: Shop) -> None:
    shared = {"metric": "units", "per": "campaign", "period": "life"}
    high = a_document("high", a_credit("fixed", points=80), limits=[{**shared, "value": 100}], campaign="c")
    low = {**high, "id": "low", "events": ["bank.transaction"], "limits": [{**shared, "value": 50}]}
    own = {name: value for name, value in {**high, "id": "own"}.items() if name != "campaign"}
    promotions.save_campaign(shop.program.id, promotions.Campaign("c", "c", "c"))
    _publish(shop, high, low, own)
    body = {"external_id": "B1", "occurred_at": "2026-11-20T09:30:00Z", "outlet": "S1", "amount": 33333}
    member = {"kind": "card", "value": "4276000012345678"}
    bank = purchases.read_transaction({**body, "member": member, "currency": "EUR", "mcc": "5812", "merchant": "R"})

    found = shop.record(a_receipt(500, occurred_at="2026-11-20T08:00:00Z"), bank)

    assert [_by_promotion(one) for one in found] == [{"base": 2, "high": 80, "own": 80}, {"base": 166}]


def test_a_late_receipt_goes_by_the_ruleset_of_its_day(shop: Shop) -> None:
    _publish(shop, a_document("old", a_credit("fixed", points=10)), since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    changed = a_document("old", a_credit("fixed", points=20))
    _publish(shop, changed, since=dt.datetime(2026, 11, 22, tzinfo=dt.UTC))

    before, after = (_earned(shop, 500, occurred_at=f"2026-11-{day}T10:00:00Z") for day in (20, 23))

    assert [(one["old"].units, one["old"].version) for one in (before, after)] == [(10, 1), (20, 2)]


def test_a_transaction_of_a_bank_earns_by_its_merchant(shop: Shop) -> None:
    restaurants = {"f": "payload.mcc", "op": "in", "v": ["5812"]}
    _publish(shop, a_document("cb", a_credit("percent", bp=150), events=["bank.transaction"], when=restaurants))
    body = {"external_id": "B1", "occurred_at": "2026-11-20T09:30:00Z", "outlet": "S1", "amount": 33333}
    member = {"kind": "card", "value": "4276000012345678"}
    receipt = purchases.read_transaction({**body, "member": member, "currency": "EUR", "mcc": "5812", "merchant": "R"})

    (recorded,) = shop.record(receipt)

    assert isinstance(recorded, Recorded)
    assert {one.promotion: (one.units, one.lines) for one in recorded.awards}["cb"] == (499, {"1": 499})


def test_what_is_no_money_is_handed_over_in_the_same_transaction(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[Given] = []
    monkeypatch.setitem(granting.handlers, "badge.grant", got.extend)
    message = {"kind": "message.send", "template": "thanks"}
    _publish(shop, a_document("badge", {"kind": "badge.grant", "badge": "milk"}, message))

    _earned(shop, 500)

    assert [(one.member_id, one.promotion, one.version, one.kind, one.what["badge"]) for one in got] == [
        (shop.member.id, "badge", 1, "badge.grant", "milk")
    ]
    row = raw().execute("SELECT payload->'effect'->>'template' FROM outbox WHERE kind = 'message.send'").fetchall()
    assert row == [("thanks",)]


def test_a_member_is_remembered_where_a_promotion_asks(shop: Shop) -> None:
    first = {"f": "member.purchases", "op": "eq", "v": 0}
    spent = {"stat": "spend", "window": "P30D", "op": "gte", "v": 1500}
    _publish(
        shop,
        a_document("first", a_credit("fixed", points=100), when=first),
        a_document("loyal", a_credit("fixed", points=7), when=spent),
    )

    given = [set(_earned(shop, 1000)) - {"base"} for _ in range(3)]
    later = set(_earned(shop, 1000, occurred_at="2026-11-25T10:00:00Z")) - {"base"}

    assert given == [{"first"}, set(), {"loyal"}]
    assert later == {"loyal"}


def test_an_event_that_is_no_purchase_gives_what_promotions_say(shop: Shop) -> None:
    well = {"f": "payload.score", "op": "gte", "v": 8}
    _publish(shop, a_document("survey", a_credit("fixed", points=5), events=["survey"], when=well))
    member = {"kind": "card", "value": "4276000012345678"}
    bodies = [
        {"external_id": f"E{score}", "type": "survey", "occurred_at": "2026-11-20T09:30:00Z", "member": member}
        | {"attributes": {"score": score}}
        for score in (7, 9)
    ]

    recorded = purchases.record_events(shop.partner.id, [purchases.read_event(body) for body in bodies])

    assert [one.earned for one in recorded if isinstance(one, purchases.RecordedEvent)] == [{}, {shop.currency.id: 5}]
    assert isinstance(recorded[1], purchases.RecordedEvent)
    (told,) = purchases.tell_event(shop.partner.id, recorded[1].id)
    assert told.reason == "5 bonuses by the promotion “Five percent”."


def test_a_program_without_promotions_evaluates_nothing(shop: Shop) -> None:
    earned = _earned(shop, 500)

    assert list(earned) == ["base"]
    assert raw().execute("SELECT count(*) FROM evaluation").fetchone() == (0,)


def test_an_award_says_which_promotion_made_it(shop: Shop) -> None:
    _publish(shop, a_document("five"))
    earned = _earned(shop, 1000)

    told = [purchases.tell(shop.partner.id, earned["five"], language) for language in ("en", "ru")]

    assert [one.reason for one in told] == [
        "50 bonuses by the promotion “Five percent”.",
        "Бонусы: 50 по акции «Пять процентов».",
    ]


def _by_promotion(recorded: Recorded | purchases.Refused) -> dict[str, int]:
    assert isinstance(recorded, Recorded), recorded
    return {one.promotion: one.units for one in recorded.awards}


def _line(sku: str, **more: Any) -> dict[str, Any]:
    return {"no": 1, "sku": sku, "qty_m": 1000, "amount": 1000, **more}


@pytest.mark.parametrize(("occurred_at", "given"), [("2026-11-20T09:30:00Z", 0), (None, 10)])
def test_a_promotion_that_skips_late_receipts_gives_nothing_for_what_is_told_days_later(
    app: Flask, occurred_at: str | None, given: int
) -> None:
    shop = a_shop()
    promotions.publish(shop.program.id, [a_document("ten", a_credit("fixed", points=10), late="skip")], actor=ACTOR)

    (recorded,) = shop.record(a_receipt(500, occurred_at=occurred_at or clock.now().isoformat()))

    assert isinstance(recorded, Recorded)
    assert sum(one.units for one in recorded.awards if one.promotion == "ten") == given
    if not given:
        (told,) = purchases.explain(shop.partner.id, recorded.id).promotions
        assert (told.outcome, told.facts.get("why", "late")) == ("rejected", "late")
