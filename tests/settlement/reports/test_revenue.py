"""Deferred revenue by IFRS 15: the published examples, and that no cent is earned twice or lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.reports import revenue

D = Decimal


def test_a_changed_expectation_is_caught_up_in_the_period_it_changes_in() -> None:
    found = revenue.revenues(D(9000), [4500, 8500], [D(9700), D(9900)])

    assert found == [D("4175.26"), D("3552.01")]


def test_the_price_is_split_by_stand_alone_prices_and_earned_as_points_are_redeemed() -> None:
    allocated = revenue.allocated_to_points(D(100_000), D(100_000), D(9500), places=0)

    earned = revenue.revenues(allocated, [4500, 8500], [D(9500), D(9700)], places=0)

    assert (allocated, earned) == (D(8676), [D(4110), D(3493)])
    assert revenue.deferred(allocated, 8500, D(9700), places=0) == D(1073)


@pytest.mark.parametrize(
    ("pool", "points", "expectation", "redeemed", "earned"),
    [
        ("13.00", 1300, "0.80", 800, "10.00"),
        ("6.00", 1000, "0.80", 200, "1.50"),
        ("13.00", 1300, "0.80", 620, "7.75"),
        ("6.00", 1000, "0.80", 80, "0.60"),
        ("13.00", 1300, "0.85", 620, "7.29"),
    ],
)
def test_a_pool_is_earned_in_proportion_to_the_expected_redemption(
    pool: str, points: int, expectation: str, redeemed: int, earned: str
) -> None:
    expected = revenue.expected_total(points, D(expectation), redeemed)

    assert revenue.recognised(D(pool), redeemed, expected) == D(earned)


def test_an_estimate_that_rises_takes_back_what_was_earned_too_early() -> None:
    assert revenue.catch_up(D("13.00"), 620, D(1040), D(1105)) == D("-0.46")


def test_what_is_expected_is_bounded_by_what_has_happened() -> None:
    assert revenue.expected_total(1000, D("0.8"), redeemed=900) == 900
    assert revenue.expected_total(1000, D("0.8"), redeemed=100, lapsed=700) == 300
    assert revenue.expected_total(1000, D("0.8"), redeemed=0, lapsed=1000) == 0


def test_points_that_nobody_is_expected_to_redeem_are_earned_at_once() -> None:
    assert revenue.recognised(D("5.00"), 0, D(0)) == D("5.00")


@given(
    allocated=st.decimals(min_value=0, max_value=10**12, places=2),
    points=st.integers(1, 10**12),
    steps=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 100)), min_size=1),
)
def test_the_periods_of_a_pool_sum_to_all_of_it_once_no_point_is_left(
    allocated: Decimal, points: int, steps: list[tuple[int, int, int]]
) -> None:
    redeemed = lapsed = 0
    cumulative, expected = [], []
    for drawn, gone, percent in [*steps, (points, points, 50)]:
        redeemed += min(drawn, points - redeemed - lapsed)
        lapsed += min(gone, points - redeemed - lapsed)
        cumulative.append(redeemed)
        expected.append(revenue.expected_total(points, Decimal(percent) / 100, redeemed, lapsed))

    earned = revenue.revenues(allocated, cumulative, expected)

    assert redeemed + lapsed == points
    assert sum(earned) == allocated
    assert all(0 <= sum(earned[: at + 1]) <= allocated for at in range(len(earned)))


def test_a_pool_of_which_nothing_was_issued_and_something_came_back_has_earned_all_of_nothing() -> None:
    assert revenue.recognised(D(0), -300, D(0)) == D("0.00")
