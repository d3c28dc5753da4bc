"""Late and early receipts: what an offline till delivers is taken as long as the program accepts it."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from coalition import ledger, programs, promotions
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.purchases import Recorded, Refused
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    return transact(a_shop)


def _ago(**how_long: float) -> str:
    return (clock.now() - dt.timedelta(**how_long)).isoformat()


def _codes(shop: Shop, *ago: str) -> list[str]:
    results = transact(lambda: shop.record(*(a_receipt(1000, occurred_at=one) for one in ago)))
    return [one.refusal.code if isinstance(one, Refused) else "recorded" for one in results]


def test_receipts_are_taken_for_as_many_days_as_the_program_says(shop: Shop) -> None:
    transact(lambda: programs.change(shop.program.id, accept_late_days=30))

    assert _codes(shop, _ago(days=29, hours=23), _ago(days=30, minutes=1)) == ["recorded", "too_late"]


def test_a_clock_may_be_ten_minutes_fast_and_no_more(shop: Shop) -> None:
    assert _codes(shop, _ago(minutes=-9), _ago(minutes=-11)) == ["recorded", "in_the_future"]


def test_what_was_recorded_in_time_is_a_replay_however_late_it_is_sent_again(shop: Shop) -> None:
    receipt = a_receipt(1000, occurred_at=_ago(days=60))
    other = a_receipt(2000, external_id=receipt.external_id, occurred_at=_ago(days=60))
    transact(lambda: shop.record(receipt))
    transact(lambda: programs.change(shop.program.id, accept_late_days=30))

    again, conflict = transact(lambda: shop.record(receipt, other))

    assert isinstance(again, Recorded)
    assert again.replayed
    assert isinstance(conflict, Refused)
    assert conflict.refusal.code == "external_id_conflict"


def test_a_late_receipt_earns_by_the_rule_of_its_day_and_its_points_are_born_on_that_day(shop: Shop) -> None:
    transact(
        lambda: promotions.create_base_rule(
            shop.program.id,
            shop.partner.id,
            shop.currency.id,
            points=3,
            each_minor=200,
            name_en="Triple",
            name_ru="Тройные",
            valid_from=clock.now() - dt.timedelta(days=10),
        )
    )

    old, new = transact(
        lambda: shop.record(
            a_receipt(1000, occurred_at=_ago(days=20)), a_receipt(1000, occurred_at=_ago(days=5), member=None)
        )
    )

    assert isinstance(old, Recorded)
    assert [award.units for award in old.awards] == [5]
    assert isinstance(new, Recorded)
    assert new.awards == (), "a purchase without a member is kept and earns nothing"
    wallet = ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.WALLET, shop.member.id)
    born = programs.birth(shop.currency, old.occurred_at, shop.program.zone)
    assert [lot.expires_at for lot in ledger.lots(wallet)] == [born.expires_at]
