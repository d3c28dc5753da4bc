"""Points that move: to another wallet, into another currency, or all of one into another; funders and issue stay."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.ledger import KEEP, AccountKind, Arrival, Attribution, Operation
from tests.coalition.ledger.conftest import BONUS, PROGRAM, offences, run

MILES = 4


def _transfer(book, source: int, target: int, amount: int, *, key=None, to_amount=None, currency=BONUS, rule=0, **more):
    kind = AccountKind.TRANSFER if currency == BONUS else AccountKind.CONVERSION
    contra = run(lambda: ledger.account(PROGRAM, BONUS, kind, 0))
    debit = book.debit(source, amount, key=key, contra=contra, operation=Operation.TRANSFER, rule=rule)
    arrival = Arrival(account_id=target, currency_id=currency, amount=to_amount, **more)
    return run(lambda: ledger.transfer(debit, arrival))


def _net_by_party() -> dict[int, int]:
    rows = fetch_all("SELECT party_id, sum(points) AS points FROM ledger_movements WHERE kind = 'redeem' GROUP BY 1")
    return {party: int(points) for party, points in rows}


def test_a_transfer_keeps_expiry_funders_and_the_instant_of_issue(book):
    source, target = book.wallet(2), book.wallet(1)
    first = book.earn(source, 60, days=10, legs=((10, 2), (11, 1)))
    book.earn(source, 60, days=20)
    ends = [lot.expires_at for lot in ledger.lots(source)]

    moved = _transfer(book, source, target, 100)

    arrived = ledger.lots(target)
    assert (moved.amount, len(moved.arrival_ids), moved.replayed) == (100, 2, False)
    assert [(lot.remaining, lot.legs, lot.expires_at) for lot in arrived] == [
        (60, ((10, 2), (11, 1)), ends[0]),
        (40, ((10, 1),), ends[1]),
    ]
    assert book.balance(source).available == 20
    assert _net_by_party() == {10: 0, 11: 0}
    issued = fetch_all("SELECT DISTINCT issued_at FROM ledger_movements WHERE lot_id = :id", {"id": first.entry_id})
    assert len(issued) == 1


def test_points_that_arrived_are_drawn_by_when_they_were_issued_not_by_when_they_came(book):
    source, target = book.wallet(2), book.wallet(1)
    today = book.credit(target, 10, days=5)
    oldest = replace(today, account_id=source, external_id="oldest", occurred_at=now() - dt.timedelta(days=9))
    older = replace(today, external_id="older", occurred_at=now() - dt.timedelta(days=4))
    book.post(oldest)
    newest, second = book.post(today, older)
    first = _transfer(book, source, target, 10)

    spent = book.spend(target, 30, rule=Attribution.FIFO)

    drawn = fetch_all("SELECT lot_id FROM allocation WHERE debit_id = :id ORDER BY no", {"id": spent.entry_id})
    assert [row.lot_id for row in drawn] == [*first.arrival_ids, second.entry_id, newest.entry_id]


def test_what_arrives_of_a_lot_is_funded_by_just_what_was_drawn_of_each_party(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 10, legs=((10, 2), (11, 1)))

    for _ in range(2):
        _transfer(book, source, target, 4)

    assert [lot.legs for lot in ledger.lots(target)] == [((10, 3), (11, 1)), ((10, 1), (11, 1))]


def test_a_transfer_happens_once_under_its_key(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 100)

    first = _transfer(book, source, target, 40, key="t")
    again = _transfer(book, source, target, 40, key="t")
    with pytest.raises(Conflict) as refused:
        _transfer(book, source, target, 41, key="t")
    with pytest.raises(Conflict) as poor:
        _transfer(book, source, target, 61)

    assert (again.arrival_ids, again.amount, again.replayed) == (first.arrival_ids, 40, True)
    assert (refused.value.code, poor.value.code) == ("external_id_conflict", "insufficient_points")
    assert (book.balance(source).available, book.balance(target).available) == (60, 40)


def test_a_conversion_shares_the_new_amount_out_over_the_draws_exactly(book):
    source = book.wallet(1)
    target = run(lambda: ledger.account(PROGRAM, MILES, AccountKind.WALLET, 1))
    for amount in (10, 10, 10):
        book.earn(source, amount)

    moved = _transfer(book, source, target, 30, currency=MILES, to_amount=7, expires_at=None)

    assert [lot.remaining for lot in ledger.lots(target)] == [3, 2, 2]
    assert (moved.amount, book.balance(target).available, book.balance(target).currency_id) == (7, 7, MILES)


def test_a_draw_too_small_for_a_whole_point_arrives_as_nothing(book):
    source = book.wallet(1)
    target = run(lambda: ledger.account(PROGRAM, MILES, AccountKind.WALLET, 1))
    book.earn(source, 1)
    book.earn(source, 99)

    moved = _transfer(book, source, target, 100, currency=MILES, to_amount=2)

    assert (moved.amount, len(moved.arrival_ids)) == (2, 1)


def test_points_that_arrived_are_spent_and_clawed_back_to_who_funded_them(book):
    source, target = book.wallet(1), book.wallet(2)
    credit = book.earn(source, 9, legs=((10, 1), (11, 1), (12, 1)))
    _transfer(book, source, target, 6)
    book.spend(target, 6)

    clawed = book.claw_back(source, credit.entry_id, 9)

    assert (clawed.own, clawed.owed) == (3, 6)
    assert _net_by_party() == {10: 2, 11: 2, 12: 2}


def test_a_merge_moves_pending_and_restricted_points_and_what_is_owed(book):
    source, target = book.wallet(1), book.wallet(2)
    owed = book.earn(source, 50)
    book.spend(source, 50)
    book.earn(source, 20, active_days=3)
    book.earn(source, 20, restriction=4)
    book.earn(source, 5, days=-1)
    book.claw_back(source, owed.entry_id, 30)
    book.earn(target, 12)

    merged = book.merge(source, target)
    again = book.merge(source, target)

    assert (merged.amount, merged.arrears, again.amount, again.arrears) == (40, 30, 40, 30)
    assert (again.arrival_ids, again.replayed) == (merged.arrival_ids, True)
    gone, there = book.balance(source), book.balance(target)
    assert (gone.available, gone.pending, gone.arrears, gone.restricted) == (0, 0, 0, ())
    assert (there.available, there.pending, there.arrears, there.restricted) == (0, 20, 18, ((4, 20),))


def test_a_merge_has_its_own_keys_whatever_else_went_by_them(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 50, key="m")
    book.spend(source, 20, key="m")

    merged = book.merge(source, target, key="m")

    assert (merged.amount, merged.replayed, book.balance(target).available) == (30, False, 30)


def test_a_merge_pays_oldest_debts_first_out_of_the_survivors_own_usable_points(book):
    source, target, bystander = book.wallet(1), book.wallet(2), book.wallet(3)
    older, newer = book.earn(source, 30), book.earn(source, 20)
    book.spend(source, 50)
    book.claw_back(source, older.entry_id, 30)
    book.claw_back(source, newer.entry_id, 20)
    book.earn(bystander, 1000)
    book.earn(target, 31)
    book.earn(target, 5, days=-1)
    book.earn(target, 6, active_days=3)
    book.earn(target, 7, restriction=4)

    book.merge(source, target)

    there = book.balance(target)
    assert (there.available, there.pending, there.restricted, there.arrears) == (0, 6, ((4, 7),), 19)
    assert [tuple(row) for row in fetch_all("SELECT account_id, remaining FROM debt")] == [(target, 19)]
    assert book.balance(bystander).available == 1000


def test_a_merge_takes_even_the_last_point_for_a_debt(book):
    source, target = book.wallet(1), book.wallet(2)
    owed = book.earn(source, 30)
    book.spend(source, 30)
    book.claw_back(source, owed.entry_id, 30)
    book.earn(target, 1)

    book.merge(source, target)

    assert (book.balance(target).available, book.balance(target).arrears) == (0, 29)


def test_an_empty_wallet_merges_into_one_that_never_had_anything_and_no_law_minds(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 5, days=-1)

    merged = book.merge(source, target)

    assert (merged.amount, merged.arrival_ids, book.balance(target).available) == (0, (), 0)
    assert offences() == {}


@pytest.mark.parametrize(
    ("instant", "owed"), [("active_at", 20), ("expires_at", 30)], ids=["begins now: pays", "ends now: does not"]
)
def test_a_debt_is_paid_by_points_that_are_usable_at_the_very_instant_of_a_merge(book, instant, owed):
    source, target = book.wallet(1), book.wallet(2)
    lost = book.earn(source, 30)
    book.spend(source, 30)
    book.claw_back(source, lost.entry_id, 30)
    book.earn(target, 10)

    def merge() -> None:
        execute(f"UPDATE lot SET {instant} = now() WHERE account_id = :id", {"id": target})
        book.merge(source, target)

    transact(merge)

    assert book.balance(target).arrears == owed


def test_arrivals_add_up_in_a_wallet_that_had_some_before(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 100)

    for amount, after in ((10, 10), (20, 30), (1, 31)):
        _transfer(book, source, target, amount)
        ((undrawn,),) = fetch_all("SELECT undrawn FROM wallet WHERE account_id = :id", {"id": target})
        assert (undrawn, book.balance(target).available) == (after, after)
    assert offences() == {}


def test_a_wallet_with_open_holds_is_not_merged(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 50)
    hold = book.hold(source, 20)

    with pytest.raises(Conflict) as refused:
        book.merge(source, target)
    book.release(hold)

    assert refused.value.code == "holds_open"
    assert book.merge(source, target, "again").amount == 50


def test_an_empty_wallet_merges_into_any(book):
    merged = book.merge(book.wallet(1), book.wallet(2))

    assert (merged.amount, merged.arrears, merged.entry_id, merged.arrival_ids) == (0, 0, None, ())


def test_the_past_of_a_merged_wallet_is_taken_back_and_given_back_at_the_other(book):
    source, target = book.wallet(2), book.wallet(1)
    credit = book.earn(source, 50, legs=((10, 2), (11, 1)))
    spent = book.spend(source, 20)
    book.merge(source, target)

    book.give_back(source, spent.entry_id, 5)
    before = book.balance(target).available
    clawed = book.claw_back(source, credit.entry_id, 40)

    assert before == 35
    assert (clawed.own, clawed.others, clawed.owed) == (35, 0, 5)
    assert (book.balance(source).available, book.balance(target).available) == (0, 0)
    assert (book.balance(source).arrears, book.balance(target).arrears) == (0, 5)
    book.earn(target, 9)
    assert book.balance(target).available == 4


def test_a_single_point_given_back_to_a_merged_wallet_follows_the_others(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 10)
    spent = book.spend(source, 5)
    book.merge(source, target)

    book.give_back(source, spent.entry_id, 1)

    assert (book.balance(source).available, book.balance(target).available) == (0, 6)


def test_within_a_wallet_or_to_a_wrong_account_nothing_moves(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 50)
    debit = book.debit(source, 5)

    for impossible in (
        Arrival(account_id=source, currency_id=BONUS),
        Arrival(account_id=target, currency_id=BONUS, amount=6),
        Arrival(account_id=target, currency_id=BONUS),
    ):
        with pytest.raises(ValueError, match=r"points|stands"):
            run(lambda arrival=impossible: ledger.transfer(debit, arrival))


def test_what_moved_is_not_given_back_too(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 50)
    moved = _transfer(book, source, target, 20)

    with pytest.raises(NotFound):
        book.give_back(source, moved.entry_id, 20)


def test_an_arrival_ends_when_it_is_told_to(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 50, days=10)
    at = now() + dt.timedelta(days=99)

    _transfer(book, source, target, 10, expires_at=at)
    _transfer(book, source, target, 10, expires_at=None)
    _transfer(book, source, target, 10, expires_at=KEEP)

    ends = [lot.expires_at for lot in ledger.lots(target)]
    assert [end and (end - now()).days for end in ends] == [9, 98, None]


def _versions() -> dict[int, int]:
    return {row.account_id: row.version for row in fetch_all("SELECT account_id, version FROM wallet")}


def test_whatever_moves_points_raises_the_versions_of_the_wallets_it_concerns(book):
    ours, poor, theirs = book.wallet(1), book.wallet(2), book.wallet(3)
    in_a_week, in_two, in_four = (now() + dt.timedelta(weeks=weeks) for weeks in (1, 2, 4))
    credit, lost, _ = book.earn(ours, 100), book.earn(poor, 9), book.earn(theirs, 20, idle_at=in_four)
    known = book.credit(ours, 5)
    spent, hold = book.spend(ours, 10), book.hold(ours, 10)
    book.spend(poor, 9)
    book.earn(ours, 5, days=1)
    commands = [
        ([ours], lambda: book.post(known, bulk_from=1)),
        ([ours], lambda: book.post(known, book.credit(ours, 5), bulk_from=1)),
        ([ours], lambda: book.earn(ours, 5)),
        ([ours], lambda: book.post(book.debit(ours, 1), bulk_from=1)),
        ([ours], lambda: book.post(book.debit(ours, 1, rule=Attribution.FIFO))),
        ([ours], lambda: book.spend(ours, 1)),
        ([ours], lambda: book.hold(ours, 1)),
        ([ours], lambda: book.capture(hold, 4)),
        ([ours], lambda: book.release(hold)),
        ([ours], lambda: book.give_back(ours, spent.entry_id, 4)),
        ([ours], lambda: book.claw_back(ours, credit.entry_id, 4)),
        ([poor], lambda: book.claw_back(poor, lost.entry_id, 9)),
        ([poor], lambda: book.earn(poor, 2)),
        ([ours], lambda: ledger.expire(now() + dt.timedelta(days=2), 9)),
        ([ours, theirs], lambda: _transfer(book, ours, theirs, 4)),
        ([ours], lambda: book.earn(ours, 5, idle_at=in_a_week)),
        ([ours], lambda: book.post(book.credit(ours, 5, idle_at=in_two), bulk_from=1)),
        ([ours], lambda: ledger.expire(in_two, 9)),
        ([poor, theirs], lambda: book.merge(poor, theirs, "owing")),
        ([theirs, poor, ours], lambda: book.merge(theirs, ours, "having")),
    ]

    for number, (concerned, command) in enumerate(commands):
        before = _versions()
        command()
        after = _versions()
        raised = {account for account, version in after.items() if version > before[account]}
        assert raised == set(concerned), number


def test_points_arrive_in_the_order_in_which_they_were_drawn(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 5, days=1)
    _transfer(book, source, target, 5)
    for days in range(12, 0, -1):
        book.earn(source, days, days=days)

    moved = _transfer(book, source, target, 78, rule=Attribution.FIFO)

    amounts = {lot.entry_id: lot.amount for lot in ledger.lots(target)}
    assert [amounts[entry_id] for entry_id in moved.arrival_ids] == list(range(12, 0, -1))
