"""The leaves that are told to fail are told exactly where the condition does not hold."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from coalition.promotions.engine.conditions import holds
from coalition.promotions.granting.failing import failed
from tests.coalition.promotions.engine.test_oracles import FLAT, LINES, MEMBERS, both, loops, trees


@settings(max_examples=200, deadline=None)
@given(trees(FLAT | loops("count", "sum")), MEMBERS, LINES)
def test_leaves_are_told_exactly_where_a_condition_does_not_hold(
    node: dict[str, Any], member: dict[str, Any], lines: list[dict[str, Any]]
) -> None:
    facts, _ = both(member, [{"no": no, **line} for no, line in enumerate(lines, start=1)])

    found = failed(node, facts)

    assert (found == []) == holds(node, facts)
    assert all(one["path"].startswith("/") or one["path"] == "" for one in found)
