# ruff: noqa: B023 - every function made in a loop here is done before the loop goes on
"""Races, with real sessions and real commits: the last points are spent once, and only refusals are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.config import Config
from coalition.kernel.db import db, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict
from coalition.ledger import AccountKind, Operation, posting
from tests import guards, racing
from tests.coalition.ledger.conftest import BONUS, PROGRAM, Book, offences, run

CLIENTS, ROUNDS = 8, 25


def _at_once(app: Flask, works: list[Callable[[], Any]]) -> list[Any]:
    """Run the works in sessions of their own, all starting together; what each returned, or the code of its refusal."""

    def one(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Conflict as refused:
            return (refused.code, refused.extra)

    return racing.at_once(app, [partial(one, work) for work in works])


def test_eight_sessions_spend_the_last_points_and_exactly_one_wins(live):
    book = Book()
    with live.app_context():
        wallet = book.wallet()
        for _ in range(ROUNDS):
            book.earn(wallet, 60)
            book.earn(wallet, 40)
            debits = [book.debit(wallet, 100) for _ in range(CLIENTS)]

            told = _at_once(
                live, [lambda debit=debit: transact(lambda: ledger.post([debit])[0].or_refuse()) for debit in debits]
            )

            refused = [answer for answer in told if isinstance(answer, tuple)]
            assert refused == [("insufficient_points", {"available": 0})] * (CLIENTS - 1)
        assert book.balance(wallet).available == 0


def test_eight_sessions_hold_the_last_points_and_exactly_one_wins(live):
    book = Book()
    with live.app_context():
        wallet = book.wallet()
        for turn in range(ROUNDS):
            book.earn(wallet, 100)

            told = _at_once(live, [lambda n=n: book.hold(wallet, 51, key=f"{turn}-{n}") for n in range(CLIENTS)])

            winners = [answer for answer in told if isinstance(answer, ledger.Hold)]
            assert len(winners) == 1
            book.capture(winners[0])
            book.spend(wallet, 49)


def test_one_key_from_eight_sessions_has_one_effect(live):
    book = Book()
    with live.app_context():
        wallet = book.wallet()
        for turn in range(ROUNDS):
            credit = book.credit(wallet, 10, key=f"receipt-{turn}")

            told = _at_once(live, [lambda: transact(lambda: ledger.post([credit])[0])] * CLIENTS)

            assert len({posted.entry_id for posted in told}) == 1
            assert sorted(posted.replayed for posted in told) == [False] + [True] * (CLIENTS - 1)
        assert book.balance(wallet).available == 10 * ROUNDS


def test_captures_releases_and_sweeps_of_one_hold_share_it_out_exactly(live):
    book = Book()
    with live.app_context():
        wallet = book.wallet()
        book.earn(wallet, 10_000, legs=((10, 2), (11, 1)))
        for turn in range(ROUNDS):
            hold = book.hold(wallet, 70)
            works = [lambda n=n: book.capture(hold, 20, key=f"{turn}-{n}") for n in range(5)]
            works += [lambda: book.release(hold, key=f"r{turn}"), lambda: transact(lambda: ledger.expire_holds(9))]

            _at_once(live, works)

            closed = transact(lambda: ledger.get_hold(wallet, hold.id))
            assert closed.left == 0
            assert closed.state in ("released", "captured")


def test_batches_that_cross_each_other_lose_nothing(live):
    book = Book()
    with live.app_context():
        wallets = [book.wallet(member) for member in range(1, 41)]
        book.post(*[book.credit(wallet, 100) for wallet in wallets])

        def batch(client: int):
            order = wallets if client % 2 else wallets[::-1]
            postings = [book.debit(wallet, 10) for wallet in order] + [book.credit(wallet, 5) for wallet in order]
            return lambda: transact(lambda: ledger.post(postings, bulk_from=1 if client % 4 else 1000))

        for _ in range(5):
            told = _at_once(
                live, [batch(client) for client in range(CLIENTS)] + [lambda: transact(lambda: ledger.expire_holds(9))]
            )
            assert all(posted.refused in (None, "insufficient_points") for answer in told[:-1] for posted in answer)


def test_a_sweep_and_spenders_meet_without_deadlock(live):
    book = Book()
    with live.app_context():
        wallets = [book.wallet(member) for member in range(1, 21)]
        for _ in range(5):
            book.post(*[book.credit(wallet, 10, days=5) for wallet in wallets])
            spend = [book.debit(wallet, 7) for wallet in wallets]
            sweep = lambda: transact(lambda: ledger.expire(now() + timedelta(days=6), 7))  # noqa: E731

            _at_once(
                live,
                [
                    lambda: transact(lambda: ledger.post(spend[::-1])),
                    sweep,
                    sweep,
                    lambda: transact(lambda: ledger.post(spend)),
                ],
            )


def test_the_first_credits_of_a_wallet_add_up_though_two_make_it_at_once(live, apart):
    book = Book()
    with live.app_context():
        wallet = book.wallet()
        mine, others = book.credit(wallet, 10), book.credit(wallet, 5)

        def post_while_another_waits():
            ledger.post([mine])
            return apart(lambda: ledger.post([others]))

        (late,) = transact(post_while_another_waits).result()

        row = run(lambda: fetch_one("SELECT undrawn, version FROM wallet WHERE account_id = :id", {"id": wallet}))
        assert (late.undrawn, *row) == (15, 15, 1)


def test_of_two_sweeps_that_have_seen_the_same_lots_one_tells_of_them(live, fresh_database, apart):
    seen = "PERFORM pg_advisory_xact_lock(1); FOR v_of IN"
    guards.replacing(fresh_database.owner_url, "ledger_expire", "FOR v_of IN", seen)
    book = Book()
    with live.app_context():
        book.earn(book.wallet(), 10, days=5)
        sweep = lambda: ledger.expire(now() + timedelta(days=6), 9)  # noqa: E731

        def sweep_while_another_waits():
            fetch_one("SELECT pg_advisory_xact_lock(1)")
            late = apart(sweep)
            return sweep(), late

        ended, late = transact(sweep_while_another_waits)

        assert (ended, late.result()) == (1, 0)
        told = run(lambda: fetch_all("SELECT payload FROM outbox WHERE kind = 'points.expired'"))
        assert len(told) == 1


def _deadlocks() -> int:
    row = fetch_one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert row is not None
    return int(row.deadlocks)


def test_eight_sessions_take_back_one_credit_and_never_more_than_it_was(live):
    book = Book()
    with live.app_context():
        wallet = book.wallet()
        for turn in range(ROUNDS // 2):
            credit = book.earn(wallet, 100, legs=((10, 2), (11, 1)))
            book.spend(wallet, min(55, book.balance(wallet).available))

            told = _at_once(
                live,
                [
                    lambda n=n: book.claw_back(wallet, credit.entry_id, 30, key=f"{turn}-{n % 6}")
                    for n in range(CLIENTS)
                ],
            )

            taken = {one.entry_ids: one for one in told if isinstance(one, ledger.ClawedBack)}
            assert sum(one.own + one.others + one.owed for one in taken.values()) == 90
            refused = [one for one in told if isinstance(one, tuple)]
            assert set(map(repr, refused)) == {repr(("return_exceeded", {"available": 10}))}


def test_eight_sessions_give_back_one_redemption_and_never_more_than_it_was(live):
    book = Book()
    with live.app_context():
        wallet = book.wallet()
        for _ in range(ROUNDS // 2):
            book.earn(wallet, 50, legs=((10, 2), (11, 1)))
            book.earn(wallet, 50)
            spent = book.spend(wallet, 100)

            told = _at_once(live, [lambda: book.give_back(wallet, spent.entry_id, 30) for _ in range(CLIENTS)])

            assert sum(one.amount for one in told if isinstance(one, ledger.GivenBack)) == 90
            book.give_back(wallet, spent.entry_id, 10)
            book.spend(wallet, 100)


def test_transfers_that_cross_each_other_keep_every_point_and_never_lock_each_other_out(live):
    book = Book()
    with live.app_context():
        wallets = [book.wallet(member) for member in range(1, 5)]
        for wallet in wallets[:3]:
            book.post(*[book.credit(wallet, 20, legs=((10, 2), (11, 1))) for _ in range(10)])
        contra = transact(lambda: ledger.account(PROGRAM, BONUS, AccountKind.TRANSFER, 0))

        def move(client: int, turn: int):
            source, target = wallets[client % 4], wallets[(client + 1 + turn % 3) % 4]
            debit = book.debit(source, 7, contra=contra, operation=Operation.TRANSFER)
            arrival = ledger.Arrival(account_id=target, currency_id=BONUS)
            return lambda: transact(lambda: ledger.transfer(debit, arrival))

        before = _deadlocks()
        for turn in range(ROUNDS):
            _at_once(live, [move(client, turn) for client in range(CLIENTS)])

        assert sum(balance.available for balance in ledger.balances_of(wallets).values()) == 600
        assert _deadlocks() == before


def test_debts_are_netted_once_however_credits_and_claw_backs_meet(live):
    book = Book()
    with live.app_context():
        wallets = [book.wallet(member) for member in range(1, 5)]
        for turn in range(ROUNDS // 2):
            earned = {wallet: book.earn(wallet, 40).entry_id for wallet in wallets}
            for wallet in wallets:
                if left := book.balance(wallet).available:
                    book.spend(wallet, left)
            batch = [book.credit(wallet, 15) for wallet in wallets for _ in range(2)]
            works = [
                lambda: transact(lambda: ledger.post(batch[::-1], bulk_from=1)),
                lambda: transact(lambda: ledger.post([book.credit(wallet, 9) for wallet in wallets], bulk_from=1000)),
                *[
                    lambda wallet=wallet: book.claw_back(wallet, earned[wallet], 40, key=f"{turn}-{wallet}")
                    for wallet in wallets
                ],
                lambda: transact(lambda: ledger.post([book.debit(wallet, 5, rule=2) for wallet in wallets[::-1]])),
            ]
            _at_once(live, works)

            assert all(not (balance.available and balance.arrears) for balance in ledger.balances_of(wallets).values())
            assert offences() == {}


ONE_KEY = test_one_key_from_eight_sessions_has_one_effect
OF_LOCKS = (
    test_eight_sessions_spend_the_last_points_and_exactly_one_wins,
    test_eight_sessions_hold_the_last_points_and_exactly_one_wins,
    test_captures_releases_and_sweeps_of_one_hold_share_it_out_exactly,
    test_batches_that_cross_each_other_lose_nothing,
    test_a_sweep_and_spenders_meet_without_deadlock,
    test_eight_sessions_take_back_one_credit_and_never_more_than_it_was,
    test_eight_sessions_give_back_one_redemption_and_never_more_than_it_was,
    test_transfers_that_cross_each_other_keep_every_point_and_never_lock_each_other_out,
    test_debts_are_netted_once_however_credits_and_claw_backs_meet,
)


@pytest.fixture
def unguarded(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, of whose laws nobody asks afterwards."""
    from wsgi import create_app

    app = create_app(fresh_database)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    ("race", "at_once"), [(ONE_KEY, True), *((race, at_once) for race in OF_LOCKS for at_once in (True, False))]
)
def test_without_its_guard_a_race_is_lost(unguarded, fresh_database, monkeypatch, race, at_once):
    url = fresh_database.owner_url
    if race is ONE_KEY:
        guards.without_constraint(url, "entry", "uq_entry_business_key")
    else:
        guards.without_locks(url)
        monkeypatch.setattr(posting, "LOCK", "SELECT FROM wallet WHERE account_id = ANY(%s)")
    if at_once:
        guards.dawdling(url, "entry")
    monkeypatch.setitem(globals(), "ROUNDS", 100 if at_once else 4)

    def story() -> None:
        race(unguarded)
        with unguarded.app_context():
            assert offences() == {}

    racing.assert_lost(story, at_once=at_once)
