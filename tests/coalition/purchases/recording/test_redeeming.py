"""How points may pay where a promotion has a say: at the till, from a hold, and in what a quote offers."""

from __future__ import annotations

from typing import Any

import pytest

from coalition import partners, programs, promotions, purchases
from coalition.kernel.errors import Invalid
from coalition.purchases import Recorded, Refused
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_hold, a_receipt, a_shop, public_hold

pytestmark = pytest.mark.usefixtures("session")
DAIRY = {"f": "category", "op": "eq", "v": "dairy"}


def test_a_promotion_lets_points_pay_more_of_a_receipt_than_the_currency_does() -> None:
    shop = _shop(_rule(share_bp=9_000), spend_share_bp=5_000)

    assert _pay(shop, 900, 1000) is None
    assert _pay(shop, 901, 1000) == ("limit_share", 900)


def test_points_pay_nothing_of_goods_that_a_promotion_leaves_out_and_all_of_the_others() -> None:
    shop = _shop(_rule(share_bp=0, where=DAIRY))

    assert _pay(shop, 400, 600, 400) is None
    assert _pay(shop, 401, 600, 400) == ("limit_group", 400)


def test_a_part_of_some_goods_is_rounded_down_and_told_in_the_quote() -> None:
    shop = _shop(_rule(share_bp=3_333, where=DAIRY))

    (offered,) = purchases.quote(shop.partner.id, a_receipt(601, 400)).spendable

    assert offered.units == 400 + 200
    assert _pay(shop, 600, 601, 400) is None
    assert _pay(shop, 601, 601, 400) == ("limit_group", 600)


def test_the_least_and_the_step_are_those_of_the_promotion() -> None:
    shop = _shop(_rule(min=200, step=50), spend_min=1)

    assert _pay(shop, 199, 1000) == ("limit_min", 200)
    assert _pay(shop, 225, 1000) == ("limit_step", 50)
    assert _pay(shop, 250, 1000) is None
    (offered,) = purchases.quote(shop.partner.id, a_receipt(990)).spendable
    assert offered.units == 950


def test_of_two_rules_the_first_by_priority_decides() -> None:
    low = a_document("low", _rule(share_bp=1_000), priority=1)
    high = a_document("high", _rule(share_bp=2_000), priority=2)
    shop = _shop(low, high)

    assert _pay(shop, 201, 1000) == ("limit_share", 200)


def test_a_rule_for_some_members_leaves_the_others_alone() -> None:
    gold = a_document("gold", _rule(share_bp=0), when={"f": "member.tier", "op": "eq", "v": "gold"})
    shop = _shop(gold)

    assert _pay(shop, 1000, 1000) is None


def test_a_hold_pays_within_the_rule_too() -> None:
    shop = _shop(_rule(share_bp=2_000))

    held = public_hold(a_hold(shop, 300))
    (refused,) = shop.record(a_receipt(1000, hold_id=held))
    (recorded,) = shop.record(a_receipt(2000, hold_id=held))

    assert isinstance(refused, Refused)
    assert (refused.refusal.code, refused.refusal.extra["limit"]) == ("limit_share", 200)
    assert isinstance(recorded, Recorded)


def test_a_rule_that_was_needed_is_explained_and_one_that_was_not_is_not_told() -> None:
    shop = _shop(_rule(share_bp=9_000))

    paid = _recorded(shop, a_body(1000, payments=[{"kind": "redeem", "amount": 100}]))
    plain = _recorded(shop, a_body(1000))

    assert [purchases.explain(shop.partner.id, one).promotions[0].outcome for one in (paid, plain)] == [
        "applied",
        "zero",
    ]


def test_a_rule_without_anything_to_say_is_refused_when_it_is_saved() -> None:
    shop = a_shop()

    with pytest.raises(Invalid) as refused:
        promotions.publish(shop.program.id, [a_document("none", {"kind": "points.redeem_rule"})], actor=ACTOR)

    assert [one.pointer for one in refused.value.errors] == ["/0/effects/0/share_bp"]


def _rule(**terms: Any) -> dict[str, Any]:
    return {"kind": "points.redeem_rule", **terms}


def _shop(*given: dict[str, Any], **policies: Any) -> Shop:
    """A shop with 5,000 points, whose first product is dairy; a rule stands for a promotion with it."""
    shop = a_shop()
    partners.classify(shop.partner.id, [partners.Item("S1", "food/dairy")])
    shop.record(a_receipt(1_000_000))
    if policies:
        programs.change_currency(shop.currency.id, **policies)
    documents = [one if "effects" in one else a_document("rule", one) for one in given]
    promotions.publish(shop.program.id, documents, actor=ACTOR)
    return shop


def _pay(shop: Shop, amount: int, *lines: int) -> tuple[str, Any] | None:
    """Pay with points: None, or the code of the refusal with its limit."""
    (found,) = shop.record(a_receipt(*lines, payments=[{"kind": "redeem", "amount": amount}]))
    return None if isinstance(found, Recorded) else (found.refusal.code, found.refusal.extra["limit"])


def _recorded(shop: Shop, body: dict[str, Any]) -> int:
    (found,) = shop.record(purchases.read(body))
    assert isinstance(found, Recorded)
    return found.id
