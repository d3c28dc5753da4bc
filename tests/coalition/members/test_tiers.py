"""Tiers: climbed at once, kept through the next period, lost by a job, and worth something at a till."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
import time_machine
from flask import Flask

from coalition import members, promotions
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Invalid
from coalition.kernel.laws import offending
from coalition.purchases import Recorded
from tests.coalition.members.builders import a_ladder, a_member
from tests.coalition.purchases.builders import CARD, Shop, a_receipt, a_shop

SPRING = dt.datetime(2026, 4, 10, 9, tzinfo=dt.UTC)


@pytest.fixture
def now(app: Flask) -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved."""
    with time_machine.travel(SPRING, tick=False) as traveller:
        yield traveller


def _a_club(months: int | None = None) -> Shop:
    """A shop whose members also earn one elite point for every euro."""
    shop = a_shop()
    known = a_ladder(shop.program, months=months)
    assert known.currency_id is not None
    promotions.create_base_rule(
        shop.program.id,
        shop.partner.id,
        known.currency_id,
        points=1,
        each_minor=100,
        name_en="Elite",
        name_ru="Элита",
        code="elite",
    )
    return shop


def _buy(shop: Shop, amount: int, at: dt.datetime | None = None, card: str = CARD) -> Recorded:
    when = (at or dt.datetime.now(dt.UTC)).isoformat().replace("+00:00", "Z")
    receipt = a_receipt(amount, occurred_at=when, member={"kind": "card", "value": card})
    (recorded,) = transact(lambda: shop.record(receipt))
    assert isinstance(recorded, Recorded)
    return recorded


def _tier(shop: Shop, member: members.Member | None = None) -> str:
    return members.get(shop.program.id, (member or shop.member).id).tier


def _lawful() -> bool:
    return [law.code for law in members.laws() if offending(law)] == []


def test_a_purchase_lifts_at_once_and_the_next_one_earns_by_the_new_tier(now: time_machine.Traveller) -> None:
    shop = transact(_a_club)

    _buy(shop, 9_900)
    assert _tier(shop) == "base"
    _buy(shop, 100)
    assert _tier(shop) == "silver"
    first = _buy(shop, 40_000)
    assert _tier(shop) == "gold"
    second = _buy(shop, 1_000)

    assert [award.units for award in first.awards] == [200, 400]
    assert [award.units for award in second.awards] == [7, 10]  # 5 bonuses and half as many; elite points as ever
    assert second.awards[0].reason_key == "base.per_amount_tier"
    events = fetch_all("SELECT payload FROM outbox WHERE kind = 'tier.changed' ORDER BY id")
    assert [(one.payload["from"], one.payload["to"]) for one in events] == [("base", "silver"), ("silver", "gold")]
    assert events[0].payload["until"] == "2027-12-31T22:00:00+00:00"
    assert _lawful()


def test_a_batch_lifts_everybody_in_it_once(now: time_machine.Traveller) -> None:
    shop = transact(_a_club)
    boris = transact(lambda: a_member(shop.program, shop.partner, card="77"))
    cards = [CARD, "77", CARD, "77", CARD]
    when = "2026-04-10T08:00:00Z"
    batch = [a_receipt(9_000, occurred_at=when, member={"kind": "card", "value": card}) for card in cards]

    transact(lambda: shop.record(*batch))

    assert (_tier(shop), _tier(shop, boris)) == ("silver", "silver")
    assert len(fetch_all("SELECT 1 FROM tier_change")) == 2
    assert _lawful()


