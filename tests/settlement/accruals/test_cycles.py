"""Periods by their code: the days they hold, and that they follow each other without a gap."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid
from settlement.accruals.cycles import code_for, cycle_of, days_of, next_code, stretch


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2026-11-21", "2026-11-21", "2026-11-21"),
        ("2026-01-15--2026-02-03", "2026-01-15", "2026-02-03"),
    ],
)
def test_a_code_names_its_days(code: str, first: str, last: str) -> None:
    assert days_of(code) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    "code", ["", "2026", "2026-13", "2026-Q5", "2025-W53", "2026-02-30", "2026-1", "26-01", "2026-02-03--2026-01-15"]
)
def test_anything_else_is_refused(code: str) -> None:
    with pytest.raises(Invalid, match="bad_period"):
        days_of(code)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)), st.sampled_from(["month", "quarter", "week", "day"]))
def test_every_day_lies_in_one_period_of_a_cycle_and_the_next_one_follows_at_once(day: dt.date, cycle: str) -> None:
    code = code_for(day, cycle)
    first, last = days_of(code)

    assert first <= day <= last
    assert cycle_of(code) == cycle
    assert days_of(next_code(code))[0] == last + dt.timedelta(days=1)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)), st.integers(0, 400))
def test_any_days_have_a_code_and_the_next_period_follows_at_once(first: dt.date, more: int) -> None:
    last = first + dt.timedelta(days=more)
    code = stretch(first, last)

    assert days_of(code) == (first, last)
    assert days_of(next_code(code))[0] == last + dt.timedelta(days=1)


def test_a_stretch_that_is_a_month_is_called_so() -> None:
    assert stretch(dt.date(2026, 2, 1), dt.date(2026, 2, 28)) == "2026-02"
    assert stretch(dt.date(2026, 1, 1), dt.date(2026, 6, 30)) == "2026-01-01--2026-06-30"
