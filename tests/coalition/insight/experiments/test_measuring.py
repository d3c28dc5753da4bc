"""An experiment counts every member of the audience, and finds the effect that there is."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from coalition import insight
from coalition.kernel.db import raw
from coalition.kernel.errors import NotFound
from coalition.promotions.engine.gating import stable_bucket
from tests.coalition.insight.builders import a_stocked_shop
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt

pytestmark = pytest.mark.usefixtures("session")
FIRST, LAST = dt.date(2026, 11, 1), dt.date(2026, 11, 30)
Crowd = tuple[Shop, dict[int, str]]


def _tested(**audience: Any) -> dict[str, Any]:
    return a_document("test", a_credit(bp=500), audience={"control_bp": 5_000, **audience})


def _crowd(*documents: dict[str, Any], count: int = 80) -> Crowd:
    """A shop and members who were enrolled in October, with their cards.

    Chance tells who is held back: of 160 as good as never fewer than the thirty that an interval needs.
    """
    shop = a_stocked_shop(*documents)
    cards = [f"42760001{number:08}" for number in range(count)]
    members = {a_member(shop.program, shop.partner, card=card).id: card for card in cards}
    raw().execute("UPDATE member SET enrolled_at = '2026-10-01' WHERE id = ANY(%s)", (list(members),))
    return shop, members


def _buy(crowd: Crowd, amount: Callable[[bool, int], int]) -> None:
    """A receipt of each member for whom `amount` (of the control group, place) is something."""
    shop, members = crowd
    receipts = []
    for place, (member_id, card) in enumerate(members.items()):
        minor = amount(stable_bucket(str(member_id), "test") < 5_000, place)
        receipts += [a_receipt(minor, member={"kind": "card", "value": card})] if minor else []
    shop.record(*receipts)


def test_members_without_a_receipt_count_as_nothing() -> None:
    crowd = _crowd(_tested())
    _buy(crowd, lambda held_back, place: 1_000 if place % 2 else 0)

    found = insight.measure(crowd[0].program.id, "test", FIRST, LAST)

    spent, receipts, bought = found.measured
    assert spent.treated.count + spent.control.count == 80
    assert (spent.treated.total + spent.control.total, receipts.treated.total + receipts.control.total) == (40_000, 40)
    assert [one.figure for one in found.measured] == list(insight.FIGURES)
    assert bought.treated.squares == bought.treated.total


def test_an_effect_that_is_there_is_found_and_told_in_money() -> None:
    crowd = _crowd(_tested(), count=160)
    _buy(crowd, lambda held_back, place: 1_000 + place if held_back else 2_000 + place)

    found = insight.measure(crowd[0].program.id, "test", FIRST, LAST)

    spent = found.measured[0]
    assert spent.uplift is not None and spent.uplift.proven
    assert 950 < spent.uplift.difference < 1_050 and found.gained == spent.uplift.difference * spent.treated.count
    # five percent of what the treated paid, at a cent a point, and nothing of what the others paid
    assert found.cost <= Decimal(spent.treated.total) / 20 < found.cost + spent.treated.count


def test_no_effect_proves_nothing() -> None:
    crowd = _crowd(_tested(), count=160)
    prices = {held_back: itertools.cycle(range(1_000, 1_100, 10)) for held_back in (True, False)}  # the same in both
    _buy(crowd, lambda held_back, place: next(prices[held_back]))

    spent = insight.measure(crowd[0].program.id, "test", FIRST, LAST).measured[0]

    assert spent.uplift is not None and not spent.uplift.proven


def test_a_small_group_gives_no_interval() -> None:
    crowd = _crowd(_tested(), count=20)
    _buy(crowd, lambda held_back, place: 1_000 + place)

    assert [one.uplift for one in insight.measure(crowd[0].program.id, "test", FIRST, LAST).measured] == [None] * 3


def test_only_the_audience_counts_and_only_those_enrolled_before() -> None:
    crowd = _crowd(_tested(segments_none=["staff"]))
    shop, members = crowd
    late, *_ = members
    raw().execute("UPDATE member SET enrolled_at = '2026-11-10' WHERE id = %s", (late,))

    assert sum(group.count for group in _groups(shop)) == 79
    crowd = _crowd(_tested(segments_any=["vip"]), count=5)
    assert sum(group.count for group in _groups(crowd[0])) == 0


def test_a_promotion_without_a_control_group_is_no_experiment() -> None:
    shop, _ = _crowd(a_document("plain"), _tested(), count=1)

    assert [one["id"] for one in insight.experiments(shop.program.id)] == ["test"]
    with pytest.raises(NotFound):
        insight.measure(shop.program.id, "plain")


def _groups(shop: Shop) -> tuple[insight.Sample, insight.Sample]:
    spent = insight.measure(shop.program.id, "test", FIRST, LAST).measured[0]
    return spent.treated, spent.control
