"""Texts in one field: whatever they are, they come apart as they were put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.promotions.wording import joined, parted

LETTERS = st.characters(exclude_categories=["Cs", "Cc"])
TEXTS = st.lists(st.text(LETTERS, min_size=1).filter(lambda one: one == one.strip()))


@given(TEXTS)
def test_what_is_joined_is_parted_again(texts: list[str]) -> None:
    assert parted(joined(texts)) == texts


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("vip, new", ["vip", "new"]),
        (" , vip,,", ["vip"]),
        ('"vip, gold" , new', ["vip, gold", "new"]),
        ('vip, "new', ["vip", "new"]),
        ("one\ntwo, three", ["one\ntwo", "three"]),
        ('12" pizza', ['12" pizza']),
        ("", []),
    ],
)
def test_people_type_commas_between_and_quotes_around(typed: str, found: list[str]) -> None:
    assert parted(typed) == found
