"""Back-tests of receipts in memory: every figure follows from single receipts, and all ways of summing agree."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.insight.backtests.budgets import Spent, shared
from coalition.insight.backtests.figures import read, taken
from coalition.insight.backtests.people import Top
from coalition.insight.backtests.seen import DISCOUNTS
from coalition.insight.backtests.sums import OF_AWARDS, OF_RECEIPTS, Pair, Sums, worth
from coalition.promotions import engine
from tests.coalition.insight.backtests.builders import DAY, FACES, a_purchase, a_side, a_tally
from tests.coalition.promotions.engine.builders import a_credit, a_discount, a_promotion

ONE_PERCENT = a_promotion(a_credit(bp=100), id="one")
DAIRY = {"f": "category", "op": "eq", "v": "dairy"}
FIVE_ON_DAIRY = a_promotion(a_credit(bp=500, where=DAIRY), id="dairy")


def test_a_draft_is_told_beside_what_is_in_force() -> None:
    tally = a_tally(a_side(ONE_PERCENT), a_side(ONE_PERCENT, FIVE_ON_DAIRY))

    plain = tally.add(*a_purchase(1, 20_000))
    milk = tally.add(*a_purchase(2, 40_000, category="dairy", member=2))

    assert (plain, [(one.active, one.draft) for one in milk]) == ([], [(4, 24)])
    assert tally.sums.total("BON") == Pair(6, 26)
    assert tally.sums.along("promotion") == {("dairy", "BON"): Pair(0, 20), ("one", "BON"): Pair(6, 6)}
    assert (tally.receipts, tally.changed, tally.rewarded) == (2, 1, [2, 2])
    assert (tally.members(), tally.people.touched()) == (Pair(2, 2), 1)
    assert tally.people.top() == [Top(2, 400_000_000, 2_400_000_000)]
    assert tally.people.quantiles()[5_000] == 0 and tally.people.quantiles()[10_000] == 2_000_000_000


purchases = st.lists(
    st.tuples(
        st.integers(0, 60_000),
        st.integers(1, 4),
        st.integers(0, 3),
        st.integers(1, 3),
        st.sampled_from(("base", "gold")),
        st.sampled_from(("dairy", "food")),
    ),
    min_size=1,
    max_size=12,
)


@given(purchases)
def test_the_sums_along_every_dimension_come_to_the_same(bought: list[tuple[int, int, int, int, str, str]]) -> None:
    payers = {"one": [(1, 1)], "dairy": [(1, 2), (2, 1), (3, 4)]}
    limited = FIVE_ON_DAIRY | {"limits": [{"metric": "units", "per": "promotion", "period": "day", "value": 30}]}
    sides = [
        a_side(*rules, payers=lambda promotion, seen: payers[promotion])
        for rules in ([ONE_PERCENT], [ONE_PERCENT, limited])
    ]
    tally = a_tally(*sides)
    differing: Counter[str] = Counter()

    for number, (amount, member, day, partner, tier, category) in enumerate(bought):
        where = {"member": member, "day": day, "partner": partner, "outlet": partner * 10, "tier": tier}
        for one in tally.add(*a_purchase(number, amount, category=category, **where)):
            differing[one.currency] += one.draft - one.active

    total = tally.sums.total("BON")
    for dimension in (*OF_RECEIPTS, *OF_AWARDS):
        along = tally.sums.along(dimension).values()
        assert Pair(sum(one.active for one in along), sum(one.draft for one in along)) == total
    assert differing["BON"] == total.difference
    assert sum(one.draft - one.active for one in tally.people.top()) == total.difference * FACES["BON"]


def test_what_was_summed_is_read_back_as_it_was_stored() -> None:
    tally = a_tally(a_side(ONE_PERCENT), a_side(ONE_PERCENT))
    tally.add(*a_purchase(1, 20_000))

    again = Sums.read(tally.sums.stored())

    assert again.stored() == tally.sums.stored() and again.currencies() == ["BON"]
    assert worth(again.along("tier"), FACES) == {"base": Pair(200_000_000, 200_000_000)}
    assert worth(again.along("tier"), {}) == {"base": Pair(0, 0)}


def test_a_shared_budget_tells_the_day_on_which_it_was_gone() -> None:
    budget = ONE_PERCENT | {"limits": [{"metric": "units", "per": "promotion", "period": "month", "value": 5}]}
    tally = a_tally(draft := a_side(), draft := a_side(budget))

    for day in range(4):
        tally.add(*a_purchase(day, 20_000, member=day, day=day))

    gone = Spent("one/units/promotion:*/month:2026-11", 5, 5, DAY + dt.timedelta(days=2))
    assert draft.budgets.spent() == [gone]
    assert tally.sums.total("BON").draft == 5


def test_a_budget_of_each_store_is_told_by_store() -> None:
    budget = ONE_PERCENT | {"limits": [{"metric": "units", "per": "store", "period": "day", "value": 3}]}
    tally = a_tally(a_side(), draft := a_side(budget))
    event, seen = a_purchase(1, 40_000)

    tally.add({**event, "store": {"id": "shop/S1"}}, seen)

    assert draft.budgets.spent() == [Spent("one/units/store:shop/S1/day:2026-11-18", 3, 3, DAY)]


@pytest.mark.parametrize(
    ("per", "matters"), [("promotion", True), ("store", True), ("household", True), ("member", False)]
)
def test_the_order_of_members_matters_where_they_share_a_limit(per: str, matters: bool) -> None:
    limit = {"metric": "units", "per": per, "period": "month", "value": 5}

    promotions = [engine.promotion(ONE_PERCENT), engine.promotion(ONE_PERCENT | {"id": "two", "limits": [limit]})]

    assert shared(promotions) is matters


def test_rewards_above_the_margin_and_above_the_price_raise_an_alarm() -> None:
    generous = a_promotion(a_credit("fixed", points=30), id="gift")
    tally = a_tally(a_side(), a_side(generous), margin_bp=3_000)

    for number, amount in enumerate((1_000_000, 10_000, 9_000, 2_000), start=1):
        tally.add(*a_purchase(number, amount))

    assert (tally.alarms.above_margin, tally.alarms.above_spend) == (2, 1)
    assert [(one.purchase_id, one.paid, one.reward) for one in tally.alarms.worst()] == [
        (4, 2_000, 3_000_000_000),
        (3, 9_000, 3_000_000_000),
    ]


def test_discounts_and_what_is_no_money_are_counted_beside_the_points() -> None:
    badge = {"kind": "badge.grant", "badge": "first"}
    coupon = {"kind": "coupon.issue", "template": "t", "qty": 2}
    tally = a_tally(a_side(), a_side(a_promotion(a_discount(bp=1_000), badge, coupon, id="off")))

    tally.add(*a_purchase(1, 20_000))

    assert tally.sums.along("funder") == {("1", DISCOUNTS): Pair(0, 2_000)}
    assert tally.gifts == {("off", "badge.grant"): [0, 1], ("off", "coupon.issue"): [0, 2]}
    assert tally.people.top() == [Top(1, 0, 2_000_000_000)]


def test_the_figures_are_read_back_as_they_were_kept() -> None:
    limit = {"metric": "units", "per": "promotion", "period": "day", "value": 1}
    badge = {"kind": "badge.grant", "badge": "first"}
    draft = a_promotion(a_credit(bp=2_000), badge, id="much", limits=[limit])
    tally = a_tally(a_side(ONE_PERCENT), a_side(draft), margin_bp=1)
    for number in range(3):
        tally.add(*a_purchase(number, 20_000, member=number))
    figures = taken(tally)

    again = read(json.loads(json.dumps(figures.stored())))

    assert again.stored() == figures.stored()
    assert (again.total(), again.budgets, again.worst) == (figures.total(), figures.budgets, figures.worst)
    assert again.total() == Pair(600_000_000, 100_000_000) and len(again.worst) == 1 and again.budgets[0].gone_on == DAY
