"""Coupons with purchases: redeemed where they opened something, told in any case, given back by a whole return."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from coalition import promotions, purchases
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import TooMany
from coalition.kernel.laws import offending
from coalition.promotions import coupons, holdings
from coalition.purchases import Recorded
from tests.coalition.promotions.coupons.builders import a_batch, codes_of
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_return, a_shop, a_void, give_back


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose promotion gives ten points for a coupon of the batch `autumn`, from 5.00 on."""
    shop = a_shop()
    enough = {"f": "receipt.total", "op": "gte", "v": 500}
    ten = a_document("ten", a_credit("fixed", points=10), coupon="autumn", when=enough)
    promotions.publish(shop.program.id, [ten], actor=ACTOR)
    return shop


def _buy(shop: Shop, amount: int, *codes: str, **more: Any) -> Recorded:
    (recorded,) = shop.record(a_receipt(amount, coupons=list(codes), **more))
    assert isinstance(recorded, Recorded), recorded
    return recorded


def _outcomes(recorded: Recorded) -> list[str]:
    return [one.outcome for one in recorded.coupons]


def _units(recorded: Recorded) -> int:
    return sum(one.units for one in recorded.awards if one.promotion == "ten")


@contextmanager
def _acting(actor: str) -> Iterator[None]:
    before = audit.origin()
    audit.set_origin(audit.Origin(actor))
    yield
    audit.set_origin(before)


def _laws() -> list[str]:
    return [law.code for law in (*coupons.laws(), *holdings.laws()) if offending(law)]


def test_a_coupon_opens_its_promotion_once(shop: Shop) -> None:
    (code, *_) = codes_of(a_batch(shop.program))

    plain, first, second = _buy(shop, 500), _buy(shop, 500, coupons.spaced(code)), _buy(shop, 500, code)

    assert [_units(one) for one in (plain, first, second)] == [0, 10, 0]
    assert (plain.coupons, _outcomes(first), _outcomes(second)) == ((), ["redeemed"], ["coupon_used"])
    assert first.coupons[0].code == coupons.spaced(code)
    assert _laws() == []


def test_a_coupon_that_gave_nothing_can_be_used_again(shop: Shop) -> None:
    (code, *_) = codes_of(a_batch(shop.program))

    small, anonymous, good = _buy(shop, 499, code), _buy(shop, 500, code, member=None), _buy(shop, 500, code)

    assert [_outcomes(one) for one in (small, anonymous, good)] == [["idle"], ["idle"], ["redeemed"]]


def test_of_two_codes_for_one_promotion_one_is_used_and_a_wrong_one_stops_nothing(shop: Shop) -> None:
    first, second, *_ = codes_of(a_batch(shop.program))

    bought = _buy(shop, 500, "SALE10", first, second)

    assert (_units(bought), _outcomes(bought)) == (10, ["coupon_mistyped", "redeemed", "idle"])


def test_in_a_batch_of_receipts_the_first_one_has_the_coupon(shop: Shop) -> None:
    (code, *_) = codes_of(a_batch(shop.program))

    bought = shop.record(*(a_receipt(500, coupons=[code]) for _ in range(3)))

    assert sorted(_outcomes(one) for one in bought if isinstance(one, Recorded)) == [
        ["coupon_used"],
        ["coupon_used"],
        ["redeemed"],
    ]
    assert _laws() == []


def test_the_same_purchase_again_and_found_later_tells_the_same(shop: Shop) -> None:
    (code, *_) = codes_of(a_batch(shop.program))
    receipt = a_receipt(500, coupons=[code, "NEVER"])
    (first,) = shop.record(receipt)
    (again,) = shop.record(receipt)
    assert isinstance(first, Recorded)
    assert isinstance(again, Recorded)

    found = purchases.find(shop.partner.id, purchase_id=first.id)

    assert (again.replayed, found.coupons) == (True, first.coupons)
    assert _outcomes(found) == ["redeemed", "coupon_mistyped"]


@pytest.mark.parametrize("voided", [True, False])
def test_a_whole_return_gives_the_coupon_back_and_a_part_does_not(shop: Shop, voided: bool) -> None:
    (code, *_) = codes_of(a_batch(shop.program))
    bought = shop.record(a_receipt(1000, coupons=[code]))[0]
    assert isinstance(bought, Recorded)
    if not voided:
        give_back(shop, a_return(bought.id, {1: 400}))
        assert _outcomes(_buy(shop, 500, code)) == ["coupon_used"]

    give_back(shop, a_void(bought.id) if voided else a_return(bought.id, {1: 600}))

    assert _outcomes(_buy(shop, 500, code)) == ["redeemed"]
    assert _laws() == []


