"""The reader of purchases: its fast look at a line and its careful one come to the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid
from coalition.purchases import Line, read
from coalition.purchases.fields import AMOUNT_MAX
from coalition.purchases.lines import right_lines
from coalition.purchases.reading.receipt import Reader
from tests.coalition.purchases.builders import a_body

_numbers = st.integers(-2, 5) | st.sampled_from([AMOUNT_MAX, AMOUNT_MAX + 1, 32_767, 32_768, 2**63, True, 1.0])
_texts = st.sampled_from(["", "S1", "x" * 100, "x" * 101, "x" * 200, "x" * 201, "x" * 300, "x" * 301])
_junk = st.none() | _numbers | _texts | st.sampled_from([[], {}, ["a"]])
_names = ("no", "sku", "name", "category", "qty_m", "price", "amount")
_right = {"no": 1, "sku": "S1", "name": "Milk", "category": "dairy", "qty_m": 1000, "price": 899, "amount": 899}
_lines = st.dictionaries(st.sampled_from((*_names, "colour")), _junk, max_size=3).map(lambda odd: {**_right, **odd})


@given(st.lists(_lines | _junk, min_size=1, max_size=3))
def test_the_fast_look_takes_exactly_what_the_careful_one_finds_no_fault_with(given_lines: list[Any]) -> None:
    careful = Reader({})

    lines = tuple(careful.line(line, f"/lines/{at}") for at, line in enumerate(given_lines))
    fast = right_lines(given_lines)

    right = careful.problems == [] and len({line.no for line in lines}) == len(lines)
    assert (fast is not None) == right
    if fast is not None:
        assert fast == lines
        assert all(isinstance(line, Line) for line in fast)


def test_the_hash_is_of_what_was_meant_not_of_how_it_was_spelled() -> None:
    body = a_body(899)
    plain = read(body).request_hash
    lines = [dict(reversed(body["lines"][0].items())) | {"category": None}]
    respelled = {**body, "occurred_at": "2026-11-20T11:30:00.000+02:00", "coupons": [], "proof": None, "lines": lines}

    assert read(json.loads(json.dumps(respelled))).request_hash == plain
    assert read({**body, "outlet": "S2"}).request_hash != plain
    assert read({**body, "payments": [{"kind": "cash", "amount": 899}]}).request_hash != plain


def test_at_most_a_hundred_problems_are_told() -> None:
    with pytest.raises(Invalid) as refused:
        read(a_body(lines=[{"no": 0, "amount": -1, "sku": 5}] * 500))

    assert len(refused.value.errors) == 100
