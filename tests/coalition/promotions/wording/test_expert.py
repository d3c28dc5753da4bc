"""The expert's text: it reads back into the same nodes, and says where it cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid
from coalition.promotions.engine.checking import check, check_line
from coalition.promotions.wording import plain, printed, understood
from tests.coalition.promotions.engine.test_conditions import LINE_NODES, NODES, leaves, trees

_ODD = ("lines.x", "a.has", "in", "has", "дети", "a b", 'say "hi"', "field", "stat.x", "not", "x.between.y")
_ONE, _TWO = {"f": "a", "op": "eq", "v": 1}, {"f": "b", "op": "eq", "v": "x"}
_STATS = st.fixed_dictionaries(
    {"stat": st.sampled_from(["spend", ""]), "op": st.sampled_from(["gte", "in", "between"]), "v": st.just(5)},
    optional={
        "window": st.sampled_from(["P30D", None, 7]),
        "where": st.sampled_from([{}, None, {"category": "dairy", "n": [1, {"a": "b"}]}]),
    },
)


@settings(max_examples=150)
@given(NODES)
def test_what_is_printed_reads_back_into_the_same_nodes(node: Any) -> None:
    if not check(node)[1]:
        assert understood(printed(node)) == plain(node)


@settings(max_examples=100)
@given(trees(leaves(_ODD) | _STATS))
def test_odd_names_and_features_read_back_too(node: Any) -> None:
    if not check(node)[1]:
        assert understood(printed(node)) == plain(node)


@settings(max_examples=60)
@given(LINE_NODES)
def test_conditions_on_lines_read_back_too(node: Any) -> None:
    if not check_line(node):
        assert understood(printed(node)) == plain(node)


@settings(max_examples=100)
@given(st.text(alphabet='abc.()[]"!&|=<> 12,inothas', max_size=40))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        node = understood(text)
    except Invalid as refusal:
        assert refusal.code == "not_understood"
        assert refusal.detail.startswith("Line ")
    else:
        assert isinstance(node, dict)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("receipt.total >= 30000", {"f": "receipt.total", "op": "gte", "v": 30000}),
        ('a == 1 && b == "x" || c != 2', {"any": [{"all": [_ONE, _TWO]}, {"f": "c", "op": "ne", "v": 2}]}),
        ("a == 1 && (a == 1 && a == 1)", {"all": [_ONE, {"all": [_ONE, _ONE]}]}),
        ("all()", {"all": []}),
        ("any(a == 1)", {"any": [_ONE]}),
        ("!has(member.attrs.children)", {"not": {"exists": "member.attrs.children"}}),
        (
            'lines.where(b == "x").sum(amount) >= 5',
            {"lines": {"agg": "sum", "of": "amount", "where": _TWO, "op": "gte", "v": 5}},
        ),
        ("lines.count() not in [1, 2]", {"lines": {"agg": "count", "op": "nin", "v": [1, 2]}}),
        ('stat("spend", "P30D") > 5', {"stat": "spend", "window": "P30D", "op": "gt", "v": 5}),
        ('member.segments.has_any(["a"])', {"f": "member.segments", "op": "has_any", "v": ["a"]}),
        ("receipt.total.between(1, 9)", {"f": "receipt.total", "op": "between", "v": [1, 9]}),
    ],
)  # fmt: skip
def test_the_text_says_the_nodes(text: str, node: Any) -> None:
    assert understood(text) == node


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("receipt.total >>= 5", "Line 1, character 16: A number"),
        ("a == 1 &&\n  b = 2", "Line 2, character 5: A comparison"),
        ("(a == 1", "Line 1, character 8: `)`"),
        ("a == 1 b", "Line 1, character 8: Nothing more"),
        ("lines.avg(amount) > 1", "Line 1, character 7: One of count"),
        ("", "Line 1, character 1: The name of a field"),
        ("!" * 200 + "a == 1", "This nests too deep"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, detail: str) -> None:
    with pytest.raises(Invalid) as refusal:
        understood(text)

    assert detail in refusal.value.detail


def test_long_conditions_stand_on_several_lines() -> None:
    node = {"all": [{"f": "member.segments", "op": "has_any", "v": ["one", "two", "three", "four"]}] * 3}

    text = printed(node)

    assert text.count("\n&& ") == 2
    assert understood(text) == node
