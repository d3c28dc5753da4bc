"""Late and early receipts: what an offline till delivers is taken as long as the program accepts it."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

import pytest
from flask import Flask

from coalition import ledger, partners, programs, promotions, purchases
from coalition.kernel import clock
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Invalid
from coalition.partners import places
from coalition.purchases import Recorded, Refused
from coalition.purchases.recording.storing import Via
from coalition.purchases.suspense.suspending import accept
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


def _close(shop: Shop) -> None:
    """The shop's only outlet was closed an hour ago."""
    [outlet] = partners.list_outlets(shop.partner.id)
    places.close(shop.partner.id, outlet.code)
    execute("UPDATE outlet SET closed_at = closed_at - interval '1 hour' WHERE id = :id", {"id": outlet.id})


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """No outlet is believed for ten seconds."""
    monkeypatch.setattr(import_module("coalition.purchases.counter"), "_FRESH_S", 0.0)


def test_a_closed_outlet_sells_nothing_more_and_what_it_sold_before_still_comes(shop: Shop) -> None:
    transact(lambda: _close(shop))

    assert _codes(shop, _ago(minutes=70), _ago(minutes=0)) == ["recorded", "outlet_closed"]


def test_a_till_whose_clock_is_fast_loses_nothing_that_it_sold_before_the_closing(shop: Shop) -> None:
    transact(lambda: _close(shop))

    assert _codes(shop, _ago(minutes=52), _ago(minutes=48)) == ["recorded", "outlet_closed"]


@pytest.mark.usefixtures("forgetful")
def test_what_was_bought_before_the_closing_is_a_replay_and_an_outlet_opened_again_sells(shop: Shop) -> None:
    receipt = a_receipt(1000, occurred_at=_ago(minutes=0))
    transact(lambda: shop.record(receipt))
    transact(lambda: _close(shop))

    [again] = transact(lambda: purchases.record(shop.partner.id, [receipt]))

    assert isinstance(again, Recorded) and again.replayed
    assert _codes(shop, _ago(minutes=0)) == ["outlet_closed"]
    transact(lambda: places.reopen(shop.partner.id, receipt.outlet))
    assert _codes(shop, _ago(minutes=0)) == ["recorded"]


def test_nothing_is_quoted_for_a_closed_outlet(shop: Shop) -> None:
    transact(lambda: _close(shop))

    with pytest.raises(Invalid, match="closed"):
        transact(lambda: purchases.quote(shop.partner.id, a_receipt(1000, occurred_at=_ago(minutes=0))))


def test_a_receipt_for_a_member_who_may_come_does_not_wait_at_a_closed_outlet(shop: Shop) -> None:
    transact(lambda: _close(shop))
    receipt = a_receipt(1000, occurred_at=_ago(minutes=0), member={"kind": "card", "value": "7777 0001"})

    [refused] = transact(lambda: accept(shop.partner.id, [receipt], Via(None, None), hold=True))

    assert isinstance(refused, Refused)
    assert refused.refusal.code == "outlet_closed"
