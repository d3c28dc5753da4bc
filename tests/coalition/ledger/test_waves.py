"""The waves of a batch: as few as keep what one after the other would do. Pure: no database."""

from __future__ import annotations

import datetime as dt
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from coalition.ledger import Credit, Debit
from coalition.ledger.waves import waves

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def a_posting(debit: bool, wallet: int, key: str, no: int = 0) -> Credit | Debit:
    common = {
        "account_id": wallet,
        "contra_id": 9,
        "amount": 1,
        "occurred_at": NOON,
        "program_id": 1,
        "partner_id": 1,
        "currency_id": 1,
        "operation": 1,
        "external_id": key,
        "no": no,
        "request_hash": b"",
    }
    if debit:
        return Debit(**common)  # type: ignore[arg-type]
    return Credit(**common, funding_id=1, expires_at=None)  # type: ignore[arg-type]


def made(*batch: tuple[bool, int, str]) -> list[list[int]]:
    return waves([a_posting(*one) for one in batch])


def test_a_batch_of_one_sort_is_one_wave_in_the_order_of_its_wallets() -> None:
    assert made((False, 3, "a"), (False, 1, "b"), (False, 3, "c")) == [[1, 0, 2]]
    assert made((True, 3, "a"), (True, 1, "b"), (True, 2, "c")) == [[1, 2, 0]]
    assert waves([]) == []


def test_credits_go_before_debits_where_nothing_ties_them() -> None:
    assert made((True, 1, "a"), (False, 2, "b")) == [[1], [0]]


def test_a_wallets_postings_keep_their_order_whatever_their_sort() -> None:
    assert made((True, 1, "a"), (False, 1, "b"), (True, 1, "c")) == [[0], [1], [2]]
    assert made((False, 1, "a"), (True, 1, "b"), (True, 1, "c"), (False, 1, "d")) == [[0], [1, 2], [3]]


def test_a_key_comes_once_in_a_wave() -> None:
    assert made((False, 1, "a"), (False, 2, "a"), (False, 2, "b")) == [[0], [1, 2]]
    assert made((False, 1, "a"), (True, 2, "a"), (True, 2, "a")) == [[0], [1], [2]]


def test_another_number_under_a_key_is_another_key() -> None:
    assert waves([a_posting(False, 1, "a", 0), a_posting(False, 1, "a", 1)]) == [[0, 1]]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4), st.sampled_from("abcdef")), max_size=25))
def test_no_wave_mixes_what_depends_on_each_other(batch: list[tuple[bool, int, str]]) -> None:
    found = made(*batch)
    wave_of = {place: at for at, wave in enumerate(found) for place in wave}

    assert sorted(wave_of) == list(range(len(batch)))
    assert all(len({batch[place][0] for place in wave}) == 1 for wave in found)
    for wave in found:
        assert wave == sorted(wave, key=lambda place: (batch[place][1], place))
    for earlier, later in combinations(range(len(batch)), 2):
        if batch[earlier][2] == batch[later][2]:
            assert wave_of[earlier] < wave_of[later]
        if batch[earlier][1] == batch[later][1]:
            assert wave_of[earlier] <= wave_of[later]
