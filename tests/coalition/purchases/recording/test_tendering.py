"""Paying with points on the spot: what is debited, what it earns, the member's proof, and how much may be spent."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import ledger, members, partners, programs, purchases
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.laws import offending
from coalition.purchases import Recorded, Refused
from tests.coalition.purchases.builders import (
    Shop,
    a_body,
    a_hold,
    a_line,
    a_receipt,
    a_return,
    a_shop,
    a_void,
    bought,
    give_back,
    public_hold,
)

pytestmark = pytest.mark.usefixtures("session")


def test_a_redeem_payment_debits_points_in_the_same_transaction_and_earns_nothing_on_its_part() -> None:
    shop = _rich()

    (recorded,) = shop.record(a_receipt(1000, payments=[_redeem(300), {"kind": "card", "amount": 700}]))

    assert isinstance(recorded, Recorded)
    assert recorded.redeemed == ((300, shop.currency.id),)
    assert [award.units for award in recorded.awards] == [3]
    assert shop.available() == 500 - 300 + 3
    assert purchases.find(shop.partner.id, purchase_id=recorded.id).redeemed == recorded.redeemed
    assert _offences() == []


def test_money_becomes_points_at_face_value_rounded_up() -> None:
    from decimal import Decimal

    shop = _rich()
    programs.change_currency(shop.currency.id, face_minor=Decimal(3))

    (recorded,) = shop.record(a_receipt(1000, payments=[_redeem(100)]))

    assert isinstance(recorded, Recorded)
    assert recorded.redeemed == ((34, shop.currency.id),)


def test_nobody_pays_with_what_the_very_purchase_earns() -> None:
    shop = a_shop()

    refused = _refused(shop, a_body(100_000, payments=[_redeem(100)]))

    assert (refused.refusal.code, refused.refusal.extra["available"]) == ("insufficient_points", 0)
    assert _offences() == []


def test_a_refused_payment_leaves_nothing_and_its_external_id_free() -> None:
    shop = _rich()
    body = a_body(1000, payments=[_redeem(501)])

    refused = _refused(shop, body)
    (recorded,) = shop.record(purchases.read({**body, "payments": [_redeem(500)]}))

    assert refused.refusal.code == "insufficient_points"
    assert isinstance(recorded, Recorded)
    assert _offences() == []


def test_the_same_purchase_again_debits_nothing_more() -> None:
    shop = _rich()
    body = a_body(1000, payments=[_redeem(300, currency="BON")])
    (first,) = shop.record(purchases.read(body))

    again, other = shop.record(purchases.read(body), purchases.read({**body, "payments": [_redeem(299)]}))

    assert isinstance(first, Recorded)
    assert isinstance(again, Recorded)
    assert (again.id, again.replayed) == (first.id, True)
    assert isinstance(other, Refused)
    assert other.refusal.code == "external_id_conflict"
    assert shop.available() == 500 - 300 + 3


def test_a_hold_and_a_redemption_pay_together() -> None:
    shop = _rich()
    hold = public_hold(a_hold(shop, 200))

    purchase = bought(shop, a_body(1000, hold_id=hold, payments=[_redeem(100)]))
    done = give_back(shop, a_void(purchase))

    assert [one.units for one in done.restored] == [200, 100]
    assert done.refund == 700
    assert shop.available() == 500
    assert _offences() == []


def test_a_hold_and_a_redemption_together_pay_no_more_of_a_receipt_than_either_may() -> None:
    shop = _rich()
    programs.change_currency(shop.currency.id, spend_share_bp=3000)
    hold = public_hold(a_hold(shop, 200))

    refused = _refused(shop, a_body(1000, hold_id=hold, payments=[_redeem(101)]))
    (recorded,) = shop.record(a_receipt(1000, hold_id=hold, payments=[_redeem(100)]))

    assert (refused.refusal.code, refused.refusal.extra["limit"]) == ("limit_share", 300)
    assert isinstance(recorded, Recorded)


def test_redeemed_points_come_back_with_a_return() -> None:
    shop = _rich()
    purchase = bought(shop, a_body(1000, payments=[_redeem(300)]))

    half = give_back(shop, a_return(purchase, {1: 500}))
    rest = give_back(shop, a_return(purchase, {1: None}))

    assert [(one.restored[0].units, one.refund) for one in (half, rest)] == [(150, 350), (150, 350)]
    assert shop.available() == 500
    assert _offences() == []


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"member": None}, "member_required", "/member"),
        ({"payments": [{"kind": "redeem", "amount": 10, "currency": "XYZ"}]}, "unknown_currency", "/payments"),
        ({"proof": "12345678"}, "unknown_proof", "/proof"),
    ],
)
def test_points_that_cannot_pay_are_named(change: dict[str, Any], code: str, pointer: str) -> None:
    refused = _refused(_rich(), a_body(1000, payments=[_redeem(10)]) | change)

    assert refused.refusal.code == code
    assert [error.pointer for error in refused.refusal.errors] == [pointer]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"payments": [{"kind": "redeem", "amount": 0}]}, "/payments/0/amount"),
        ({"payments": [{"kind": "redeem", "amount": 5, "mcc": "5411"}]}, "/payments/0/mcc"),
        ({"payments": [{"kind": "card", "amount": 5, "currency": "BON"}]}, "/payments/0/currency"),
        ({"payments": [{"kind": "redeem", "amount": 5}], "points_paid": 5}, "/points_paid"),
        ({"payments": [{"kind": "redeem", "amount": 501}] * 2}, "/payments"),
        ({"payments": [{"kind": "redeem", "amount": 5}], "proof": 7}, "/proof"),
        ({"payments": [], "proof": "12345678"}, "/proof"),
    ],
)
def test_what_is_wrong_in_a_payment_is_named_by_its_pointer(change: dict[str, Any], pointer: str) -> None:
    from coalition.kernel.errors import Invalid

    with pytest.raises(Invalid) as refused:
        purchases.read(a_body(1000, **change))

    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_where_the_program_wants_it_a_fresh_proof_is_used_up_by_the_purchase_it_pays() -> None:
    shop = _rich()
    programs.change(shop.program.id, proof_policy="spend")
    proof = members.prove(shop.program.id, shop.member.id).code
    body = a_body(1000, payments=[_redeem(100)], proof=proof)

    without = _refused(shop, {**body, "proof": None})
    (recorded,) = shop.record(purchases.read(body))
    again = shop.record(purchases.read(body))[0]
    used = _refused(shop, {**body, "external_id": "another"})

    assert without.refusal.code == "proof_required"
    assert isinstance(recorded, Recorded)
    assert isinstance(again, Recorded)
    assert again.replayed
    assert used.refusal.code == "proof_used"
    assert isinstance(shop.record(a_receipt(1000))[0], Recorded)  # and none to earn


def test_a_file_of_wrong_proofs_is_braked_like_a_till(app: Flask) -> None:
    shop = transact(_rich)
    guesses = [a_receipt(1000, payments=[_redeem(1)], proof=f"{no:08}") for no in range(30)]

    results = transact(lambda: shop.record(*guesses))

    codes = [one.refusal.code for one in results if isinstance(one, Refused)]
    assert codes[0] == "unknown_proof"
    assert codes[-1] == "too_many_attempts"


def test_a_proof_whose_purchase_is_refused_is_good_again() -> None:
    shop = _rich()
    proof = members.prove(shop.program.id, shop.member.id).code

    refused = _refused(shop, a_body(1000, payments=[_redeem(600)], proof=proof))
    (recorded,) = shop.record(a_receipt(1000, payments=[_redeem(100)], proof=proof))

    assert refused.refusal.code == "insufficient_points"
    assert isinstance(recorded, Recorded)


@pytest.mark.parametrize(
    ("policies", "amount", "code", "extra"),
    [
        ({"spend_min": 100}, 99, "limit_min", {"limit": 100}),
        ({"spend_step": 50}, 120, "limit_step", {"limit": 50, "available": 100}),
        ({"spend_share_bp": 3000}, 301, "limit_share", {"limit": 300}),
        ({"spend_day_max": 250}, 251, "limit_day", {"limit": 250, "available": 250}),
        ({"spend_group_bp": {"tobacco": 0, "dairy": 5000}}, 301, "limit_group", {"limit": 300}),
        ({"spendable": False, "kind": "tier"}, 100, "currency_not_spendable", {}),
    ],
)
def test_a_limit_refuses_one_more_and_allows_what_it_says(
    policies: dict[str, Any], amount: int, code: str, extra: dict[str, int]
) -> None:
    shop = _rich()
    for group, sku in (("tobacco", "S1"), ("dairy", "S2")):
        partners.add_group(shop.program.id, group, name_en=group, name_ru=group)
        partners.assign(shop.partner.id, group, [sku])
    programs.change_currency(shop.currency.id, **policies)
    lines = [a_line(1, 600), a_line(2, 200), a_line(3, 200)]

    refused = _refused(shop, a_body(lines=lines, payments=[_redeem(amount)]))

    assert refused.refusal.code == code
    assert refused.refusal.extra == extra
    allowed = extra.get("available", extra.get("limit"))
    if allowed is not None:
        (recorded,) = shop.record(a_receipt(lines=lines, payments=[_redeem(allowed)]))
        assert isinstance(recorded, Recorded), recorded


def test_a_hold_pays_no_more_than_the_total_and_what_is_over_stays_held() -> None:
    shop = _rich()
    held = a_hold(shop, 200)

    (recorded,) = shop.record(a_receipt(50, hold_id=public_hold(held)))

    assert isinstance(recorded, Recorded), recorded
    assert recorded.captured == (50, shop.currency.id)
    assert ledger.get_hold(held.account_id, held.id).left == 150


def test_a_till_that_says_what_the_hold_replaced_has_all_of_it() -> None:
    shop = _rich()

    (recorded,) = shop.record(a_receipt(50, hold_id=public_hold(a_hold(shop, 200)), points_paid=50))

    assert isinstance(recorded, Recorded), recorded
    assert recorded.captured == (200, shop.currency.id)


def test_a_hold_does_not_pay_for_nothing() -> None:
    shop = _rich()

    refused = _refused(shop, a_body(0, hold_id=public_hold(a_hold(shop, 200))))

    assert refused.refusal.code == "more_than_total"


def test_a_hold_and_a_redemption_together_pay_no_more_than_the_total() -> None:
    shop = _rich()
    hold = public_hold(a_hold(shop, 200))

    refused = _refused(shop, a_body(299, hold_id=hold, payments=[_redeem(100)]))

    assert refused.refusal.code == "more_than_total"


def _wine_shop() -> tuple[Shop, programs.PromoAccount]:
    """A shop whose S1 is wine, and a member with bonuses, and 100 more for wine alone."""
    shop = a_shop()
    promo = programs.open_promo_account(
        shop.currency.id, "wine", name_en="Wine", name_ru="Вино", product_groups=["wine"]
    )
    partners.add_group(shop.program.id, "wine", name_en="Wine", name_ru="Вино")
    partners.assign(shop.partner.id, "wine", ["S1"])
    _credit(shop, 100, promo.id)
    shop.record(a_receipt(20_000))
    return shop, promo


def test_restricted_points_pay_first_where_they_may_and_nowhere_else() -> None:
    shop, promo = _wine_shop()

    purchase = bought(shop, a_body(lines=[a_line(1, 80), a_line(2, 500)], payments=[_redeem(120)]))

    (balance,) = ledger.balances(shop.program.id, shop.member.id)
    assert (balance.restricted, balance.available) == (((promo.id, 20),), 100 - 40 + 2)
    refused = _refused(shop, a_body(lines=[a_line(2, 500)], payments=[_redeem(63)]))
    assert (refused.refusal.code, refused.refusal.extra["available"]) == ("insufficient_points", 62)
    give_back(shop, a_void(purchase))
    assert ledger.balances(shop.program.id, shop.member.id)[0].restricted == ((promo.id, 100),)
    assert _offences() == []


def test_restricted_points_that_are_held_pay_no_other_receipt_than_they_may() -> None:
    shop, promo = _wine_shop()
    hold = public_hold(a_hold(shop, 120, eligible=[(promo.id, 80)]))

    other, less = (
        _refused(shop, a_body(lines=[a_line(2, 500)], hold_id=hold)),
        _refused(shop, a_body(lines=[a_line(1, 79), a_line(2, 500)], hold_id=hold)),
    )

    assert [one.refusal.code for one in (other, less)] == ["hold_elsewhere"] * 2
    assert bought(shop, a_body(lines=[a_line(1, 90), a_line(2, 500)], hold_id=hold, payments=[_redeem(15)]))
    (balance,) = ledger.balances(shop.program.id, shop.member.id)
    assert balance.restricted == ((promo.id, 10),), "90 in all, 80 of which the hold had"
    assert _offences() == []


def test_the_days_limit_counts_holds_and_gives_back_what_comes_back() -> None:
    shop = _rich()
    programs.change_currency(shop.currency.id, spend_day_max=300)
    a_hold(shop, 100)
    purchase = bought(shop, a_body(1000, payments=[_redeem(150)]))

    refused = _refused(shop, a_body(1000, payments=[_redeem(51)]))
    give_back(shop, a_void(purchase))

    assert (refused.refusal.code, refused.refusal.extra["available"]) == ("limit_day", 50)
    assert bought(shop, a_body(1000, payments=[_redeem(200)]))


def test_a_hold_cannot_pay_more_of_a_receipt_than_points_may() -> None:
    shop = _rich()
    programs.change_currency(shop.currency.id, spend_share_bp=2000)
    hold = public_hold(a_hold(shop, 300))

    refused = _refused(shop, a_body(1000, hold_id=hold))

    assert (refused.refusal.code, refused.refusal.extra["limit"]) == ("limit_share", 200)
    assert bought(shop, a_body(1500, hold_id=hold))


def _rich() -> Shop:
    """A shop whose member has 500 points."""
    shop = a_shop()
    shop.record(a_receipt(100_000))
    return shop


def _credit(shop: Shop, amount: int, restriction_id: int) -> None:
    """Points that pay in some places only."""
    wallet = ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.WALLET, shop.member.id)
    contra = ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.ADJUSTMENT, shop.entity.id)
    credit = ledger.Credit(
        account_id=wallet,
        contra_id=contra,
        amount=amount,
        occurred_at=clock.now(),
        program_id=shop.program.id,
        partner_id=shop.partner.id,
        currency_id=shop.currency.id,
        operation=ledger.Operation.ADJUSTMENT,
        external_id="promo",
        request_hash=b"promo",
        funding_id=ledger.funding([(shop.entity.id, 1)]),
        restriction_id=restriction_id,
    )
    ledger.post([credit])


def _redeem(amount: int, **more: Any) -> dict[str, Any]:
    return {"kind": "redeem", "amount": amount, **more}


def _refused(shop: Shop, body: dict[str, Any]) -> Refused:
    (answer,) = shop.record(purchases.read(body))
    assert isinstance(answer, Refused), answer
    return answer


def _offences() -> list[str]:
    return [law.code for law in (*purchases.laws(), *ledger.laws()) if offending(law)]
