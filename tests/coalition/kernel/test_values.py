"""Ids, money and the calendar: the small exact things under everything else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel import clock, ids, money
from coalition.kernel.errors import NotFound

_numbers = st.integers(0, 2**63 - 1)


@given(_numbers, _numbers)
def test_public_ids_read_back_and_sort_as_their_numbers(one: int, other: int) -> None:
    assert ids.parse("pur", ids.public("pur", one)) == one
    assert (ids.public("pur", one) < ids.public("pur", other)) == (one < other)
    assert ids.parse_many("hld", ids.public("hld", one, other), 2) == (one, other)


@given(st.text(max_size=40))
def test_no_text_but_an_id_is_an_id(text: str) -> None:
    try:
        number = ids.parse("pur", text)
    except NotFound:
        return
    assert ids.public("pur", number) == text


@pytest.mark.parametrize("text", ["mbr_000000000000c", "pur_", "pur_000000000000C", "pur_zzzzzzzzzzzzz", ""])
def test_foreign_and_oversized_ids_are_not_there(text: str) -> None:
    with pytest.raises(NotFound):
        ids.parse("pur", text)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_a_split_sums_exactly_and_strays_less_than_one_unit(total: int, weights: list[int]) -> None:
    parts = money.largest_remainder(total, weights)

    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


def test_ties_of_a_split_go_to_the_earlier_place() -> None:
    assert money.largest_remainder(5, [1, 1, 1]) == [2, 2, 1]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (9, [5, 3, 2], [4, 3, 2]),  # 4.5, 2.7, 1.8: not to the heaviest
        (11, [1, 6, 3], [1, 7, 3]),  # 1.1, 6.6, 3.3: nor to the lightest
        (7, [0, 0, 0], [7, 0, 0]),
        (7, [0, 1], [0, 7]),
        (0, [1, 2], [0, 0]),
        (3, [1], [3]),
    ],
)
def test_what_floors_leave_goes_to_the_largest_remainders(total: int, weights: list[int], parts: list[int]) -> None:
    assert money.largest_remainder(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [2, -1]), (-1, [1, 2]), (-1, [])])
def test_what_cannot_be_split_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^a split needs a non-negative total and non-negative weights$"):
        money.largest_remainder(total, weights)


@pytest.mark.parametrize(
    ("value", "decimals", "minor"),
    [("5.944", 2, 594), ("5.945", 2, 595), ("-5.945", 2, -595), ("7.5", 0, 8), ("1.2345", 3, 1235), ("0", 2, 0)],
)
def test_an_amount_in_minor_units_is_rounded_half_up(value: str, decimals: int, minor: int) -> None:
    assert money.to_minor(Decimal(value), decimals) == minor


def test_an_amount_has_cents_and_a_number_is_whole_unless_said_otherwise() -> None:
    assert money.to_minor(Decimal("5.94")) == 594
    assert str(money.round_half_up(Decimal("2.5"))) == "3"


@pytest.mark.parametrize(
    ("value", "places", "rounded"), [("0.096", 2, "0.10"), ("0.005", 2, "0.01"), ("-0.005", 2, "-0.01")]
)
def test_documents_round_half_up(value: str, places: int, rounded: str) -> None:
    assert money.round_half_up(Decimal(value), places) == Decimal(rounded)


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (594, 2, "5.94"),
        (-5, 2, "-0.05"),
        (7, 0, "7"),
        (-7, 0, "-7"),
        (0, 2, "0.00"),
        (1, 2, "0.01"),
        (-100, 2, "-1.00"),
        (1234, 3, "1.234"),
    ],
)
def test_minor_units_read_as_decimals(amount: int, decimals: int, text: str) -> None:
    assert money.format_minor(amount, decimals) == text


@pytest.mark.parametrize(
    ("day", "months", "moved"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-31", -1, "2026-02-28"),
    ],
)
def test_months_are_added_to_the_day_or_the_months_last(day: str, months: int, moved: str) -> None:
    assert clock.add_months(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(moved)


@pytest.mark.parametrize(("month", "hours"), [("2026-03", 31 * 24 - 1), ("2026-10", 31 * 24 + 1), ("2026-02", 28 * 24)])
def test_a_month_across_a_clock_change_has_its_true_length(month: str, hours: int) -> None:
    first = clock.parse_month(month)
    start, end = (clock.start_of_day(day, "Europe/Riga") for day in (first, clock.add_months(first, 1)))

    assert (end - start) == dt.timedelta(hours=hours)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "november", "2026-11-01"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(ValueError):
        clock.parse_month(month)
