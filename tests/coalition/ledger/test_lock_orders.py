"""The order of locks, with two sessions: whoever waits for the first of two has not taken the second, in any direction.

All take wallets in the order of their ids, and a wave the keys of its postings in theirs; then none waits in a ring.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from coalition import ledger
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Conflict
from coalition.ledger import AccountKind, Credit, Operation
from tests.coalition.ledger.conftest import BONUS, PROGRAM, SHOP, Book, run

NEXT_SHOP = SHOP + 1
BOTH_WAYS = ("transfer", "merge", "wave", "wave after a replay", "wave that awakens", "debits")


@pytest.mark.parametrize(
    ("deed", "falling"),
    [("first transfer", False), *((deed, falling) for deed in BOTH_WAYS for falling in (False, True))],
)
def test_who_waits_for_the_first_wallet_has_not_taken_the_second(live, apart, deed, falling):
    book = Book()
    with live.app_context():
        first, second = book.wallet(1), book.wallet(2)
        known = book.credit(first, 100, key="a")
        book.post(known, *([] if deed == "first transfer" else [book.credit(second, 100)]))
        work = _moving(book, deed, [second, first] if falling else [first, second], known)

        def touch_both_while_another_waits() -> Future[Any]:
            execute("SET LOCAL lock_timeout = '300ms'")
            book.earn(first, 1)
            waiting = apart(work)
            book.earn(second, 1)
            return waiting

        transact(touch_both_while_another_waits).result()


@pytest.mark.parametrize("falling", [False, True])
def test_who_comes_to_a_merged_wallet_takes_it_and_its_home_in_the_order_of_all(live, apart, falling):
    book = Book()
    with live.app_context():
        first, second = book.wallet(1), book.wallet(2)
        gone, home = (second, first) if falling else (first, second)
        book.earn(gone, 100)
        spent = book.spend(gone, 40)
        book.merge(gone, home)

        def lock_both_while_another_waits() -> Future[Any]:
            _lock(first)
            waiting = apart(lambda: book.give_back(gone, spent.entry_id, 10))
            _lock(second)
            return waiting

        transact(lock_both_while_another_waits).result()

        assert book.balance(home).available == 70


@pytest.mark.parametrize("sort", ["credits", "debits"])
@pytest.mark.parametrize("falling", [False, True])
def test_who_waits_for_the_first_key_has_not_taken_the_second(live, apart, sort, falling):
    book = Book()
    with live.app_context():
        mine, other = book.wallet(1), book.wallet(2)
        known = book.credit(mine, 100, key="a")
        book.post(known, book.credit(other, 100))
        made = book.credit if sort == "credits" else book.debit
        keys = [replace(made(mine, 10, key="b"), partner_id=shop) for shop in (SHOP, NEXT_SHOP)]
        wave = [*([known] if sort == "credits" else []), *(keys[::-1] if falling else keys)]

        def take_both_while_another_waits() -> Future[Any]:
            execute("SET LOCAL lock_timeout = '300ms'")
            book.post(replace(keys[0], account_id=other))
            waiting = apart(lambda: ledger.post(wave, bulk_from=1))
            book.post(replace(keys[1], account_id=other))
            return waiting

        told = transact(take_both_while_another_waits).result()

        assert [posted.refused for posted in told[-2:]] == ["external_id_conflict"] * 2
        assert book.balance(other).available == (120 if sort == "credits" else 80)


def test_a_hold_is_made_longer_in_its_wallets_turn(live, apart):
    book = Book()
    with live.app_context():
        wallet = book.wallet()
        book.earn(wallet, 10)
        hold = book.hold(wallet, 5)

        def capture_while_another_waits() -> Future[Any]:
            book.earn(wallet, 1)
            waiting = apart(lambda: ledger.extend_hold((wallet, hold.id), 86_400))
            book.capture(hold)
            return waiting

        waiting = transact(capture_while_another_waits)

        with pytest.raises(Conflict):
            waiting.result()


def _moving(book: Book, deed: str, order: list[int], known: Credit) -> Callable[[], Any]:
    """A deed that touches both wallets, in this order as far as its caller has one."""
    source, target = order
    contra = run(lambda: ledger.account(PROGRAM, BONUS, AccountKind.TRANSFER, 0))
    debit = book.debit(source, 7, contra=contra, operation=Operation.TRANSFER)
    transfer = lambda: ledger.transfer(debit, ledger.Arrival(account_id=target, currency_id=BONUS))  # noqa: E731
    wave = [book.credit(wallet, 5) for wallet in order]
    awaking = [replace(credit, idle_at=credit.expires_at) for credit in wave]
    debits = [book.debit(wallet, 5) for wallet in order]
    return {
        "transfer": transfer,
        "first transfer": transfer,
        "merge": lambda: book.merge(source, target),
        "wave": lambda: ledger.post(wave, bulk_from=1),
        "wave after a replay": lambda: ledger.post([known, *wave], bulk_from=1),
        "wave that awakens": lambda: ledger.post(awaking, bulk_from=1),
        "debits": lambda: ledger.post(debits, bulk_from=1),
    }[deed]


def _lock(wallet: int) -> None:
    execute("SELECT FROM wallet WHERE account_id = :wallet FOR NO KEY UPDATE NOWAIT", {"wallet": wallet})
