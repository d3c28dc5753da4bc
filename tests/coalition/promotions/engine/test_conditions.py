"""Conditions: refused when they are saved, or answered in bounded time and never with an exception."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.promotions.engine.checking import check, check_line
from coalition.promotions.engine.compiling import compiled, compiled_line, filtered
from coalition.promotions.engine.conditions import holds, holds_of
from coalition.promotions.engine.facts import Facts
from tests.coalition.promotions.engine.builders import a_line, a_receipt

TYPES = {"member.tier": "str", "receipt.total": "int", "member.segments": "set", "member.new": "bool"}
FIELDS = ("member.tier", "receipt.total", "member.segments", "member.attrs.children", "event.weekday", "payload.mcc")
LINE_FIELDS = ("category", "amount", "qty_m", "groups", "attrs.organic", "brand")
VALUES = st.one_of(st.integers(-5, 200_000), st.sampled_from(["gold", "dairy", "vip", ""]), st.booleans(), st.none())
OPS = [
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "between",
    "in",
    "nin",
    "starts",
    "has",
    "has_any",
    "has_all",
    "has_none",
    "x",
]


def leaves(fields: tuple[str, ...]) -> st.SearchStrategy[Any]:
    compared = st.fixed_dictionaries(
        {"f": st.sampled_from(fields), "op": st.sampled_from(OPS), "v": VALUES | st.lists(VALUES, max_size=3)}
    )
    return compared | st.fixed_dictionaries({"exists": st.sampled_from(fields)})


def trees(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        inner,
        lambda node: st.one_of(
            st.fixed_dictionaries({"all": st.lists(node, max_size=3)}),
            st.fixed_dictionaries({"any": st.lists(node, max_size=3)}),
            st.fixed_dictionaries({"not": node}),
        ),
        max_leaves=6,
    )


LINE_NODES = trees(leaves(LINE_FIELDS))
LOOPS = st.fixed_dictionaries(
    {
        "lines": st.fixed_dictionaries(
            {
                "agg": st.sampled_from(["count", "sum", "distinct", "max"]),
                "of": st.sampled_from(LINE_FIELDS),
                "op": st.sampled_from(["gte", "lt", "eq"]),
                "v": st.integers(0, 3_000),
                "where": LINE_NODES,
            }
        )
    }
)
STATS = st.just({"stat": "spend", "window": "P30D", "op": "gte", "v": 5})
NODES = trees(leaves(FIELDS) | LOOPS | STATS)
MEMBERS = st.fixed_dictionaries(
    {"id": st.just("m1")},
    optional={
        "tier": st.sampled_from(["gold", "base"]),
        "segments": st.lists(st.sampled_from(["vip", "gold"]), max_size=2),
        "attrs": st.fixed_dictionaries({}, optional={"children": VALUES}),
        "stats": st.just({"spend/P30D": 5}),
    },
)
LINES = st.lists(
    st.fixed_dictionaries(
        {"amount": st.integers(0, 2_000), "category": st.sampled_from(["dairy", "tobacco"])},
        optional={
            "groups": st.lists(st.just("vip"), max_size=1),
            "attrs": st.just({"organic": True}),
            "qty_m": st.just(7),
        },
    ),
    max_size=4,
)


def facts(member: dict[str, Any], lines: list[dict[str, Any]]) -> Facts:
    numbered = [{**line, "no": no} for no, line in enumerate(lines, 1)]
    return Facts(a_receipt(*numbered, member=member), "Europe/Moscow", numbered, numbered)


@settings(max_examples=400)
@given(NODES, MEMBERS, LINES)
def test_what_is_accepted_means_the_same_compiled_and_read(
    node: Any, member: dict[str, Any], lines: list[dict[str, Any]]
) -> None:
    _, problems = check(node)
    if not problems:
        of = facts(member, lines)
        assert compiled(node)(of) == holds(node, of)


@settings(max_examples=200)
@given(LINE_NODES, LINES)
def test_conditions_on_a_line_mean_the_same_compiled_and_read(node: Any, lines: list[dict[str, Any]]) -> None:
    if not check_line(node):
        fitting = [line for line in lines if holds_of(node, line)]
        assert [line for line in lines if compiled_line(node)(line)] == fitting
        for _ in range(2):  # the second time from memory
            assert filtered(node).among(lines) == fitting


@settings(max_examples=200)
@given(st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["all", "any", "not", "f", "op", "v", "exists", "lines", "stat", "agg", "where"]), inner, max_size=3
), max_leaves=8))  # fmt: skip
def test_rubbish_is_refused_or_answered_but_never_breaks(node: Any) -> None:
    _, problems = check(node)
    if not problems:
        assert compiled(node)(facts({"id": "m1"}, [])) in (True, False)


@pytest.mark.parametrize(
    ("node", "code"),
    [
        ({"f": "member.tyer", "op": "eq", "v": "gold"}, "unknown_field"),
        ({"f": "member.tier", "op": "gte", "v": "gold"}, "unknown_operator"),
        ({"f": "receipt.total", "op": "gt", "v": "5"}, "wrong_type"),
        ({"f": "receipt.total", "op": "between", "v": [9, 1]}, "never_true"),
        ({"f": "receipt.total", "op": "in", "v": []}, "wrong_type"),
        ({"f": "member.new", "op": "eq", "v": 1}, "wrong_type"),
        ({"f": "member.segments", "op": "eq", "v": "vip"}, "unknown_operator"),
        ({"f": "receipt.total", "op": "eq", "v": 1, "w": 2}, "unknown_field"),
        ({"maybe": []}, "unknown_node"),
        ([], "not_a_node"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_saved(node: Any, code: str) -> None:
    _, problems = check(node, TYPES)

    assert [one.code for one in problems] == [code]


def test_a_misspelt_field_is_told_what_was_meant() -> None:
    _, problems = check({"all": [{"f": "member.tyer", "op": "eq", "v": "gold"}]}, TYPES)

    assert problems[0].pointer == "/all/0/f"
    assert "Did you mean member.tier?" in problems[0].detail


def test_depth_and_cost_are_bounded() -> None:
    deep: Any = {"exists": "member.tier"}
    for _ in range(12):
        deep = {"not": deep}
    loop = {"lines": {"agg": "count", "op": "gte", "v": 1}}

    assert [one.code for one in check(deep)[1]] == ["too_deep"]
    assert [one.code for one in check({"all": [loop] * 20})[1]] == ["too_costly"]
    assert check({"all": [loop] * 9})[1] == []


def test_a_missing_field_makes_every_leaf_false_and_not_turns_it_round() -> None:
    nobody = facts({"id": "m1"}, [a_line(1, 100)])
    for op, value in (("eq", 0), ("ne", 0), ("gte", 0), ("lt", 5), ("in", [0]), ("nin", [1]), ("between", [0, 9])):
        leaf = {"f": "member.attrs.children", "op": op, "v": value}
        assert not holds(leaf, nobody)
        assert holds({"not": leaf}, nobody)
    assert not holds({"f": "member.segments", "op": "has_none", "v": ["vip"]}, nobody)
