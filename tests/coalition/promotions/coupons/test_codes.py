"""Codes: what they are made of, what their check character finds, and how forgiving they are to read."""

from __future__ import annotations

import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from coalition.promotions.coupons import codes

letters = st.sampled_from(codes.ALPHABET)


def test_no_character_is_mistaken_for_another() -> None:
    assert len(set(codes.ALPHABET)) == 30
    assert not set(codes.ALPHABET) & set("01IOLU")


@pytest.mark.parametrize(("prefix", "length"), [("", 8), ("", 11), ("AB", 12), ("K9", 30)])
def test_the_check_character_is_that_of_iso_7064_over_our_alphabet(prefix: str, length: int) -> None:
    drawn = codes.draw(200, length, prefix)

    assert len(set(drawn)) == len(drawn) == 200
    for code in drawn:
        assert code.startswith(prefix)
        assert len(code) == len(prefix) + length + 1
        assert mod_37_36.validate(code, alphabet=codes.ALPHABET) == code
        assert codes.is_whole(code)


@given(st.text(letters, min_size=8, max_size=20), st.integers(0, 19), letters)
def test_every_wrong_character_is_found(body: str, place: int, other: str) -> None:
    whole = body + mod_37_36.calc_check_digit(body, alphabet=codes.ALPHABET)
    at = place % len(whole)
    mistaken = whole[:at] + other + whole[at + 1 :]

    assert codes.is_whole(whole)
    assert codes.is_whole(mistaken) == (mistaken == whole)


def test_nearly_every_swap_of_neighbours_is_found() -> None:
    swaps = missed = 0
    for code in codes.draw(500, 12):
        for at in range(len(code) - 1):
            if code[at] != code[at + 1]:
                swaps += 1
                missed += codes.is_whole(code[:at] + code[at + 1] + code[at] + code[at + 2 :])

    assert missed / swaps < 0.04


def test_every_character_is_as_likely_as_the_others() -> None:
    drawn = Counter("".join(code[:-1] for code in codes.draw(20_000, 15)))

    assert set(drawn) == set(codes.ALPHABET)
    assert max(drawn.values()) / min(drawn.values()) < 1.12


@pytest.mark.parametrize("count", [1, 1_000, 10**6, 10**7])
def test_a_guess_hits_a_code_once_in_a_billion_at_most(count: int) -> None:
    length = codes.length_for(count)

    assert 30**length >= 10**9 * count
    assert length == codes.SHORTEST or 30 ** (length - 1) < 10**9 * count


@given(st.text(letters, min_size=9, max_size=30))
def test_a_code_is_read_however_it_is_spaced_or_cased(code: str) -> None:
    assert codes.normal(codes.spaced(code)) == code
    assert codes.normal(f" {codes.spaced(code).lower()} ") == code


@pytest.mark.parametrize("text", ["", "A", "0OIL", "SALE10", "ЖЖЖЖ", *string.whitespace])
def test_what_cannot_be_a_code_is_not_whole(text: str) -> None:
    assert not codes.is_whole(codes.normal(text))
