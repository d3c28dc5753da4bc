"""Back-tests of receipts that are stored: asked for, made by a job, cancelled, and the same however they are read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from coalition import insight, partners, purchases
from coalition.insight.backtests.sharing import shares
from coalition.insight.backtests.sums import Pair
from coalition.kernel import jobs
from coalition.kernel.db import raw
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.ledger import funding
from tests.coalition.insight.builders import FIRST, HALF_A_PERCENT, LAST, a_stocked_shop, bought, on_dairy, tried
from tests.coalition.promotions.publishing.builders import a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_return, give_back

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def shop() -> Shop:
    """Three receipts of two members in November, and one of October."""
    shop = a_stocked_shop(HALF_A_PERCENT)
    bought(shop, 2_000, 1_000, day=20)
    bought(shop, 10_000, day=21, card=1)
    bought(shop, 500, 400, day=21)
    return shop


def test_a_back_test_is_asked_for_and_made_in_the_background(shop: Shop) -> None:
    days = {"since": FIRST, "until": LAST}
    number = insight.ask(shop.program.id, [on_dairy(sponsor={"partner": "sponsor", "share_bp": 10_000})], **days)

    jobs.run_due()

    made, stored = insight.get(number), insight.figures(number)
    assert (made.state, made.done, made.total, made.watched, made.title) == ("done", 3, 3, ["dairy"], "dairy")
    assert stored is not None
    told = insight.read(stored)
    sponsor = partners.entities_of(partners.by_code(shop.program.id, "sponsor").id)[0]
    # half a percent: 15 + 50 + 4; dairy: 100 + 500 + 25
    assert told.sums.total("BON") == Pair(69, 69 + 625)
    assert told.sums.along("funder") == {
        (str(shop.entity.id), "BON"): Pair(69, 69),
        (str(sponsor.id), "BON"): Pair(0, 625),
    }
    assert told.sums.along("day") == {("2026-11-20", "BON"): Pair(15, 115), ("2026-11-21", "BON"): Pair(54, 579)}
    assert (told.receipts, told.turnover, told.changed, told.touched) == (3, 13_900, 3, 2)
    assert told.total() == Pair(69_000_000, 694_000_000) and insight.minor(told.total().difference) == 625
    page = insight.differences(number, None, 2)
    assert [(one.active, one.draft) for one in page.items] == [(50, 550), (15, 115)]
    assert [one.draft for one in insight.differences(number, page.next_cursor, 2).items] == [29]


@pytest.mark.parametrize(("size", "part"), [(1, 1), (2, 2), (100, 100)])
def test_blocks_and_parts_change_no_figure(shop: Shop, size: int, part: int) -> None:
    bought(shop, 30_000, day=22, card=1)
    daily = {"metric": "units", "per": "member", "period": "month", "value": 700}

    told = tried(shop, on_dairy(limits=[daily]), size=size, part=part)

    assert told.sums.total("BON") == Pair(219, 219 + 125 + 700)
    assert told.stored() == tried(shop, on_dairy(limits=[daily])).stored()


def test_a_budget_that_all_share_is_spent_in_the_order_of_recording(shop: Shop) -> None:
    budget = {"metric": "units", "per": "promotion", "period": "life", "value": 400}

    told = tried(shop, on_dairy(limits=[budget]), size=1, part=1)

    assert told.sums.along("day")["2026-11-21", "BON"].difference == 300
    assert [(one.used, one.gone_on) for one in told.budgets] == [(400, dt.date(2026, 11, 21))]


def test_a_limit_that_rolls_forgets_what_lies_before_its_window(shop: Shop) -> None:
    rolling = {"metric": "units", "per": "member", "period": "rolling:P2D", "value": 120}
    for day in (22, 23):
        bought(shop, 10_000, day=day)

    told = tried(shop, on_dairy(limits=[rolling]))

    gained = {key[0]: both.difference for key, both in told.sums.along("day").items()}
    # the first member: 100 on the 20th; 20 of 25 on the 21st; 100 on the 22nd (20 were used); 20 on the 23rd
    assert gained == {"2026-11-20": 100, "2026-11-21": 20 + 120, "2026-11-22": 100, "2026-11-23": 20}


def test_base_points_that_were_granted_are_what_a_multiplier_multiplies(shop: Shop) -> None:
    triple = a_document("triple", a_credit("multiply", x_bp=30_000))

    told = tried(shop, triple)

    # base: a point for every full 2.00: 15, 50 and 4
    assert told.sums.along("promotion")["triple", "BON"] == Pair(0, 2 * 69)


def test_the_margin_is_compared_with_everything_that_a_receipt_brings(shop: Shop) -> None:
    told = tried(shop, on_dairy(bp=1_000), margin_bp=1_000)

    # base 0.5 %, half 0.5 %, dairy 10 %: above the margin is only the receipt of nothing but milk
    assert (told.above_margin, told.above_spend) == (1, 0)
    assert [one.paid for one in told.worst] == [10_000]


def test_what_the_program_does_not_have_is_not_granted(shop: Shop) -> None:
    nowhere = a_document("nowhere", {**a_credit(bp=900), "account": "no-such-account"})

    assert tried(shop, nowhere).sums.total("BON") == Pair(69, 69)


def test_discounts_count_only_as_if_receipts_had_been_quoted(shop: Shop) -> None:
    off = a_document("off", {"kind": "discount", "calc": {"type": "percent", "bp": 1_000}})

    assert tried(shop, off).sums.total(insight.DISCOUNTS) == Pair(0, 0)
    assert tried(shop, off, quoted=True).sums.total(insight.DISCOUNTS) == Pair(0, 1_390)


def test_a_cancelled_back_test_ends_without_figures(shop: Shop) -> None:
    number = insight.ask(shop.program.id, [on_dairy()], since=FIRST, until=LAST)

    insight.cancel(number)
    jobs.run_due()

    assert (insight.get(number).state, insight.figures(number)) == ("cancelled", None)
    assert insight.differences(number, None, 10).items == []
    with pytest.raises(Conflict):
        insight.cancel(number)
    with pytest.raises(NotFound):
        insight.cancel(number + 1)


def test_a_back_test_whose_worker_died_is_said_to_have_failed(shop: Shop) -> None:
    number = insight.ask(shop.program.id, [on_dairy()], since=FIRST, until=LAST)
    raw().execute("UPDATE job SET state = 'dead' WHERE id = %s", (insight.get(number).job_id,))

    assert insight.fail_orphans() == 1

    assert (insight.get(number).state, insight.get(number).error) == ("failed", "worker_died")


def test_everything_that_is_wrong_with_a_question_is_named(shop: Shop) -> None:
    with pytest.raises(Invalid) as refusal:
        insight.ask(shop.program.id, [on_dairy(group="no")], since=LAST, until=FIRST, margin_bp=-1, redeemed_bp=20_000)

    pointers = [one.pointer for one in refusal.value.errors]
    assert pointers == ["/until", "/margin_bp", "/redeemed_bp", "/documents/0/group"]
    with pytest.raises(Invalid):
        insight.ask(shop.program.id, [], since=FIRST, until=LAST)


@pytest.mark.parametrize("legs", [((1, 1),), ((1, 2), (2, 1)), ((7, 3), (5, 3), (6, 1)), ((1, 6_000), (2, 4_000))])
def test_points_fall_to_their_funders_as_the_ledger_splits_them(legs: tuple[tuple[int, int], ...]) -> None:
    funding_id = funding(legs)

    for units in (1, 2, 3, 10, 625, 999_999):
        rows = raw().execute("SELECT party_id, points FROM ledger_split(%s, 0, %s) ORDER BY no", (funding_id, units))
        assert shares(units, legs) == tuple(row for row in rows.fetchall() if row[1])


@pytest.mark.parametrize(
    ("limit", "used"),
    [
        ({"per": "member", "period": "life", "value": 200}, 100),
        ({"per": "promotion", "period": "life", "value": 400}, 100),
        ({"per": "member", "period": "rolling:P60D", "value": 200}, 100),
        ({"per": "promotion", "period": "year", "value": 400}, 100),
        ({"per": "member", "period": "month", "value": 200}, 0),
    ],
)
def test_limits_may_begin_as_they_stood_at_the_first_day(limit: dict[str, Any], used: int) -> None:
    milk = on_dairy(limits=[{"metric": "units", **limit}])
    shop = a_stocked_shop(milk)
    in_october(shop, 2_000)
    bought(shop, 2_000, day=20)
    back = bought(shop, 1_000, day=21)
    give_back(shop, a_return(back, {1: None}))

    unused, standing = tried(shop, HALF_A_PERCENT), tried(shop, HALF_A_PERCENT, standing=True)

    given = {"member": 150, "promotion": 150}[limit["per"]]
    assert unused.sums.along("promotion")["dairy", "BON"] == Pair(given, given)
    left = min(given, limit["value"] - used)
    assert standing.sums.along("promotion")["dairy", "BON"] == Pair(left, left)
    assert tried(shop, HALF_A_PERCENT, standing=True, size=1, part=1).stored() == standing.stored()


def test_a_back_test_keeps_that_it_began_with_the_limits_as_they_stood(shop: Shop) -> None:
    number = insight.ask(shop.program.id, [on_dairy()], since=FIRST, until=LAST, standing=True)

    jobs.run_due()

    assert (insight.get(number).standing, insight.get(number).state) == (True, "done")


def in_october(shop: Shop, amount: int) -> None:
    """A purchase of milk from before the back-test."""
    body = a_body(amount, occurred_at="2026-10-30T09:30:00Z")
    (recorded,) = shop.record(purchases.read(body))
    assert isinstance(recorded, purchases.Recorded), recorded