@pytest.mark.parametrize(
    ("months", "last_good", "gone"),
    [
        (None, "2027-12-31T21:59:59", "2027-12-31T22:00:00"),  # midnight in Riga
        (3, "2026-07-10T20:59:59", "2026-07-10T21:00:00"),
        (12, "2027-04-10T20:59:59", "2027-04-10T21:00:00"),
    ],
)
def test_a_tier_lasts_through_the_period_after_its_own(
    now: time_machine.Traveller, months: int | None, last_good: str, gone: str
) -> None:
    shop = transact(lambda: _a_club(months))
    _buy(shop, 10_000)

    now.move_to(dt.datetime.fromisoformat(f"{last_good}+00:00"))
    assert transact(lambda: members.lapse(10)) == 0
    assert _tier(shop) == "silver"
    now.move_to(dt.datetime.fromisoformat(f"{gone}+00:00"))
    assert transact(lambda: members.lapse(10)) == 1

    assert _tier(shop) == "base"
    assert transact(lambda: members.lapse(10)) == 0
    assert _lawful()


def test_nobody_falls_further_than_what_was_reached_meanwhile(now: time_machine.Traveller) -> None:
    shop = transact(_a_club)
    _buy(shop, 50_000)
    now.move_to(dt.datetime(2027, 3, 1, tzinfo=dt.UTC))
    _buy(shop, 10_000)
    assert _tier(shop) == "gold"

    now.move_to(dt.datetime(2028, 1, 1, tzinfo=dt.UTC))
    transact(lambda: members.lapse(10))
    assert _tier(shop) == "silver"
    now.move_to(dt.datetime(2029, 1, 1, tzinfo=dt.UTC))
    transact(lambda: members.lapse(10))

    assert _tier(shop) == "base"
    assert _lawful()


def test_points_of_the_last_period_lift_nobody_in_this_one(now: time_machine.Traveller) -> None:
    shop = transact(_a_club)
    now.move_to(dt.datetime(2026, 12, 31, 12, tzinfo=dt.UTC))
    _buy(shop, 9_000)
    now.move_to(dt.datetime(2026, 12, 31, 22, 30, tzinfo=dt.UTC))  # half past midnight in Riga

    _buy(shop, 1_000)

    assert _tier(shop) == "base"


def test_the_job_goes_on_where_it_was_cut_off(now: time_machine.Traveller) -> None:
    shop = transact(_a_club)
    cards = [str(number) for number in range(100, 105)]
    for card in cards:
        transact(lambda card=card: a_member(shop.program, shop.partner, card=card))
        _buy(shop, 10_000, card=card)
    now.move_to(dt.datetime(2028, 1, 1, tzinfo=dt.UTC))

    chunks = [transact(lambda: members.lapse(2)) for _ in range(4)]

    assert chunks == [2, 2, 1, 0]
    assert _lawful()


def test_a_rule_may_be_for_some_tiers_alone(now: time_machine.Traveller) -> None:
    shop = transact(_a_club)
    transact(
        lambda: promotions.create_base_rule(
            shop.program.id,
            shop.partner.id,
            shop.currency.id,
            points=10,
            each_minor=1_000,
            name_en="Gold",
            name_ru="Золото",
            code="gold-only",
            tiers=["gold"],
        )
    )

    before = _buy(shop, 50_000)
    after = _buy(shop, 1_000)

    assert {award.promotion for award in before.awards} == {"base", "elite"}
    assert {award.promotion: award.units for award in after.awards} == {"base": 7, "elite": 10, "gold-only": 15}


def test_tiers_that_do_not_rise_or_are_left_out_are_refused(now: time_machine.Traveller) -> None:
    shop = transact(_a_club)
    known = members.ladder(shop.program.id)
    silver, gold = known.tiers
    assert known.currency_id is not None

    for tiers in ([silver], [gold, silver], [silver, gold, replace(gold, code="base", threshold=900)], []):
        with pytest.raises(Invalid):
            members.set_tiers(shop.program.id, known.currency_id, tiers)
    with pytest.raises(Invalid):
        members.set_tiers(shop.program.id, shop.currency.id, [silver, gold])
    again = members.set_tiers(shop.program.id, known.currency_id, [silver, replace(gold, threshold=600)], months=6)

    assert (again.months, [tier.threshold for tier in again.tiers]) == (6, [100, 600])
