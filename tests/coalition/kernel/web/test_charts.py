"""Charts: shares are exact, scales are round, and nothing in the drawing breaks the content policy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from coalition.kernel.web import charts
from coalition.kernel.web.charts import Bar, Step

AMOUNTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=12)


@given(AMOUNTS)
def test_shares_are_whole_percentages_that_sum_to_one_hundred(amounts: list[int]) -> None:
    parts = charts.shares(amounts)

    assert sum(parts) == (100 if sum(amounts) else 0)
    assert all(part >= 0 for part in parts)


def test_three_equal_parts_still_make_one_hundred() -> None:
    assert charts.shares([1, 1, 1]) == [34, 33, 33]


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(1, 10**9)), max_size=20))
def test_folding_small_slices_loses_nothing(slices: list[tuple[str, int]]) -> None:
    kept = charts.folded(slices, "Others", limit=6)

    assert len(kept) <= 6
    assert sum(value for _, value in kept) == sum(value for _, value in slices)


@given(st.integers(1, 10**15))
def test_four_steps_of_the_axis_reach_the_peak_and_no_smaller_round_step_would(peak: int) -> None:
    step = charts.nice_step(peak)

    assert step * 4 >= peak
    assert step == 1 or step * 4 <= peak * 10


@pytest.mark.parametrize(
    "drawing",
    [
        charts.bars([Bar(f"<{day}>", day * 1000, marked=day == 2) for day in range(31)], "by day", line=[5000] * 31),
        charts.bars([], "nothing"),
        charts.bars([Bar("Dec", 0)], "zero"),
        charts.waterfall(
            [Step("Opening", 6000, "total"), Step("Out", -7000, "minus"), Step("Closing", -1000, "close")],
            "falls below zero",
        ),
        charts.donut([3, 2, 1], "shares", "6", "points"),
        charts.donut([1], "one"),
        charts.sparkline([3, 1, 2]),
    ],
)
def test_a_drawing_is_well_formed_and_carries_neither_style_nor_script(drawing: str) -> None:
    root = etree.fromstring(drawing)

    assert not [node for node in root.iter() if node.get("style") or node.tag == "script"]
    assert not [name for node in root.iter() for name in node.attrib if name.startswith("on")]


def test_a_drawing_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    root = etree.fromstring(charts.bars([Bar("Dec", 5)], "Points & months"))

    pictures = root.findall("svg")
    assert [one.get("aria-label") for one in pictures] == ["Points & months", "Points & months"]
    assert [one.get("class") for one in pictures] == ["chart-wide", "chart-narrow"]


def test_one_value_makes_no_trend() -> None:
    assert charts.sparkline([7]) == ""
