"""Who pays is said so that it adds up: shares that are the whole together, or weights."""

from __future__ import annotations

from typing import Any

import pytest

from coalition.promotions.publishing.sponsoring import sponsor_problems

A, B = {"partner": "a"}, {"partner": "b"}


@pytest.mark.parametrize(
    ("sponsor", "pointers"),
    [
        ("operator", []),
        ({**A, "share_bp": 6000}, []),
        ([{**A, "share_bp": 6000}, {**B, "share_bp": 4000}], []),
        ([{**A, "weight": 2}, B, "operator"], []),
        ([{**A, "share_bp": 6000}], ["/sponsor"]),
        ([{**A, "share_bp": 6000}, {**B, "share_bp": 5000}], ["/sponsor"]),
        ([{**A, "share_bp": 9999}, "operator"], ["/sponsor"]),
        ([{**A, "share_bp": 5000, "weight": 1}, {**B, "share_bp": 5000}], ["/sponsor"]),
        ([{"partner": "c", "weight": 1}], ["/sponsor/0/partner"]),
    ],
)
def test_shares_are_the_whole_together_or_all_have_weights(sponsor: Any, pointers: list[str]) -> None:
    assert [one.pointer for one in sponsor_problems(sponsor, ["a", "b"], "/sponsor")] == pointers
