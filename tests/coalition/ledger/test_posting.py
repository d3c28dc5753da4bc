"""Posting: exactly once under its key, first expiring first, never beyond what is there."""

from __future__ import annotations

import pytest

from coalition import ledger
from coalition.kernel.errors import Conflict


def test_points_earned_can_be_spent_first_expiring_first(book):
    wallet = book.wallet()
    book.earn(wallet, 100, days=30)
    book.earn(wallet, 100, days=10)
    book.earn(wallet, 100, days=None)

    posted = book.spend(wallet, 150)

    assert posted.undrawn == 150
    assert [lot.remaining for lot in ledger.lots(wallet)] == [50, 100]
    assert book.balance(wallet).available == 150


def test_a_replay_returns_the_first_entry_and_changes_nothing(book):
    wallet = book.wallet()
    first = book.earn(wallet, 100, key="receipt-1")
    spent = book.spend(wallet, 100, key="order-1")

    again = book.earn(wallet, 100, key="receipt-1")
    spent_again = book.spend(wallet, 100, key="order-1")

    assert (again.entry_id, again.replayed) == (first.entry_id, True)
    assert (spent_again.entry_id, spent_again.replayed) == (spent.entry_id, True)
    assert book.balance(wallet).available == 0


def test_the_same_key_with_another_body_is_a_conflict(book):
    wallet, other = book.wallet(1), book.wallet(2)
    book.earn(wallet, 100, key="receipt-1")

    with pytest.raises(Conflict) as refused:
        book.earn(wallet, 101, key="receipt-1")
    with pytest.raises(Conflict) as elsewhere:
        book.earn(other, 100, key="receipt-1")

    assert refused.value.code == elsewhere.value.code == "external_id_conflict"
    assert book.balance(wallet).available == 100


def test_a_debit_beyond_the_usable_points_is_refused_with_what_is_available(book):
    wallet = book.wallet()
    book.earn(wallet, 70)
    book.earn(wallet, 1000, active_days=3)

    with pytest.raises(Conflict) as refused:
        book.spend(wallet, 71)

    assert (refused.value.code, refused.value.extra) == ("insufficient_points", {"available": 70})
