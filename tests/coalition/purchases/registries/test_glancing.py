"""A line at the price of a look: it takes what the careful way takes, and the same comes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.web.json_body import parse_object
from coalition.purchases.registries.glancing import at_a_look
from coalition.purchases.registries.kinds import interpret
from tests.coalition.purchases.builders import a_body

_WHOLE = a_body(
    899,
    45,
    type="purchase",
    coupons=["SPRING"],
    hold_id=None,
    points_paid=0,
    payments=[{"kind": "cash", "amount": 900}, {"kind": "redeem", "amount": 44, "currency": "BON"}],
    proof="123456",
    on_unknown_member="hold",
)
del _WHOLE["hold_id"]
_scalars = [None, True, 0, -1, 2, 2**63, 1.0, "", "x", ":", "\x00", '"', "\ud800", "é", "pos", "return", "sale", "EUR"]
_lines = [[{"no": 1, "amount": 5}], [{"no": 1, "amount": 5, "qty_m": None}], [{"no": 1}], [1], [], {}]
_others = [[{"kind": "cash", "amount": 1.5}], {"kind": "card", "value": "1"}, {"kind": "card", "value": 1}]
_values = st.sampled_from([*_scalars, *_lines, *_others, "2026-11-20T09:30:00Z"])
_names = st.sampled_from([*_WHOLE, "quote_id", "hold_id", "colour"])
_odd = st.dictionaries(_names, _values, max_size=2)
_dumped = st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")])


def _line(body: dict[str, Any], separators: tuple[str, str] = (", ", ": ")) -> bytes:
    return json.dumps(body, separators=separators, ensure_ascii=False).encode(errors="surrogatepass")


@given(_odd, st.sets(_names), _dumped)
def test_what_is_taken_at_a_look_is_what_the_careful_way_reads(
    odd: dict[str, Any], left_out: set[str], separators: tuple[str, str]
) -> None:
    body = {name: value for name, value in _WHOLE.items() if name not in left_out} | odd
    line = _line(body, separators)

    found = at_a_look(line)

    assert found is None or found == interpret(parse_object(line))


def test_a_whole_purchase_is_taken_at_a_look() -> None:
    assert at_a_look(_line(_WHOLE)) == interpret(_WHOLE)


@pytest.mark.parametrize(
    ("plain", "odd"),
    [
        (b'"outlet": "S1"', b'"outlet": "S2", "outlet": "S1"'),
        (b'"no": 1,', b'"no": 1, "no": 1,'),
        (b'"no": 1,', b'"no": 1, "colour": "red",'),
        (b'"no": 1,', b'"no": 1.0,'),
        (b'"outlet": "S1"', b'"outlet": "S1", "colour": 1'),
        (b'"outlet": "S1"', b'"outlet": "S\x001"'),
        (b'"outlet": "S1"', b'"outlet": "\xed\xa0\x80"'),
        (b'"points_paid": 0', b'"points_paid": 00'),
        (b'"points_paid": 0', b'"points_paid": 9223372036854775808'),
        (b'"type": "purchase"', b'"type": "return"'),
    ],
)
def test_what_is_odd_about_a_line_is_left_to_the_careful_way(plain: bytes, odd: bytes) -> None:
    line = _line(_WHOLE)
    assert plain in line

    assert at_a_look(line.replace(plain, odd)) is None
