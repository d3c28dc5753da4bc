"""Limits while points are issued: purchases stay, awards beyond a limit do not, and what comes back frees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from coalition import partners, promotions, purchases
from coalition.kernel import laws
from coalition.kernel.db import execute, fetch_one, raw
from coalition.kernel.errors import Invalid
from coalition.partners import exposure
from coalition.partners.exposure import Limit, spreading
from tests.coalition.purchases.builders import Shop, a_receipt, a_return, a_shop, a_void, give_back
from tests.wire import statements

CENT = 10_000  # of the money's whole, in millionths


@pytest.fixture
def shop(app: Flask) -> Shop:
    return a_shop()


def capped(shop: Shop, points: int, *, policy: str = "decline") -> Limit:
    """A limit that is enough for so many points, at a cent and a tenth each."""
    limit = Limit(shop.entity.id, "credit", policy, points * 11_000, 11_000)
    exposure.set_limit(limit)
    return limit


def standing(shop: Shop) -> exposure.Standing:
    [found] = exposure.standings(shop.program.id)
    return found


def earned(shop: Shop, amount: int, **more: object) -> int:
    (recorded,) = shop.record(a_receipt(amount, **more))
    assert isinstance(recorded, purchases.Recorded)
    return sum(one.units for one in recorded.awards)


def test_awards_use_a_limit_until_it_is_reached_and_the_purchase_is_recorded_all_the_same(shop: Shop) -> None:
    capped(shop, 100)

    assert [earned(shop, 8_000), earned(shop, 8_000), earned(shop, 12_000), earned(shop, 200)] == [40, 40, 0, 1]

    assert shop.available() == 81
    assert standing(shop).used == 81 * 11_000
    assert standing(shop).declined == 1
    assert standing(shop).declined_at is not None


def test_a_declined_award_is_told_with_what_was_not_granted(shop: Shop) -> None:
    capped(shop, 10)
    receipt = a_receipt(4_000)
    (recorded,) = shop.record(receipt)
    assert isinstance(recorded, purchases.Recorded)

    [one] = recorded.declined

    assert (one.no, one.units, one.currency_id) == (1, 20, shop.currency.id)
    assert one.promotion
    assert purchases.find(shop.partner.id, external_id=receipt.external_id).declined == (one,)


def test_what_a_throttled_award_lacks_is_told_at_once_and_ever_after(shop: Shop) -> None:
    capped(shop, 50, policy="throttle")
    first, second = a_receipt(8_000), a_receipt(8_000)

    told = [one.declined for one in shop.record(first, second) if isinstance(one, purchases.Recorded)]

    assert [sum(one.units for one in lacking) for lacking in told] == [0, 30]
    found = [purchases.find(shop.partner.id, external_id=one.external_id).declined for one in (first, second)]
    assert found == told


def test_a_throttled_award_is_cut_to_what_still_fits(shop: Shop) -> None:
    capped(shop, 50, policy="throttle")

    assert [earned(shop, 8_000), earned(shop, 8_000)] == [40, 10]

    assert standing(shop).used == 50 * 11_000
    assert shop.available() == 50


def test_the_lines_of_a_throttled_award_sum_to_what_was_granted(shop: Shop) -> None:
    capped(shop, 10, policy="throttle")
    (recorded,) = shop.record(a_receipt(3_000, 5_000, 1_000))
    assert isinstance(recorded, purchases.Recorded)

    [award] = recorded.awards

    assert (award.units, sum(award.lines.values())) == (10, 10)
    give_back(shop, a_void(recorded.id))
    assert standing(shop).used == 0


def test_a_batch_fills_a_limit_award_by_award(shop: Shop) -> None:
    capped(shop, 100)

    recorded = shop.record(*[a_receipt(amount) for amount in (8_000, 16_000, 8_000, 4_000)])

    assert [sum(a.units for a in one.awards) for one in recorded if isinstance(one, purchases.Recorded)] == [
        40,
        0,
        40,
        20,
    ]
    assert standing(shop).used == 100 * 11_000


def test_what_a_return_takes_back_is_free_again_and_only_once(shop: Shop) -> None:
    capped(shop, 100)
    (recorded,) = shop.record(a_receipt(8_000, 12_000))
    assert isinstance(recorded, purchases.Recorded)
    request = a_return(recorded.id, {1: None})

    give_back(shop, request)
    give_back(shop, request)

    assert standing(shop).used == 60 * 11_000
    assert earned(shop, 8_000) == 40
    give_back(shop, a_return(recorded.id, {2: None}))
    assert standing(shop).used == 40 * 11_000


def test_what_was_paid_is_free_again_once(shop: Shop) -> None:
    capped(shop, 100)
    assert [earned(shop, 20_000), earned(shop, 200)] == [100, 0]

    assert exposure.free(shop.entity.id, "statement:1", 50 * 11_000)
    assert not exposure.free(shop.entity.id, "statement:1", 50 * 11_000)

    assert [earned(shop, 10_200), earned(shop, 10_000)] == [0, 50]


def test_the_funder_that_a_rule_names_is_the_one_that_is_limited(shop: Shop) -> None:
    other = a_shop(shop.program, "co-funder", card="4276000099999999")
    promotions.create_base_rule(
        shop.program.id,
        shop.partner.id,
        shop.currency.id,
        points=1,
        each_minor=100,
        name_en="More",
        name_ru="Ещё",
        code="more",
        funder_id=other.entity.id,
    )
    exposure.set_limit(Limit(other.entity.id, "credit", "decline", 10 * 11_000, 11_000))

    assert earned(shop, 4_000) == 20
    assert earned(shop, 1_000) == 5 + 10


def test_a_lowered_limit_declines_and_keeps_what_was_used(shop: Shop) -> None:
    limit = capped(shop, 100)
    earned(shop, 16_000)
    exposure.set_limit(replace(limit, cap=50 * 11_000))

    assert standing(shop).used == 80 * 11_000
    assert earned(shop, 200) == 0
    exposure.free(shop.entity.id, "payment", 40 * 11_000)
    assert standing(shop).used == 40 * 11_000
    assert [earned(shop, 2_200), earned(shop, 2_000)] == [0, 10]


def test_a_raised_limit_lets_through_and_a_lifted_one_lets_everything(shop: Shop) -> None:
    limit = capped(shop, 10)
    exposure.set_limit(replace(limit, cap=20 * 11_000))
    assert [earned(shop, 4_000), earned(shop, 200)] == [20, 0]

    assert exposure.lift(shop.entity.id)

    assert earned(shop, 200_000) == 1_000
    assert exposure.standings(shop.program.id) == []


def test_a_part_of_a_point_is_rounded_against_the_limit(shop: Shop) -> None:
    limit = Limit(shop.entity.id, "credit", "decline", 1, 3)

    assert [limit.amount(1, 0), limit.amount(1, 2), limit.amount(100, 2), limit.units(7, 0)] == [3, 1, 3, 2]


def test_a_limit_costs_one_statement_a_purchase_and_its_absence_none(shop: Shop, tmp_path: Path) -> None:
    def counted() -> int:
        shop.record(a_receipt(2_000))
        count, _ = statements(raw().pgconn, tmp_path / "wire", lambda: shop.record(a_receipt(2_000)))
        return count

    without = counted()
    capped(shop, 1_000)
    capped_count = counted()
    exposure.lift(shop.entity.id)

    assert [capped_count - without, counted() - without] == [1, 0]


def test_a_limit_that_there_is_not_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid):
        exposure.set_limit(Limit(shop.entity.id, "credit", "shrug", 1, 1))


def test_the_law_of_limits_sees_a_part_that_has_more_than_it_should(shop: Shop) -> None:
    capped(shop, 100)
    earned(shop, 8_000)
    assert [law.code for law in partners.laws() if laws.offending(law)] == []

    execute("UPDATE exposure_part SET available = available + 1 WHERE id = (SELECT min(id) FROM exposure_part)")

    assert [law.code for law in partners.laws() if laws.offending(law)] == ["X1"]


def test_parts_are_evened_out(shop: Shop) -> None:
    capped(shop, 64)
    execute("UPDATE exposure_part SET available = 0 WHERE id > (SELECT min(id) FROM exposure_part)")

    assert exposure.spread(shop.entity.id) > 0
    assert exposure.spread(shop.entity.id) == 0


def test_what_is_freed_while_a_limit_is_set_anew_is_not_lost(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """All parts are held then, so it makes a part of its own; here just after they were counted."""
    limit = capped(shop, 100)
    earned(shop, 16_000)

    def counted(query: str, params: dict[str, object]) -> object:
        row = fetch_one(query, params)
        execute("INSERT INTO exposure_freeing VALUES (:id, 'payment', :n)", {"id": shop.entity.id, "n": 11_000})
        execute("INSERT INTO exposure_part (legal_entity_id, available) VALUES (:id, 11000)", {"id": shop.entity.id})
        return row

    with monkeypatch.context() as patch:
        patch.setattr(spreading, "fetch_one", counted)
        exposure.set_limit(replace(limit, cap=200 * 11_000))

    assert standing(shop).used == 79 * 11_000
