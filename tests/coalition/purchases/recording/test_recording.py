"""Recording purchases: what is earned, what a repetition means, what is refused, and paying with held points."""

from __future__ import annotations

import pytest

from coalition import ledger, purchases
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.laws import offending
from coalition.purchases import Recorded, Refused
from tests.coalition.purchases.builders import a_body, a_hold, a_receipt, a_shop, public_hold

pytestmark = pytest.mark.usefixtures("session")


def test_a_purchase_earns_by_the_base_rule_line_by_line_and_says_why() -> None:
    shop = a_shop()

    (recorded,) = shop.record(a_receipt(899, 455, 4590))

    assert isinstance(recorded, Recorded)
    (award,) = recorded.awards
    assert (award.units, award.lines) == (29, {"1": 4, "2": 2, "3": 23})
    assert recorded.total == 5944
    assert purchases.tell(shop.partner.id, award).reason == "29 bonuses for 59.44 EUR of purchases (1 per 2.00 EUR)."
    assert (
        purchases.tell(shop.partner.id, award, "ru").reason
        == "Бонусы: 29 за покупки на 59,44 EUR (1 за каждые 2,00 EUR)."
    )
    assert shop.available() == 29


def test_the_points_are_issued_and_funded_by_the_outlets_legal_entity() -> None:
    shop = a_shop()
    shop.record(a_receipt(1000))

    row = fetch_one("SELECT party_id, counter_kind, counter_owner, points FROM ledger_movements")

    assert row is not None
    assert tuple(row) == (shop.entity.id, 2, shop.entity.id, 5)


def test_the_same_purchase_again_is_a_replay_and_another_under_its_name_a_conflict() -> None:
    shop = a_shop()
    body = a_body(1000)
    (first,) = shop.record(purchases.read(body))

    again, other = shop.record(purchases.read(body), purchases.read({**body, "channel": "online"}))

    assert isinstance(first, Recorded)
    assert isinstance(again, Recorded)
    assert again.replayed
    assert again.id == first.id
    assert isinstance(other, Refused)
    assert other.refusal.code == "external_id_conflict"
    assert purchases.find(shop.partner.id, external_id=body["external_id"]).awards == first.awards
    assert shop.available() == 5


def test_a_batch_comes_to_the_same_as_its_purchases_one_by_one() -> None:
    shop, twin = a_shop(), a_shop()
    bodies = [a_body(100 * at, 37 * at) for at in range(1, 40)]
    bodies += [bodies[3], {**bodies[4], "channel": "app"}, a_body(10, outlet="nowhere")]
    receipts = [purchases.read(body) for body in bodies]

    together = shop.record(*receipts)
    apart = [twin.record(receipt)[0] for receipt in receipts]

    assert [_essence(one) for one in together] == [_essence(one) for one in apart]
    assert shop.available() == twin.available()
    assert [law.code for law in purchases.laws() if offending(law)] == []


def test_an_anonymous_purchase_is_kept_and_earns_nothing() -> None:
    shop = a_shop()

    (recorded,) = shop.record(a_receipt(1000, member=None))

    assert isinstance(recorded, Recorded)
    assert (recorded.member_id, recorded.awards, recorded.total) == (None, (), 1000)
    assert len(fetch_all("SELECT 1 FROM purchase_line WHERE purchase_id = :id", {"id": recorded.id})) == 1


def test_zero_totals_zero_lines_and_lines_without_quantity_are_kept_and_earn_nothing() -> None:
    shop = a_shop()
    body = a_body(0, 5000, 700)
    body["lines"][1]["qty_m"] = 0
    del body["lines"][2]["qty_m"]

    zero, mixed = shop.record(a_receipt(0), purchases.read(body))

    assert isinstance(zero, Recorded)
    assert isinstance(mixed, Recorded)
    assert (zero.total, zero.awards) == (0, ())
    assert (mixed.total, mixed.awards) == (5700, ())


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"outlet": "S9"}, "unknown_outlet", "/outlet"),
        ({"currency": "USD"}, "unknown_currency", "/currency"),
        ({"member": {"kind": "card", "value": "0000"}}, "unknown_member", "/member"),
    ],
)
def test_a_refused_receipt_leaves_nothing_and_its_external_id_free(
    change: dict[str, object], code: str, pointer: str
) -> None:
    shop = a_shop()
    body = a_body(1000)

    (refused,) = shop.record(purchases.read({**body, **change}))
    (recorded,) = shop.record(purchases.read(body))

    assert isinstance(refused, Refused)
    assert refused.refusal.code == code
    assert refused.refusal.errors[0].pointer == pointer
    assert isinstance(recorded, Recorded)
    assert not recorded.replayed


def test_a_hold_is_captured_as_tender_and_what_points_paid_earns_nothing() -> None:
    shop = a_shop()
    shop.record(a_receipt(100_000))
    hold = a_hold(shop, 300)

    (recorded,) = shop.record(a_receipt(1000, hold_id=public_hold(hold)))

    assert isinstance(recorded, Recorded)
    assert recorded.captured == (300, shop.currency.id)
    assert [award.units for award in recorded.awards] == [3]  # 10.00 less 3.00 paid by 300 BON at one cent
    assert ledger.get_hold(hold.account_id, hold.id).state == "captured"
    assert shop.available() == 500 - 300 + 3
    assert [law.code for law in (*purchases.laws(), *ledger.laws()) if offending(law)] == []


def test_a_hold_that_cannot_pay_refuses_the_purchase_and_nothing_of_it_stays() -> None:
    shop, other = a_shop(), a_shop()
    shop.record(a_receipt(100_000))
    hold = a_hold(shop, 300)
    ledger.release((hold.account_id, hold.id), external_id="x", partner_id=shop.partner.id, request_hash=b"release")
    foreign = other.record(a_receipt(1000, hold_id=public_hold(hold)))
    body = a_body(1000, hold_id=public_hold(hold))

    closed, fine = shop.record(purchases.read(body), a_receipt(1000))

    assert [one.refusal.code for one in (*foreign, closed) if isinstance(one, Refused)] == [
        "unknown_hold",
        "hold_closed",
    ]
    assert isinstance(fine, Recorded)
    assert fetch_one("SELECT 1 FROM purchase WHERE external_id = :id", {"id": body["external_id"]}) is None


def _essence(one: Recorded | Refused) -> object:
    if isinstance(one, Refused):
        return one.external_id, one.refusal.code
    return one.external_id, one.total, one.replayed, [(award.units, award.lines) for award in one.awards]
