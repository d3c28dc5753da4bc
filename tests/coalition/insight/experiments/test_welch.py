"""The interval of an uplift, held to published tables and to what it promises: to be right 95 times in a hundred."""

from __future__ import annotations

import random
from decimal import Decimal as D
from fractions import Fraction

import pytest

from coalition.insight.experiments.welch import Sample, normal, student, uplift


def a_sample(*values: int) -> Sample:
    found = Sample()
    for value in values:
        found = found.plus(value)
    return found


@pytest.mark.parametrize(
    ("degrees", "table"),
    [(10, "2.228"), (29, "2.04523"), (30, "2.04227"), (60, "2.00030"), (120, "1.97993"), (10_000, "1.96020")],
)
def test_the_quantiles_of_students_t_are_those_of_the_tables(degrees: int, table: str) -> None:
    places = D(table).as_tuple().exponent

    assert round(student(D("0.975"), Fraction(degrees)), -int(places)) == D(table)  # Student's t, two-sided 5 %


def test_mean_and_variance_are_exact() -> None:
    sample = a_sample(2, 4, 4, 4, 5, 5, 7, 9)

    assert (sample.mean, sample.variance) == (Fraction(5), Fraction(32, 7))


def test_the_difference_stands_in_the_middle_of_its_interval() -> None:
    treated, control = a_sample(*range(100, 160)), a_sample(*range(0, 80, 2))

    found = uplift(treated, control)

    assert found is not None
    assert found.difference == D("90.5") and found.proven
    assert abs(found.high + found.low - 2 * found.difference) < D("1e-9")
    # s1² = 305, s2² = 546.67: SE = sqrt(305/60 + 546.67/40) = 4.3301; df = 67.3; t = 1.9959
    assert (round(found.high - found.difference, 2), round(found.degrees, 1)) == (D("8.64"), D("67.3"))


def test_groups_that_do_not_differ_prove_nothing() -> None:
    found = uplift(a_sample(*range(50)), a_sample(*range(50)))

    assert found is not None
    assert (found.difference, found.proven) == (0, False)


@pytest.mark.parametrize(("treated", "control"), [(29, 500), (500, 29), (0, 0), (40, 40)])
def test_too_few_members_or_no_spread_at_all_give_no_interval(treated: int, control: int) -> None:
    assert uplift(a_sample(*[7] * treated), a_sample(*[7] * control)) is None


def test_the_interval_holds_the_truth_about_95_times_in_a_hundred() -> None:
    chance = random.Random(6)

    def drawn(count: int, mean: int, spread: int) -> Sample:
        return a_sample(*(round(chance.gauss(mean, spread)) for _ in range(count)))

    held = 0
    for _ in range(400):
        found = uplift(drawn(35, 1_000, 100), drawn(60, 900, 400))
        held += found is not None and found.low <= 100 <= found.high

    assert 0.92 <= held / 400 <= 0.98


def test_the_detectable_difference_is_found_about_80_times_in_a_hundred() -> None:
    assert round(normal(D("0.975")) + normal(D("0.80")), 4) == D("2.8016")
