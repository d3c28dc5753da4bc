"""What a return takes, by the worked example and by its laws."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.purchases.returning.clawing import Stretch, spread, taken

VECTORS = Path(os.environ.get("VECTORS_DIR") or Path(__file__).parents[3] / "vectors")
SEQUENCES = [one for one in json.loads((VECTORS / "promotions.json").read_text())["returns"] if "sold_qty_m" in one]


@pytest.mark.parametrize("vector", SEQUENCES, ids=lambda vector: vector["id"])
def test_the_worked_returns_take_what_was_worked_out_by_hand(vector: dict[str, Any]) -> None:
    shares = {int(no): units for no, units in vector["award_lines"].items()}
    sold = {int(no): qty for no, qty in vector["sold_qty_m"].items()}
    before = dict.fromkeys(sold, 0)

    for returned, expected in zip(vector["returns"], vector["expected_clawback"], strict=True):
        stretches = [Stretch(int(no), qty, before[int(no)], sold[int(no)]) for no, qty in returned.items()]
        assert taken(shares, stretches) == {int(no): units for no, units in expected.items()}
        for stretch in stretches:
            before[stretch.no] += stretch.parts

    assert before == sold


@settings(deadline=None)
@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**6), min_size=1, max_size=30))
def test_however_it_is_cut_a_full_return_takes_exactly_everything(share: int, pieces: list[int]) -> None:
    sold, before, given_back = sum(pieces), 0, 0

    for piece in pieces:
        units = Stretch(1, piece, before, sold).of(share)
        before += piece
        given_back += units
        assert units >= 0
        assert given_back == share * before // sold

    assert given_back == share


@settings(deadline=None)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_tender_is_spread_exactly_and_in_proportion(total: int, amounts: list[int]) -> None:
    lines = list(enumerate(amounts, start=1))

    shares = spread(total, list(reversed(lines)))

    assert sum(shares.values()) == total
    whole = sum(amounts)
    assert all(abs(shares[no] * whole - total * amount) < whole for no, amount in lines if whole)


@pytest.mark.parametrize(("parts", "before", "sold"), [(0, 0, 5), (6, 0, 5), (1, 5, 5), (1, -1, 5)])
def test_no_stretch_is_empty_or_longer_than_what_is_left(parts: int, before: int, sold: int) -> None:
    with pytest.raises(ValueError, match=rf"^no stretch of line 7: {parts} after {before} of {sold}$"):
        Stretch(7, parts, before, sold)


def test_lines_that_brought_nothing_are_left_out_and_the_others_come_by_their_numbers() -> None:
    stretches = [Stretch(3, 1, 0, 1), Stretch(2, 1, 0, 1), Stretch(1, 1, 0, 2), Stretch(9, 1, 0, 1)]

    assert list(taken({1: 3, 2: 0, 3: 1}, stretches).items()) == [(1, 1), (3, 1)]


def test_ties_of_a_tender_go_to_the_earlier_line() -> None:
    assert list(spread(3, [(2, 1), (1, 1)]).items()) == [(1, 2), (2, 1)]
