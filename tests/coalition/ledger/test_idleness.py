"""Points that end when nothing happens, and all points when a program is over."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.db import execute, fetch_all, transact
from coalition.ledger import AccountKind, Arrival, Attribution, Operation
from tests.coalition.ledger.conftest import BONUS, PROGRAM, SHOP, drawn


def _in(days: float) -> dt.datetime:
    return now() + dt.timedelta(days=days)


def _sweep(days: float = 0) -> int:
    return transact(lambda: ledger.expire(_in(days), 100))


def test_each_posting_moves_the_end_of_all_points_forward_and_none_back(book):
    wallet = book.wallet()
    book.earn(wallet, 10, days=None, idle_at=_in(30))
    book.earn(wallet, 20, days=None, idle_at=_in(60))
    book.spend(wallet, 5, idle_at=_in(50))

    assert [((end - now()).days, amount) for amount, end in book.balance(wallet).next_expirations] == [(59, 25)]

    book.spend(wallet, 5, idle_at=_in(90))
    book.release(book.hold(wallet, 5, idle_at=_in(95)))

    assert [((end - now()).days, amount) for amount, end in book.balance(wallet).next_expirations] == [(94, 20)]
    assert (_sweep(94), _sweep(96), _sweep(96)) == (0, 1, 0)
    assert [row for row in drawn() if row[0] == "expire"] == [("expire", 10, 20)]


def test_what_ended_by_idleness_cannot_be_spent_before_the_sweep_nor_woken_by_a_new_credit(book):
    wallet = book.wallet()
    for speed in (1, 1000):
        book.post(book.credit(wallet, 40, days=None, idle_at=_in(-1)))
        refused = [
            book.post(book.debit(wallet, 1), bulk_from=speed)[0],
            book.post(book.debit(wallet, 1, idle_at=_in(9)), bulk_from=speed)[0],
        ]
        before = book.balance(wallet).available

        book.post(book.credit(wallet, 7, days=None, idle_at=_in(30)), bulk_from=speed)

        assert [one.refused for one in refused] == ["insufficient_points"] * 2
        assert (before, book.balance(wallet).available) == (0, 7)
        _sweep(31)


def test_of_a_wallets_credits_in_one_wave_the_latest_end_holds(book):
    wallet = book.wallet()
    ends = [_in(days) for days in (30, 60, 45)]

    book.post(*(book.credit(wallet, 7, days=None, idle_at=end) for end in ends), bulk_from=1)

    assert book.balance(wallet).next_expirations == ((21, max(ends)),)


def test_a_wave_of_credits_wakes_the_wallets_in_their_order(book):
    wallets = [book.wallet(member) for member in range(1, 4)]
    for wallet in wallets:
        book.earn(wallet, 40, days=None, idle_at=_in(-1))

    book.post(*(book.credit(wallet, 7, idle_at=_in(30)) for wallet in reversed(wallets)), bulk_from=1)

    ended = fetch_all("SELECT account_id, amount FROM entry WHERE kind = 6 ORDER BY id")
    assert [tuple(row) for row in ended] == [(wallet, -40) for wallet in wallets]


@pytest.mark.parametrize("rule", Attribution)
@pytest.mark.parametrize("speed", [1, 1000])
def test_points_end_by_idleness_at_the_very_instant_and_not_after_it(book, rule, speed):
    wallet = book.wallet()
    book.earn(wallet, 40, days=None, idle_at=_in(3))

    def spend(microseconds_before: int) -> tuple[int, str | None]:
        idle = "UPDATE wallet SET idle_at = now() + :us * interval '1 microsecond' WHERE account_id = :id"
        execute(idle, {"us": microseconds_before, "id": wallet})
        before = book.balance(wallet).available
        return before, book.post(book.debit(wallet, 1, rule=rule), bulk_from=speed)[0].refused

    assert transact(lambda: spend(0)) == (0, "insufficient_points")
    assert transact(lambda: spend(1)) == (40, None)


def test_the_sweep_of_the_very_instant_ends_the_points_and_lets_the_wallet_start_anew(book):
    wallet, end = book.wallet(), _in(3)
    book.earn(wallet, 40, days=None, idle_at=end)

    swept = [transact(lambda: ledger.expire(end, 100)) for _ in range(2)]
    book.earn(wallet, 5, days=None)

    assert swept == [1, 0]
    assert (book.balance(wallet).available, book.balance(wallet).next_expirations) == (5, ())


def test_points_that_come_back_move_the_end_forward_if_told_to_and_never_wake_what_has_ended(book):
    wallet, asleep = book.wallet(1), book.wallet(2)
    book.earn(wallet, 40, days=None, idle_at=_in(30))
    book.earn(asleep, 40, days=None)
    spent, gone = book.spend(wallet, 10), book.spend(asleep, 10)
    execute("UPDATE wallet SET idle_at = now() WHERE account_id = :id", {"id": asleep})

    book.give_back(wallet, spent.entry_id, 6, idle_at=_in(60))
    book.give_back(asleep, gone.entry_id, 6)

    assert [((end - now()).days, amount) for amount, end in book.balance(wallet).next_expirations] == [(59, 36)]
    assert book.balance(asleep).available == 0
    assert _sweep() == 1
    assert book.balance(asleep).available == 0


def test_a_hold_pins_points_through_idleness_and_they_end_when_they_come_back(book):
    wallet = book.wallet()
    book.earn(wallet, 40, days=None, idle_at=_in(3))
    hold = book.hold(wallet, 30, ttl_s=60 * 86_400)

    swept = [_sweep(4), _sweep(4)]
    book.capture(hold, 10)
    book.release(hold)

    assert swept == [1, 0]
    assert _sweep(4) == 1
    assert book.balance(wallet).available == 0


def test_when_a_program_is_over_all_its_points_end_but_those_that_are_held(book):
    wallets = [book.wallet(member) for member in range(1, 6)]
    for wallet in wallets:
        book.earn(wallet, 10, days=None)
        book.earn(wallet, 10, active_days=3, restriction=4)
    hold = book.hold(wallets[0], 4)

    swept = []
    while ended := transact(lambda: ledger.wind_down(PROGRAM, now(), 4)):
        swept.append(ended)
    elsewhere = transact(lambda: ledger.wind_down(PROGRAM + 1, now(), 4))
    book.capture(hold)

    assert (sum(swept), elsewhere) == (10, 0)
    assert all(balance.available + balance.pending == 0 for balance in ledger.balances_of(wallets).values())


def test_the_sweep_of_idle_wallets_goes_by_chunks_and_leaves_those_whose_time_has_not_come(book):
    wallets = [book.wallet(member) for member in range(1, 5)]
    for wallet in wallets:
        book.earn(wallet, 10, days=None, idle_at=_in(3))
    awake, never = book.wallet(8), book.wallet(9)
    book.earn(awake, 20, days=None, idle_at=_in(30))
    book.earn(never, 40, days=None)

    swept = []
    while ended := transact(lambda: ledger.expire(_in(4), 3)):
        swept.append(ended)

    assert swept == [3, 1]
    assert [book.balance(wallet).available for wallet in (*wallets, awake, never)] == [0, 0, 0, 0, 20, 40]


def test_an_empty_wallet_whose_time_has_come_starts_anew_unless_a_hold_pins_its_points(book):
    empty, pinned = book.wallet(1), book.wallet(2)
    for wallet in (empty, pinned):
        book.earn(wallet, 10, days=None, idle_at=_in(3))
    book.spend(empty, 10)
    book.hold(pinned, 10, ttl_s=60 * 86_400)

    swept = [_sweep(4), _sweep(4)]

    ends = fetch_all("SELECT account_id FROM wallet WHERE idle_at IS NOT NULL")
    assert (swept, [row.account_id for row in ends]) == ([1, 0], [pinned])


def test_points_that_end_by_idleness_are_booked_at_the_end_of_the_wallet_or_of_the_lot_whichever_is_first(book):
    wallet, end = book.wallet(), _in(3)
    for days in (2, 5, 9):
        book.earn(wallet, days, days=days, idle_at=end)

    assert transact(lambda: ledger.expire(_in(4), 100)) == 1
    assert transact(lambda: ledger.expire(_in(4), 100)) == 2

    booked = fetch_all("SELECT amount, expires_at, occurred_at FROM entry WHERE kind = 6 ORDER BY id")
    assert [(row.amount, (row.expires_at - now()).days) for row in booked] == [(-2, 1), (-14, 2)]
    assert [row.expires_at - row.occurred_at for row in booked] == [dt.timedelta(microseconds=1)] * 2


def test_winding_down_books_what_ends_anyhow_at_its_end_and_the_rest_at_once(book):
    wallet, at = book.wallet(), now()
    book.earn(wallet, 1, days=-1)
    book.earn(wallet, 2, days=5)
    book.earn(wallet, 4, days=None)

    assert transact(lambda: ledger.wind_down(PROGRAM, at, 100)) == 3

    booked = fetch_all("SELECT amount, expires_at FROM entry WHERE kind = 6 ORDER BY expires_at")
    assert [(row.amount, row.expires_at == at) for row in booked] == [(-1, False), (-6, True)]


def test_points_move_to_a_wallet_that_has_ended_idle_and_the_old_ones_stay_gone(book):
    source, target = book.wallet(1), book.wallet(2)
    book.earn(source, 10, days=None)
    book.earn(target, 40, days=None, idle_at=_in(-1))
    contra = transact(lambda: ledger.account(PROGRAM, BONUS, AccountKind.TRANSFER, 0))
    debit = book.debit(source, 10, contra=contra)
    arrival = Arrival(account_id=target, currency_id=BONUS, idle_at=_in(30))

    transact(lambda: ledger.transfer(debit, arrival))

    assert book.balance(target).available == 10
    assert [row for row in drawn() if row[0] == "expire"] == [("expire", 10, 40)]


def test_a_wave_moves_the_end_for_whatever_is_new_by_any_part_of_its_key(book):
    wallet = book.wallet()
    known = book.credit(wallet, 1, key="k", idle_at=_in(10))
    book.post(known, bulk_from=1)
    parts = [{}, {"partner_id": SHOP + 1}, {"operation": Operation.EVENT}, {"external_id": "l"}, {"no": 1}]

    ends = []
    for days, part in enumerate(parts, 20):
        book.post(replace(known, idle_at=_in(days), **part), bulk_from=1)
        ((at, _),) = ((at, points) for points, at in book.balance(wallet).next_expirations)
        ends.append((at - now()).days + 1)

    assert ends == [10, 21, 22, 23, 24]


def test_wallets_whose_points_are_all_held_keep_no_other_from_the_sweep(book):
    held, other = [book.wallet(member) for member in range(1, 4)], book.wallet(9)
    for wallet in held:
        book.earn(wallet, 10, days=None, idle_at=_in(2))
        book.hold(wallet, 10, ttl_s=60 * 86_400)
    book.earn(other, 10, days=None, idle_at=_in(3))

    swept = [transact(lambda: ledger.expire(_in(4), 1)) for _ in range(2)]

    assert (swept, book.balance(other).available) == ([1, 0], 0)


def test_a_single_point_beside_held_ones_ends_by_idleness(book):
    wallet = book.wallet()
    book.earn(wallet, 11, days=None, idle_at=_in(3))
    book.hold(wallet, 10, ttl_s=60 * 86_400)

    assert (_sweep(4), _sweep(4), book.balance(wallet).available) == (1, 0, 0)


@pytest.mark.parametrize("speed", [1, 1000])
def test_a_credit_at_the_very_instant_of_the_end_finds_the_old_points_gone(book, speed):
    wallet = book.wallet()
    book.earn(wallet, 40, days=None, idle_at=_in(3))

    def credit() -> None:
        execute("UPDATE wallet SET idle_at = now() WHERE account_id = :id", {"id": wallet})
        book.post(book.credit(wallet, 7, days=None, idle_at=_in(9)), bulk_from=speed)

    transact(credit)

    assert book.balance(wallet).available == 7


def test_when_another_program_is_over_our_points_stay(book):
    wallet = book.wallet()
    book.earn(wallet, 10)

    assert transact(lambda: ledger.wind_down(PROGRAM + 1, now(), 100)) == 0
    assert book.balance(wallet).available == 10
