"""Claw-backs at their edges: which lots are asked, how far a debt goes, and which rows are made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coalition import ledger
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, NotFound
from tests.coalition.ledger.conftest import drawn, instant


def _split(clawed: ledger.ClawedBack) -> tuple[int, int, int, int]:
    return clawed.own, clawed.others, clawed.owed, clawed.waived


def test_only_a_credit_is_clawed_back_and_only_where_it_was_issued(book):
    wallet, other = book.wallet(1), book.wallet(2)
    credit = book.earn(wallet, 50)
    book.earn(other, 50)
    spent = book.spend(wallet, 20)

    for account, entry_id in ((other, credit.entry_id), (wallet, spent.entry_id)):
        with pytest.raises(NotFound):
            book.claw_back(account, entry_id, 5)

    assert (book.balance(wallet).available, book.balance(other).available) == (30, 50)


def test_others_pay_from_the_very_instant_they_begin_until_the_one_they_end(book):
    wallet = book.wallet()
    lost = book.earn(wallet, 50)
    book.spend(wallet, 50)
    book.earn(wallet, 5, days=-1)
    begins = replace(book.credit(wallet, 20), active_at=instant())
    ends = replace(book.credit(wallet, 10), expires_at=instant())
    book.post(begins, ends)

    assert _split(book.claw_back(wallet, lost.entry_id, 40)) == (0, 20, 20, 0)


def test_others_pay_no_more_than_what_is_left_of_a_credit_does_not(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 50, days=5)
    book.spend(wallet, 40)
    book.earn(wallet, 100, days=9)

    assert _split(book.claw_back(wallet, credit.entry_id, 30)) == (10, 20, 0, 0)


def test_own_points_are_taken_until_the_very_instant_they_end(book):
    wallet = book.wallet()
    ends = replace(book.credit(wallet, 10), expires_at=instant())
    ended = [book.post(ends)[0].entry_id, book.earn(wallet, 10, days=-1).entry_id]

    assert [_split(book.claw_back(wallet, credit, 10)) for credit in ended] == [(0, 0, 10, 0)] * 2


@pytest.mark.parametrize(("microseconds", "own"), [(0, 0), (1, 40)])
def test_points_that_ended_by_idleness_at_this_very_instant_are_not_there_to_be_taken(book, microseconds, own):
    wallet = book.wallet()
    credit = book.earn(wallet, 40, days=None, idle_at=instant())

    def clawed() -> int:
        idle = "UPDATE wallet SET idle_at = now() + :us * interval '1 microsecond' WHERE account_id = :id"
        execute(idle, {"us": microseconds, "id": wallet})
        return book.claw_back(wallet, credit.entry_id, 40).own

    assert transact(clawed) == own


def test_a_debt_goes_as_far_as_the_floor_less_what_is_owed_already(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 100)
    book.spend(wallet, 100)

    splits = [_split(book.claw_back(wallet, credit.entry_id, amount, floor=30)) for amount in (20, 15, 5)]

    assert splits == [(0, 0, 20, 0), (0, 0, 10, 5), (0, 0, 0, 5)]


def test_a_claw_back_names_the_rows_that_it_made_and_no_others(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 100)
    book.spend(wallet, 90)

    clawed = [book.claw_back(wallet, credit.entry_id, 10, floor=floor) for floor in (1000, 10, 0)]

    assert [_split(one) for one in clawed] == [(10, 0, 0, 0), (0, 0, 10, 0), (0, 0, 0, 10)]
    made = fetch_all("SELECT id, kind FROM entry WHERE kind = 8 OR kind = 2 AND origin_id IS NOT NULL ORDER BY id")
    assert [row.kind for row in made] == [2, 8]
    assert [one.entry_ids for one in clawed] == [(made[0].id,), (made[1].id,), ()]


def test_the_awards_of_one_receipt_are_clawed_back_under_one_key_each_with_its_debt(book):
    wallet = book.wallet()
    credits = [book.earn(wallet, 30, key="k", no=no).entry_id for no in range(3)]
    book.spend(wallet, 60)

    splits = [_split(book.claw_back(wallet, credit, 30, key="r", no=no)) for no, credit in enumerate(credits)]

    assert splits == [(0, 30, 0, 0), (0, 0, 30, 0), (0, 0, 30, 0)]
    keys = fetch_all("SELECT no FROM entry WHERE kind = 8 AND external_id = 'r' ORDER BY id")
    assert [row.no for row in keys] == [-1, -2, -3]


def test_points_that_came_back_or_arrived_are_the_credits_own_in_its_wallet_alone(book):
    wallet, bystander = book.wallet(1), book.wallet(2)
    credit = book.earn(wallet, 20, days=5, legs=((10, 1), (11, 1)))
    book.earn(wallet, 40, days=3)
    book.earn(bystander, 80)
    book.give_back(wallet, book.spend(wallet, 50).entry_id, 6)

    clawed = book.claw_back(wallet, credit.entry_id, 20, policy="within_balance")

    assert _split(clawed) == (16, 0, 0, 4)
    assert book.balance(bystander).available == 80


@pytest.mark.parametrize(("amount", "draws"), [(7, [7]), (8, [8]), (10, [8, 2]), (12, [8, 4]), (15, [8, 4, 3])])
def test_of_a_credits_own_lots_that_which_it_was_born_with_goes_first(book, amount, draws):
    wallet = book.wallet()
    credit = book.earn(wallet, 20, days=5, legs=((10, 1), (11, 1)))
    spent = book.spend(wallet, 12)
    for _ in range(2):
        book.give_back(wallet, spent.entry_id, 4)
    before = [lot.entry_id for lot in ledger.lots(wallet)]
    book.earn(wallet, 30, days=2)

    clawed = book.claw_back(wallet, credit.entry_id, amount)

    asked = "SELECT lot_id, amount FROM allocation WHERE debit_id = :id ORDER BY no"
    rows = fetch_all(asked, {"id": clawed.entry_ids[0]})
    assert [tuple(row) for row in rows] == list(zip(before, draws, strict=False))
    assert before[0] == credit.entry_id


@pytest.mark.parametrize("speed", [1, 1000])
@pytest.mark.parametrize("replay", [False, True])
def test_a_single_point_owed_is_paid_by_the_next_credit(book, speed, replay):
    wallet = book.wallet()
    lost = book.earn(wallet, 1)
    book.spend(wallet, 1)
    book.claw_back(wallet, lost.entry_id, 1)

    other = book.credit(book.wallet(2), 5)
    if replay:
        book.post(other)

    book.post(book.credit(wallet, 5), other, bulk_from=speed)

    assert (book.balance(wallet).available, book.balance(wallet).arrears) == (4, 0)


def test_whatever_way_points_were_taken_back_they_are_not_taken_back_again(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 100, days=5)
    book.spend(wallet, 90)
    book.earn(wallet, 20, days=9)
    book.earn(book.wallet(2), 40)

    assert _split(book.claw_back(wallet, credit.entry_id, 70, floor=15)) == (10, 20, 15, 25)
    with pytest.raises(Conflict) as refused:
        book.claw_back(wallet, credit.entry_id, 31)

    assert refused.value.extra == {"available": 30}


def test_what_came_back_of_something_else_is_not_clawed_back_again(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 100)
    book.give_back(wallet, book.spend(wallet, 50).entry_id, 20)
    book.claw_back(wallet, credit.entry_id, 90)

    with pytest.raises(Conflict) as refused:
        book.claw_back(wallet, credit.entry_id, 11)

    assert refused.value.extra == {"available": 10}


@pytest.mark.parametrize("speed", [1, 1000])
def test_a_credit_that_ends_at_this_very_instant_pays_no_arrears(book, speed):
    wallet = book.wallet()
    lost = book.earn(wallet, 30)
    book.spend(wallet, 30)
    book.claw_back(wallet, lost.entry_id, 30)
    ends, lasts = (replace(book.credit(wallet, 20), expires_at=instant()), book.credit(wallet, 7))

    book.post(ends, lasts, bulk_from=speed)

    assert book.balance(wallet).arrears == 23


def test_a_single_point_owed_is_owed_to_whoever_funded_the_first_point_of_the_credit(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 10, legs=((10, 1), (11, 1), (12, 1)))
    book.spend(wallet, 10)

    book.claw_back(wallet, credit.entry_id, 1)

    assert [row for row in drawn() if row[0] == "clawback"] == [("clawback", 12, 1)]


def test_debts_of_one_credit_complete_each_other_leg_by_leg(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 20, legs=((10, 2), (11, 1)))
    book.spend(wallet, 20)

    for amount in (10, 10):
        book.claw_back(wallet, credit.entry_id, amount)

    owed = [(party, points) for kind, party, points in drawn() if kind == "clawback"]
    assert owed == [(10, 7), (11, 3), (10, 6), (11, 4)]
