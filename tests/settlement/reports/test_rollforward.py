"""The roll-forward ties out, whatever happens, and each column is what it says."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from settlement.reports import rollforward
from settlement.reports.rollforward import Pool, Step

D = Decimal
EIGHTY, ALL = D("0.8"), D(1)


def test_the_worked_example_is_earned_as_the_design_says() -> None:
    quarter = Pool(1300, 0, 1300, 800, 0, EIGHTY)
    april = Pool(0, 0, 0, -180, 0, EIGHTY)
    raised = Pool(0, 0, 0, 0, 0, D("0.85"))

    steps, standing = rollforward.roll([Pool(0, 0, 0, 0, 0, EIGHTY), quarter, april, raised])

    assert [step.earned for step in steps] == [0, 1000, -225, -46]
    assert [step.closing for step in steps] == [0, 300, 525, 571]
    assert steps[3].estimate == -46 and steps[2].estimate == 0
    assert standing.earned_minor == 729


def test_redeemed_points_earn_their_price_and_the_rest_is_breakage() -> None:
    steps, _ = rollforward.roll([Pool(1000, 0, 1000, 0, 0, EIGHTY), Pool(0, 0, 0, 400, 0, EIGHTY)])

    assert steps[1] == Step(opening=1000, redeemed=400, breakage=100, closing=500)


def test_points_that_end_leave_nothing_deferred_and_their_share_goes_back() -> None:
    steps, _ = rollforward.roll(
        [Pool(1000, 0, 1000, 0, 0, ALL), Pool(0, 0, 0, 700, 0, ALL), Pool(0, 150, 0, 0, 300, ALL)]
    )

    assert steps[2] == Step(opening=300, returned=150, breakage=150, closing=0)


def test_the_first_expectation_of_a_pool_is_no_change_of_estimate() -> None:
    steps, _ = rollforward.roll([Pool(1000, 0, 1000, 400, 0, EIGHTY)])

    assert steps == [Step(issued=1000, redeemed=400, breakage=100, closing=500)]


events = st.tuples(
    st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 100)
)


@given(st.lists(events, min_size=1, max_size=30))
def test_the_columns_sum_and_a_pool_that_is_empty_has_earned_all(found: list[tuple[int, ...]]) -> None:
    pools, outstanding = [], 0
    for minor, issued, redeemed, lapsed, percent in found:
        outstanding += issued
        drawn = min(redeemed, outstanding)
        gone = min(lapsed, outstanding - drawn)
        outstanding -= drawn + gone
        pools.append(Pool(minor if issued else 0, 0, issued, drawn, gone, D(percent) / 100))
    pools.append(Pool(0, 0, 0, 0, outstanding, ALL))

    steps, standing = rollforward.roll(pools)

    level = 0
    for step in steps:
        assert step.opening == level
        level = step.opening + step.issued - step.returned - step.redeemed - step.breakage - step.estimate
        assert step.closing == level >= 0
    assert level == 0 and standing.earned_minor == sum(pool.issued_minor for pool in pools)
