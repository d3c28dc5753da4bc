"""Why a promotion gave nothing: the leaf that failed, with what was asked, what there was and how much was missing."""

from __future__ import annotations

from typing import Any

import pytest

from coalition.promotions import engine
from coalition.promotions.engine.facts import Facts
from coalition.promotions.granting.failing import failed

LINES = [{"no": 1, "sku": "A", "amount": 600, "qty_m": 1000, "category": "dairy"}]
EVENT = {
    "id": "e",
    "type": "receipt.closed",
    "occurred_at": "2026-11-20T09:30:00Z",
    "member": {"id": "1", "tier": "base", "segments": ["vip"]},
    "payload": {"lines": LINES},
}
_DAIRY = {"f": "category", "op": "eq", "v": "dairy"}
SUM = {"lines": {"where": _DAIRY, "agg": "sum", "of": "amount", "op": "gte", "v": 1000}}


def _failed(node: dict[str, Any]) -> list[dict[str, Any]]:
    facts = Facts(EVENT, "UTC", LINES, LINES)
    assert bool(failed(node, facts)) is not engine.holds(node, facts)
    return failed(node, facts)


def test_a_number_that_is_too_small_says_how_much_is_missing() -> None:
    node = {"all": [{"f": "member.tier", "op": "eq", "v": "base"}, {"f": "receipt.total", "op": "gt", "v": 600}]}

    assert _failed(node) == [
        {"path": "/all/1", "field": "receipt.total", "op": "gt", "expected": 600, "actual": 600, "missing_by": 1}
    ]
    assert [(one["field"], one["agg"], one["actual"], one["missing_by"]) for one in _failed(SUM)] == [
        ("lines", "sum", 600, 400)
    ]


def test_of_alternatives_the_one_that_lacks_least_is_told() -> None:
    node = {"any": [{"f": "member.tier", "op": "eq", "v": "gold"}, SUM, {"f": "receipt.total", "op": "gte", "v": 700}]}

    assert [(one["path"], one["missing_by"]) for one in _failed(node)] == [("/any/2", 100)]


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ({"not": {"f": "member.tier", "op": "eq", "v": "base"}}, ("member.tier", "eq", "base", True)),
        ({"exists": "member.attrs.children"}, ("member.attrs.children", "exists", None, False)),
        ({"f": "member.segments", "op": "has", "v": "new"}, ("member.segments", "has", ["vip"], False)),
    ],
)
def test_what_is_no_number_says_what_there_was(node: dict[str, Any], told: tuple[Any, ...]) -> None:
    (one,) = _failed(node)

    assert (one["field"], one["op"], one["actual"], one.get("negated", False)) == told


def test_what_holds_has_not_failed() -> None:
    assert _failed({"all": []}) == []
