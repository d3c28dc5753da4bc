"""What each kind of effect changes of what a member holds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from coalition.promotions.holdings.changing import Change, changes

AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def _of(kind: str, **what: Any) -> list[Change]:
    return list(changes(kind, {"kind": kind, **what}, AT))


@pytest.mark.parametrize(
    ("kind", "what", "change"),
    [
        ("badge.grant", {"badge": "milk"}, Change("badge", "milk", 1)),
        ("badge.grant", {"badge": "milk", "times": 3}, Change("badge", "milk", 3)),
        ("crown.add", {"crowns": 2, "times": 2}, Change("crown", "crowns", 4)),
        ("draw.enter", {"draw": "NY", "tickets": 5}, Change("ticket", "NY", 5)),
        ("status.set", {"status": "hero"}, Change("status", "status", to=1, text="hero")),
        ("status.set", {"status": "x", "days": 2}, Change("status", "status", to=1, text="x", until=AT + 2 * DAY)),
        ("segment.add", {"segment": "vip"}, Change("segment", "vip", to=1)),
        ("segment.remove", {"segment": "vip", "days": 2}, Change("segment", "vip", to=0)),
        ("attribute.set", {"attribute": "kids", "value": 2}, Change("attribute", "kids", to=2)),
        ("attribute.set", {"attribute": "pet", "value": "cat"}, Change("attribute", "pet", to=0, text="cat")),
        ("attribute.set", {"attribute": "car", "value": True}, Change("attribute", "car", to=0, text="true")),
        ("attribute.inc", {"attribute": "visits"}, Change("attribute", "visits", 1)),
        ("attribute.inc", {"attribute": "visits", "value": -2}, Change("attribute", "visits", -2)),
        ("gift", {"sku": "MUG"}, Change(None, "MUG")),
        ("chance", {"roll": 7, "win": False}, Change(None, "")),
        ("fraud.flag", {"reason": "too often"}, Change(None, "too often")),
        ("receipt.text", {"text": "Thanks"}, Change(None, "Thanks")),
    ],
)
def test_an_effect_changes_one_holding_or_none(kind: str, what: dict[str, Any], change: Change) -> None:
    assert _of(kind, **what) == [change]


def test_progress_is_where_the_engine_says_and_what_is_complete_counts_apart() -> None:
    assert _of("progress.add", achievement="a", delta=3, value=5, completed=0) == [Change("progress", "a", to=5)]
    assert _of("progress.add", achievement="a", delta=3, value=1, completed=1) == [
        Change("progress", "a", to=1),
        Change("completed", "a", 1),
    ]
