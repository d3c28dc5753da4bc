"""What a mistyped word may have meant: pure, and the same for every alphabet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rewards.mistyping import allowance, meant, slips, switched

_WORDS = ["чайник", "чайники", "чашка", "kettle", "lamp", "наушники", "рюкзак", "кофе"]
_TEXT = st.text("абвabc", max_size=7)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("чайнек", ["чайник"]),
        ("чайинк", ["чайник"]),
        ("чайни", ["чайник", "чайники"]),
        ("науш", ["наушники"]),
        ("ketle", ["kettle"]),
        ("kettel", ["kettle"]),
        ("рбкзак", ["рюкзак"]),
        ("коффе", ["кофе"]),
        ("кот", []),
        ("ча", []),
        ("телевизор", []),
    ],
)
def test_a_word_means_what_it_begins_or_what_is_the_fewest_slips_away(typed: str, found: list[str]) -> None:
    assert meant(typed, _WORDS) == found


def test_keys_of_the_other_layout_are_read_as_the_word_they_were_meant_to_be() -> None:
    assert (switched("xfqybr"), switched("луееду")) == ("чайник", "kettle")
    assert switched(switched("чайник")) == "чайник"


@given(_TEXT, _TEXT)
def test_slips_count_the_same_both_ways_and_are_none_only_for_the_same_word(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one)
    assert (slips(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= slips(one, other) <= max(len(one), len(other))


@given(_TEXT, st.lists(_TEXT, max_size=6))
def test_what_is_meant_is_always_near_enough(typed: str, words: list[str]) -> None:
    for found in meant(typed, words):
        assert found.startswith(typed) or slips(typed, found) <= allowance(typed)
