"""What waits for a merge to be done, with real sessions: it happens to the wallet that is left."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.db import transact
from tests import racing
from tests.coalition.ledger.conftest import BONUS, PROGRAM, SHOP, Book


@pytest.mark.parametrize("undo", ["give back", "claw back"])
def test_what_waits_for_a_merge_happens_to_the_wallet_that_the_merge_left(live, undo):
    book = Book()
    with live.app_context():
        into, gone = book.wallet(1), book.wallet(2)
        credit, spent = book.earn(gone, 100), book.spend(gone, 40)
        undoing = {
            "give back": lambda: book.give_back(gone, spent.entry_id, 40),
            "claw back": lambda: book.claw_back(gone, credit.entry_id, 30),
        }
        with ThreadPoolExecutor(1) as threads:

            def merge_while_another_waits():
                _merge(gone, into)
                late = threads.submit(_inside, live, undoing[undo])
                racing.until_somebody_waits()
                return late

            transact(merge_while_another_waits).result()

        assert (book.balance(gone).available, book.balance(gone).arrears) == (0, 0)
        assert book.balance(into).available == {"give back": 100, "claw back": 30}[undo]


def _inside(app: Flask, work: Callable[[], Any]) -> Any:
    with app.app_context():
        return work()


def _merge(source: int, target: int) -> ledger.Merged:
    key = {"partner_id": SHOP, "external_id": "m", "request_hash": b"m", "occurred_at": now()}
    return ledger.merge_wallets(source, target, program_id=PROGRAM, currency_id=BONUS, **key)
