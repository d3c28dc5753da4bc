"""Expiry: the last usable day is usable to its end, and what ends is booked on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.db import fetch_all, transact
from coalition.ledger import AccountKind
from tests.coalition.ledger.conftest import BONUS, PROGRAM, drawn

OTHER = BONUS + 1


def _sweep(days: int = 0, limit: int = 100) -> int:
    """One chunk of the sweep as it will be in so many days."""
    return transact(lambda: ledger.expire(now() + dt.timedelta(days=days), limit))


def test_ended_points_are_unusable_before_any_sweep_and_gone_after_it(book):
    wallet = book.wallet()
    book.earn(wallet, 40, days=-1)
    book.earn(wallet, 30, days=50)

    before = book.balance(wallet)
    swept = [_sweep(), _sweep()]

    assert (before.available, swept) == (30, [1, 0])
    assert [lot.remaining for lot in ledger.lots(wallet)] == [30]
    assert [row for row in drawn() if row[0] == "expire"] == [("expire", 10, 40)]


def test_an_expiry_is_booked_on_the_last_usable_day(book):
    wallet = book.wallet()
    book.earn(wallet, 40, days=-2)
    _sweep()

    (expiry,) = fetch_all("SELECT occurred_at, expires_at, amount FROM entry WHERE kind = 6")

    assert expiry.occurred_at == expiry.expires_at - dt.timedelta(microseconds=1)
    assert expiry.amount == -40


def test_the_sweep_goes_by_chunks_until_nothing_is_left(book):
    wallets = [book.wallet(member) for member in range(1, 8)]
    for wallet in wallets:
        book.earn(wallet, 10, days=5)

    swept = []
    while count := _sweep(days=6, limit=3):
        swept.append(count)

    assert swept == [3, 3, 1]
    assert sum(balance.available for balance in ledger.balances_of(wallets).values()) == 0


def test_one_chunk_books_each_currencys_lots_at_its_own_breakage_one_row_a_wallet_and_day(book):
    ours, other = book.wallet(), transact(lambda: ledger.account(PROGRAM, OTHER, AccountKind.WALLET, 1))
    issuer = transact(lambda: ledger.account(PROGRAM, OTHER, AccountKind.ISSUANCE, 10))
    day = now() + dt.timedelta(days=5)
    mine = [replace(book.credit(ours, points), expires_at=day) for points in (10, 20)]
    mine.append(book.credit(ours, 40, days=6))
    theirs = replace(book.credit(other, 80), currency_id=OTHER, contra_id=issuer, expires_at=day)
    transact(lambda: ledger.post([*mine, theirs]))

    swept = [_sweep(days=7), _sweep(days=7)]

    booked = fetch_all(
        "SELECT e.account_id, c.currency_id, c.kind, c.owner, e.amount, count(*) AS draws, sum(a.amount) AS drawn"
        " FROM entry e JOIN account c ON c.id = e.contra_id"
        " JOIN allocation a ON a.account_id = e.account_id AND a.debit_id = e.id"
        " WHERE e.kind = 6 GROUP BY e.account_id, e.id, e.amount, c.currency_id, c.kind, c.owner ORDER BY e.amount"
    )
    assert swept == [4, 0]
    assert [tuple(row) for row in booked] == [
        (other, OTHER, AccountKind.BREAKAGE, 0, -80, 1, 80),
        (ours, BONUS, AccountKind.BREAKAGE, 0, -40, 1, 40),
        (ours, BONUS, AccountKind.BREAKAGE, 0, -30, 2, 30),
    ]


@pytest.mark.parametrize("idle", [False, True])
def test_what_is_left_of_a_lot_expires_with_its_funders_shares(book, idle):
    wallet, end = book.wallet(), now() + dt.timedelta(days=5)
    book.earn(wallet, 10, days=None if idle else 5, legs=((10, 1), (11, 2)), idle_at=end if idle else None)
    book.spend(wallet, 5)

    _sweep(days=6)

    gone = {(kind, party): points for kind, party, points in drawn() if kind != "issue"}
    assert gone == {("redeem", 10): 2, ("redeem", 11): 3, ("expire", 10): 1, ("expire", 11): 4}


def test_a_lot_does_not_expire_under_a_hold_but_right_after_its_release(book):
    wallet = book.wallet()
    book.earn(wallet, 40, days=5)
    hold = book.hold(wallet, 40)

    under_hold = _sweep(days=6)
    book.release(hold)
    swept = _sweep(days=6)

    assert (under_hold, swept) == (0, 1)
    assert (book.balance(wallet).available, book.balance(wallet).held) == (0, 0)


def test_a_balance_tells_pending_points_and_every_upcoming_expiry(book):
    wallet = book.wallet()
    book.earn(wallet, 10, days=5)
    book.earn(wallet, 20, days=9)
    book.earn(wallet, 30, days=9, active_days=2)
    book.earn(wallet, 40, days=None)
    book.hold(wallet, 4)

    (balance,) = transact(lambda: ledger.balances(PROGRAM, 1))

    assert (balance.available, balance.pending, balance.held, balance.arrears) == (66, 30, 4, 0)
    assert sum(amount for amount, _ in balance.next_expirations) == 56
    assert [(at - now()).days for _, at in balance.next_expirations] == [4, 8, 8]


def test_the_sweep_of_the_very_instant_takes_what_ends_then_and_nothing_that_ends_later(book):
    wallet, other, end = book.wallet(1), book.wallet(2), now() + dt.timedelta(days=5)
    first, later = (replace(book.credit(wallet, points), expires_at=end) for points in (10, 20))
    book.post(first, replace(later, expires_at=end + dt.timedelta(microseconds=1)))
    book.earn(other, 40, days=9)

    assert [transact(lambda: ledger.expire(end, 100)) for _ in range(2)] == [1, 0]
    assert [[lot.remaining for lot in ledger.lots(one)] for one in (wallet, other)] == [[20], [40]]


@pytest.mark.parametrize("idle", [False, True])
def test_what_expired_is_told_once_a_currency_wallet_by_wallet(book, idle):
    one, two, end = book.wallet(1), book.wallet(2), now() + dt.timedelta(days=5)
    how = {"days": None, "idle_at": end} if idle else {"days": 5}
    for wallet, points in ((one, 10), (one, 20), (two, 40)):
        book.earn(wallet, points, **how)
    book.earn(book.wallet(3), 80, days=90)

    assert (_sweep(days=6), _sweep(days=6)) == (3, 0)

    (told,) = fetch_all("SELECT key, payload FROM outbox WHERE kind = 'points.expired'")
    booked = fetch_all("SELECT account_id, id, -amount, expires_at FROM entry WHERE kind = 6 ORDER BY account_id, id")
    assert (told.key, told.payload["program_id"], told.payload["currency_id"]) == (f"program:{PROGRAM}", PROGRAM, BONUS)
    assert sorted(
        (account, entry, points, dt.datetime.fromisoformat(at))
        for account, entry, points, at in ledger.expired(told.payload)
    ) == [tuple(row) for row in booked]
    gone = {wallet: sum(row[2] for row in booked if row[0] == wallet) for wallet in (one, two)}
    assert gone == {one: 30, two: 40}


def test_a_single_expiry_is_told_and_none_is_not(book):
    wallet = book.wallet()
    book.earn(wallet, 10, days=5)
    told = "SELECT payload FROM outbox WHERE kind = 'points.expired'"

    counts = []
    for days in (4, 6, 7):
        _sweep(days)
        counts.append([len(ledger.expired(row.payload)) for row in fetch_all(told)])

    assert counts == [[], [1], [1]]
