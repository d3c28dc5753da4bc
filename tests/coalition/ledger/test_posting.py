"""Posting: exactly once under its key, first expiring first, never beyond what is there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coalition import ledger
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import Conflict
from coalition.ledger import Attribution, Operation
from tests.coalition.ledger.conftest import SHOP, instant

SPEEDS = pytest.mark.parametrize("speed", [1, 1000], ids=["in bulk", "one by one"])


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


@SPEEDS
def test_a_key_is_known_by_all_its_parts_together(book, speed):
    wallet = book.wallet()
    one, spend = book.credit(wallet, 10, key="k"), book.debit(wallet, 1, key="d")
    others = [{"partner_id": SHOP + 1}, {"operation": Operation.EVENT}, {"no": 1}, {"external_id": "l"}]
    credits, debits = ([first, *(replace(first, **other) for other in others)] for first in (one, spend))

    for postings in (credits, debits):
        first = [book.post(posting, bulk_from=speed)[0].entry_id for posting in postings]
        again = [book.post(posting, bulk_from=speed)[0] for posting in postings]

        assert len(set(first)) == 5
        assert [(posted.entry_id, posted.replayed) for posted in again] == [(entry_id, True) for entry_id in first]
    poor = replace(book.debit(wallet, 1000, key="d"), no=7)
    assert book.post(poor, bulk_from=speed)[0].refused == "insufficient_points"


def test_a_debit_beyond_the_usable_points_is_refused_with_what_is_available(book):
    wallet = book.wallet()
    book.earn(wallet, 70)
    book.earn(wallet, 1000, active_days=3)

    with pytest.raises(Conflict) as refused:
        book.spend(wallet, 71)

    assert (refused.value.code, refused.value.extra) == ("insufficient_points", {"available": 70})


@SPEEDS
def test_a_wallet_that_never_had_points_has_none_to_spend(book, speed):
    (posted,) = book.post(book.debit(book.wallet(), 1), bulk_from=speed)

    assert (posted.refused, posted.available, posted.undrawn) == ("insufficient_points", 0, 0)


@SPEEDS
def test_a_debit_takes_a_lot_to_its_last_point_and_none_that_is_not_usable(book, speed):
    wallet = book.wallet()
    book.earn(book.wallet(2), 500, days=1)
    book.earn(wallet, 7, days=-1)
    book.earn(wallet, 8, days=5, active_days=3)
    book.earn(wallet, 9, days=6, restriction=4)
    first = book.earn(wallet, 20, days=10)
    second = book.earn(wallet, 30, days=20)

    asked = [book.post(book.debit(wallet, amount), bulk_from=speed)[0] for amount in (20, 31, 30)]

    drawn = fetch_all("SELECT debit_id, lot_id, amount FROM allocation ORDER BY debit_id")
    assert [tuple(row) for row in drawn] == [
        (asked[0].entry_id, first.entry_id, 20),
        (asked[2].entry_id, second.entry_id, 30),
    ]
    assert (asked[1].refused, asked[1].available) == ("insufficient_points", 30)
    assert [lot.remaining for lot in ledger.lots(wallet)] == [7, 8, 9]


@SPEEDS
@pytest.mark.parametrize("rule", Attribution)
def test_points_are_usable_from_the_very_instant_they_begin_until_the_one_they_end(book, speed, rule):
    wallet = book.wallet()
    book.post(
        replace(book.credit(wallet, 20), active_at=instant()),
        replace(book.credit(wallet, 10), expires_at=instant()),
    )
    before = book.balance(wallet)

    beyond, whole = (book.post(book.debit(wallet, points, rule=rule), bulk_from=speed)[0] for points in (21, 20))

    assert (before.available, before.pending, [points for points, _ in before.next_expirations]) == (20, 0, [20])
    assert (beyond.refused, beyond.available) == ("insufficient_points", 20)
    assert (whole.refused, [lot.remaining for lot in ledger.lots(wallet)]) == (None, [10])


@SPEEDS
@pytest.mark.parametrize("rule", Attribution)
def test_of_lots_alike_to_the_point_and_the_end_only_those_drawn_are_taken(book, speed, rule):
    wallet = book.wallet()
    one = book.credit(wallet, 10)
    book.post(*(replace(one, no=number) for number in range(3)))

    book.post(book.debit(wallet, 10, rule=Attribution.FIFO), bulk_from=speed)
    book.post(book.debit(wallet, 5, rule=rule), bulk_from=speed)

    assert sum(lot.remaining for lot in ledger.lots(wallet)) == book.balance(wallet).available == 15


@SPEEDS
@pytest.mark.parametrize("rule", Attribution)
def test_of_lots_with_one_end_a_draw_uses_up_none_but_its_own(book, speed, rule):
    wallet = book.wallet()
    large = book.credit(wallet, 30)
    book.post(large, replace(large, amount=10, no=1))

    book.post(book.debit(wallet, 10, rule=rule), bulk_from=speed)

    assert sorted(lot.remaining for lot in ledger.lots(wallet)) == (
        [8, 22] if rule == Attribution.PRO_RATA else [10, 20]
    )


@SPEEDS
def test_debits_that_meet_at_the_edge_of_a_lot_draw_from_one_each(book, speed):
    wallet = book.wallet()
    lots = [book.earn(wallet, points, days=points).entry_id for points in (10, 20, 30)]

    posted = book.post(*(book.debit(wallet, points) for points in (10, 20, 5)), bulk_from=speed)

    drawn = fetch_all("SELECT debit_id, lot_id, amount, drawn_before FROM allocation ORDER BY debit_id")
    assert [tuple(row) for row in drawn] == [
        (debit.entry_id, lot, points, 0) for debit, lot, points in zip(posted, lots, (10, 20, 5), strict=True)
    ]


@SPEEDS
@pytest.mark.parametrize("rule", Attribution)
def test_a_key_that_stands_elsewhere_is_refused_as_such_even_to_the_last_point(book, speed, rule):
    wallet, other = book.wallet(1), book.wallet(2)
    for one in (wallet, other):
        book.earn(one, 100)
    book.spend(other, 1, key="k")

    (exactly,) = book.post(book.debit(wallet, 100, key="k", rule=rule), bulk_from=speed)
    (beyond,) = book.post(book.debit(wallet, 101, key="k", rule=rule), bulk_from=speed)

    assert (exactly.refused, beyond.refused) == ("external_id_conflict", "insufficient_points")
    assert book.balance(wallet).available == 100


@SPEEDS
def test_debits_of_one_lot_begin_where_the_one_before_ended(book, speed):
    wallet = book.wallet()
    first, second = (book.earn(wallet, 10, days=days).entry_id for days in (5, 9))
    book.spend(wallet, 2)

    posted = book.post(*(book.debit(wallet, points) for points in (3, 7, 4)), bulk_from=speed)

    of = "SELECT debit_id, lot_id, amount, drawn_before FROM allocation WHERE debit_id = ANY(:ids) ORDER BY 1, 2"
    drawn = fetch_all(of, {"ids": [debit.entry_id for debit in posted]})
    one, two, three = (debit.entry_id for debit in posted)
    assert [tuple(row) for row in drawn] == [
        (one, first, 3, 2),
        (two, first, 5, 5),
        (two, second, 2, 0),
        (three, second, 4, 2),
    ]
