"""Progress that begins anew with a period: by the program's day of business, whatever comes late."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coalition.promotions import engine
from coalition.promotions.engine.periods import achievement, kept_as, over
from tests.coalition.promotions.engine.builders import PROGRAM, a_line, a_promotion, a_receipt, outcome

MOSCOW = ZoneInfo("Europe/Moscow")


def _bought(progress: dict[str, int], at: str = "2026-11-18T09:00:00Z", **member: Any) -> dict[str, Any]:
    return a_receipt(a_line(1, 100, qty_m=3000), occurred_at=at, member={"id": "m1", "progress": progress, **member})


def _cups(**facts: Any) -> dict[str, Any]:
    return a_promotion(
        {"kind": "progress.add", "achievement": "cups", "by": {"type": "qty"}, "target": 5, "period": "month", **facts}
    )


def _value(event: dict[str, Any], promotion: dict[str, Any]) -> tuple[int, int]:
    (effect,) = outcome(event, promotion).effects
    return effect["value"], effect["completed"]


def test_progress_counts_within_its_period_and_begins_anew_with_the_next() -> None:
    november = {"cups@month:2026-11": 4, "cups": 2}

    assert _value(_bought(november), _cups()) == (7, 1)
    assert _value(_bought(november, "2026-11-30T20:59:59Z"), _cups()) == (7, 1)
    assert _value(_bought(november, "2026-11-30T21:00:00Z"), _cups()) == (3, 0)  # it is December in Moscow
    assert _value(_bought({"cups@month:2026-12": 1} | november), _cups()) == (7, 1)  # late, and in its own month


def test_an_achievement_may_be_complete_once_a_period_or_several_times() -> None:
    assert _value(_bought({"cups@month:2026-11": 5}), _cups()) == (8, 0)
    assert _value(_bought({"cups@month:2026-11": 4}), _cups(repeat=True)) == (2, 1)


def test_days_count_once_within_their_period() -> None:
    seen = {"cups@month:2026-11": ["2026-11-18"]}
    days = _cups(by={"type": "distinct_days"})

    assert outcome(_bought({}, days=seen), days).explain[0]["outcome"] == "zero"
    assert _value(_bought({}, "2026-11-19T09:00:00Z", days=seen), days) == (1, 0)


def test_what_is_told_names_the_period_and_its_end_and_without_one_nothing_of_it() -> None:
    within, ever = outcome(_bought({}), _cups()).effects[0], outcome(_bought({}), _cups(period=None)).effects[0]

    assert (within["period"], within["until"]) == ("month:2026-11", "2026-12-01T00:00:00+03:00")
    assert kept_as(within) == "cups@month:2026-11"
    assert ever == {"promotion": "p", "effect": 0, "kind": "progress.add", "achievement": "cups",
                    "delta": 3, "value": 3, "completed": 0}  # fmt: skip


def test_the_index_comes_to_the_same() -> None:
    promotion = engine.promotion(_cups())
    event = _bought({"cups@month:2026-11": 4})

    plain = engine.run(PROGRAM, [promotion], event, {})
    indexed = engine.run_indexed(PROGRAM, engine.Index((promotion,)), event, {})

    assert plain.effects == indexed.effects


@pytest.mark.parametrize(
    ("period", "day", "begins", "ends"),
    [
        ("day", "2026-12-31", 0, "2027-01-01T00:00:00+03:00"),
        ("week", "2026-11-22", 0, "2026-11-23T00:00:00+03:00"),
        ("week", "2026-11-23", 240, "2026-11-30T04:00:00+03:00"),
        ("month", "2026-12-31", 0, "2027-01-01T00:00:00+03:00"),
        ("month", "2028-01-31", 0, "2028-02-01T00:00:00+03:00"),
        ("year", "2026-01-01", 0, "2027-01-01T00:00:00+03:00"),
    ],
)
def test_a_period_is_over_where_the_next_day_of_business_begins(period: str, day: str, begins: int, ends: str) -> None:
    assert over(period, dt.date.fromisoformat(day), MOSCOW, begins).isoformat() == ends


@pytest.mark.parametrize("name", ["cups", "cups@home", "a@month:x y", "cups@week:2026-W47@month"])
def test_a_name_that_is_no_period_stays_what_it_is(name: str) -> None:
    assert achievement(name) == name
    assert achievement(kept_as({"achievement": name, "period": "week:2026-W47"})) == name
