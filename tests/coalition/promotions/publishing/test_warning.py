"""Warnings: what is probably not meant. A condition that may hold is never called impossible."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.promotions.engine.conditions import holds
from coalition.promotions.engine.facts import Facts
from coalition.promotions.publishing.contradicting import contradiction
from coalition.promotions.publishing.warning import warnings
from tests.coalition.promotions.publishing.builders import a_credit, a_document

LIMITED: dict[str, Any] = {"limits": [{"metric": "units", "value": 100, "per": "member"}], "to": "2027-01-01T00:00:00Z"}

TENTH = {"kind": "discount", "calc": {"type": "percent", "bp": 1_000}}
IN_MONEY = [{"metric": "money", "value": 100, "per": "member"}]


def _leaf(op: str, value: Any, field: str = "receipt.total") -> dict[str, Any]:
    return {"f": field, "op": op, "v": value}


def _codes(document: dict[str, Any], *others: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in warnings(document, others)]


def test_a_promotion_that_says_what_it_means_is_not_warned_of() -> None:
    when = {"all": [_leaf("gte", 5), _leaf("lte", 5), _leaf("in", [6, 7], "event.weekday")]}

    assert _codes(a_document(when=when, **LIMITED)) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"to": None}, ("no_end", "/to")),
        ({"from": "2027-01-01T00:00:00Z"}, ("never_in_force", "/to")),
        ({"limits": []}, ("unbounded", "/limits")),
        ({"sponsor": "operator", "effects": [TENTH], "limits": IN_MONEY}, ("discount_not_settled", "/sponsor")),
        ({"effects": [a_credit(bp=10_000)]}, ("above_spend", "/effects/0/calc/bp")),
        ({"effects": [a_credit("multiply", x_bp=10_000)]}, ("multiplies_by_one", "/effects/0/calc/x_bp")),
        ({"audience": {"segments_any": ["vip"], "segments_none": ["vip"]}}, ("never_true", "/audience")),
        ({"when": _leaf("eq", 8, "event.weekday")}, ("never_true", "/when")),
        ({"limits": [*LIMITED["limits"], {"metric": "coupons", "value": 1}]}, ("limit_of_nothing", "/limits/1/metric")),
        ({"limits": [{"metric": "uses", "value": 0}]}, ("limit_of_zero", "/limits/0/value")),
    ],
)
def test_what_is_probably_not_meant_is_told(facts: dict[str, Any], expected: tuple[str, str]) -> None:
    document = a_document(**{**LIMITED, **facts})

    assert _codes(document) == [expected]
    [warning] = warnings(document, [])
    assert warning.said("en") != warning.said("ru")


def test_rivals_of_the_same_group_are_named_unless_their_days_are_others() -> None:
    mine = a_document("mine", group="mult", **{"from": "2026-12-01T00:00:00Z"}, **LIMITED)
    rival = a_document("rival", group="mult")
    over = a_document("over", group="mult", to="2026-12-01T00:00:00Z")
    elsewhere = a_document("elsewhere", group="other")
    birthday = a_document("birthday", group="mult", events=["calendar.birthday"])

    assert _codes(mine, rival, over, elsewhere, birthday, mine) == [("overlap", "/group")]


@pytest.mark.parametrize(
    ("node", "place"),
    [
        ({"all": [_leaf("eq", 1), _leaf("eq", 2)]}, "/all/1"),
        ({"all": [_leaf("gte", 10), {"all": [_leaf("lt", 10)]}]}, "/all/1/all/0"),
        ({"all": [_leaf("in", ["a", "b"], "member.tier"), _leaf("nin", ["b", "a"], "member.tier")]}, "/all/1"),
        ({"all": [_leaf("between", [1, 4]), _leaf("gt", 4)]}, "/all/1"),
        ({"all": [_leaf("in", [1, 9]), _leaf("between", [2, 8])]}, "/all/1"),
        ({"any": [_leaf("gt", 23, "event.hour"), _leaf("eq", 13, "event.month")]}, ""),
        ({"any": []}, ""),
        ({"not": {"all": []}}, ""),
        ({"lines": {"agg": "count", "op": "lt", "v": 0}}, ""),
        ({"all": [_leaf("gte", 5), _leaf("lte", 5), _leaf("ne", 5)]}, "/all/2"),
        ({"any": [_leaf("gt", 23, "event.hour"), _leaf("eq", 12, "event.month")]}, None),
        ({"not": {"all": [_leaf("eq", 1)]}}, None),
        ({"all": [_leaf("eq", 1), _leaf("eq", 2, "receipt.lines")]}, None),
        ({"all": [_leaf("has", "a", "member.segments"), _leaf("has", "b", "member.segments")]}, None),
        ({"all": []}, None),
    ],
)
def test_a_contradiction_is_found_where_it_stands(node: dict[str, Any], place: str | None) -> None:
    assert contradiction(node) == place


_NODES = st.recursive(
    st.builds(
        _leaf,
        st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]),
        st.integers(0, 4),
        st.sampled_from(["payload.a", "payload.b"]),
    )
    | st.builds(lambda values: _leaf("in", values, "payload.a"), st.lists(st.integers(0, 4), min_size=1, max_size=3)),
    lambda inner: (
        st.builds(lambda nodes: {"all": nodes}, st.lists(inner, max_size=3))
        | st.builds(lambda nodes: {"any": nodes}, st.lists(inner, max_size=3))
        | st.builds(lambda node: {"not": node}, inner)
    ),
    max_leaves=8,
)


@given(_NODES)
def test_what_holds_for_something_is_never_called_a_contradiction(node: dict[str, Any]) -> None:
    events = [{"occurred_at": "2026-11-18T09:00:00Z", "payload": {"a": a, "b": b}} for a in range(5) for b in range(5)]

    if any(holds(node, Facts(event, "UTC", [], [])) for event in events):
        assert contradiction(node) is None


@pytest.mark.parametrize(
    ("end", "warned"),
    [
        ("2026-11-01T00:00:00Z", ["born_expired"]),
        ("2026-12-15T00:00:00Z", ["expires_within"]),
        ("2027-01-01T00:00:00Z", []),
    ],
)
def test_points_that_end_before_they_can_be_spent_are_warned_of(end: str, warned: list[str]) -> None:
    effect = {**a_credit(), "expire_at": end}

    found = _codes(a_document("five", effect, **{**LIMITED, "from": "2026-12-01T00:00:00Z"}))

    assert found == [(code, "/effects/0/expire_at") for code in warned]
