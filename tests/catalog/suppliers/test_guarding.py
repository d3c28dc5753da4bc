"""The guardrails as numbers."""

from __future__ import annotations

import pytest

from catalog.suppliers.feeds import Guards
from catalog.suppliers.guarding import Comparison, judge


def _compare(**numbers: int) -> Comparison:
    whole = {
        "rows_read": 1000,
        "rows_ok": 1000,
        "rows_quarantined": 0,
        "rows_new": 0,
        "rows_changed": 0,
        "rows_jumped": 0,
    }
    return Comparison(**{**whole, "known": 1000, "rows_missing": 0, "distinct_ids": 1000, **numbers})


@pytest.mark.parametrize(
    ("numbers", "state", "code"),
    [
        ({}, "applied", None),
        ({"rows_read": 0, "rows_ok": 0, "distinct_ids": 0}, "refused", "empty"),
        ({"rows_quarantined": 100}, "applied", None),
        ({"rows_quarantined": 101}, "refused", "too_many_bad_rows"),
        ({"rows_missing": 200, "distinct_ids": 800}, "applied", None),
        ({"rows_missing": 201, "distinct_ids": 799}, "held", "removals_held"),
        ({"rows_missing": 801, "distinct_ids": 199}, "refused", "too_many_missing"),
        ({"rows_missing": 250, "rows_new": 250}, "refused", "ids_changed"),
        ({"rows_new": 5000, "distinct_ids": 6000}, "applied", None),
        ({"known": 60, "rows_missing": 50, "distinct_ids": 10}, "applied", None),
        ({"known": 0, "rows_new": 1000}, "applied", None),
    ],
)
def test_a_run_is_judged_by_what_it_would_lose(numbers: dict[str, int], state: str, code: str | None) -> None:
    verdict = judge(_compare(**numbers), Guards())

    assert (verdict.state, verdict.code) == (state, code)