def test_a_coupon_that_a_returned_purchase_gave_is_void(shop: Shop) -> None:
    a_batch(shop.program, "thanks", kind="issued", wanted=0)
    thanks = a_document("gives", {"kind": "coupon.issue", "template": "thanks", "qty": 2, "expire_days": 30})
    promotions.publish(shop.program.id, [thanks], actor=ACTOR)
    bought = _buy(shop, 500, occurred_at=clock.now().isoformat())
    first, second = coupons.held(shop.member.id)
    assert {first.state, second.state} == {"usable"}

    give_back(shop, a_void(bought.id))

    assert {one.state for one in coupons.held(shop.member.id)} == {"void"}
    undone, given = holdings.given(shop.member.id)
    assert (given.name, undone.undoes, undone.what["lost"]) == ("thanks", given.id, 0)
    assert _laws() == []


def test_a_quote_keeps_the_last_use_for_its_receipt_however_often_it_is_asked(shop: Shop) -> None:
    (code, *_) = codes_of(a_batch(shop.program))
    receipt, growing = (a_receipt(amount, coupons=[code], external_id="Q-1") for amount in (500, 900))

    first, second = (purchases.quote(shop.partner.id, one) for one in (receipt, growing))
    other = _buy(shop, 500, code)
    own = shop.record(growing)[0]

    assert [one.coupons[0].refusal for one in (first, second)] == [None, None]
    assert _outcomes(other) == ["coupon_reserved"]
    assert isinstance(own, Recorded)
    assert (_outcomes(own), _units(own)) == (["redeemed"], 10)


def test_a_code_that_the_first_receipt_of_a_batch_leaves_is_there_for_the_second(shop: Shop) -> None:
    (code, *_) = codes_of(a_batch(shop.program))
    batch = [
        a_receipt(100, coupons=[code], occurred_at="2026-11-20T09:00:00Z"),
        a_receipt(500, coupons=[code], occurred_at="2026-11-20T09:01:00Z"),
        a_receipt(500, coupons=[code], occurred_at="2026-11-20T09:02:00Z"),
        a_receipt(500),
    ]

    first, second, third, plain = shop.record(*batch)

    assert all(isinstance(one, Recorded) for one in (first, second, third, plain))
    assert [_outcomes(one) for one in (first, second, third)] == [["idle"], ["redeemed"], ["coupon_used"]]  # type: ignore[arg-type]
    assert _laws() == []


def test_a_client_that_guesses_codes_has_to_wait_and_others_do_not(shop: Shop) -> None:
    (code, *_) = codes_of(a_batch(shop.program))
    with _acting("client:7"):
        for start in range(0, coupons.guessing.MISSES_MOST, 20):
            _buy(shop, 100, *(f"WRONG{number:03}" for number in range(start, start + 20)))

        assert _outcomes(_buy(shop, 500, code)) == ["coupon_braked"]
        with pytest.raises(TooMany) as refused:
            purchases.quote(shop.partner.id, a_receipt(500, coupons=[code]))
        assert _buy(shop, 500).coupons == ()
    with _acting("client:8"):
        assert _outcomes(_buy(shop, 500, code)) == ["redeemed"]

    assert refused.value.code == "too_many_guesses"
    assert 0 < refused.value.extra["retry_after_s"] <= 600


def test_a_brake_is_let_go_with_its_window_and_files_are_not_counted(shop: Shop) -> None:
    (code, *_) = codes_of(a_batch(shop.program))
    for actor in ("job:3", "client:7"):
        with _acting(actor):
            for start in range(0, coupons.guessing.MISSES_MOST, 20):
                _buy(shop, 100, *(f"WRONG{number:03}" for number in range(start, start + 20)))
    execute("UPDATE coupon_miss SET minute = minute - interval '11 minutes'")

    with _acting("client:7"):
        found = _outcomes(_buy(shop, 500, code))

    assert found == ["redeemed"]
    assert fetch_one("SELECT count(*) FROM coupon_miss WHERE client = 'job:3'")[0] == 0  # type: ignore[index]
