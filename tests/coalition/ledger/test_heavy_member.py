"""A member with ten thousand movements and a thousand open lots: one indexed statement each for balance and history."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from coalition import ledger
from coalition.kernel.db import raw
from coalition.kernel.web.paging import Page
from coalition.ledger import AccountKind
from tests.coalition.ledger.conftest import BONUS, PROGRAM
from tests.wire import statements

MEMBER, MOVEMENTS, LOTS = 7, 10_000, 1_000
_FILL = (
    """
    INSERT INTO entry (recorded_at, account_id, contra_id, amount, occurred_at, expires_at, funding_id, program_id,
                       partner_id, currency_id, kind, operation, external_id, request_hash)
    SELECT now() - n * interval '1 hour', a, %(contra)s, 100, now(), now() + n * interval '1 day', 1, %(program)s,
           5, %(currency)s, 1, 1, a || '.' || n, ''
      FROM generate_series(%(movements)s, 1, -1) n, unnest(%(wallets)s) a""",
    """
    INSERT INTO lot (account_id, expires_at, entry_id, amount, remaining, funding_id)
    SELECT account_id, expires_at, id, amount, amount, 1 FROM entry
     WHERE account_id = ANY(%(wallets)s) AND expires_at <= now() + %(lots)s * interval '1 day'""",
    """
    INSERT INTO wallet (account_id, undrawn, program_id, currency_id)
    SELECT account_id, sum(remaining), %(program)s, %(currency)s FROM lot
     WHERE account_id = ANY(%(wallets)s) GROUP BY 1""",
    """
    INSERT INTO wallet (account_id, undrawn, program_id, currency_id)
    SELECT 1000000000 + n, 0, %(program)s, %(currency)s FROM generate_series(1, 5000) n""",
)
_SCANS = """
    SELECT coalesce(sum(seq_scan), 0)::int FROM pg_stat_xact_user_tables
     WHERE relname IN ('entry', 'lot', 'wallet') AND schemaname = 'public'"""


@pytest.fixture
def wallet(app: Flask) -> int:
    """The member's wallet, among others as full as it, and thousands: a table of three rows is best read whole."""
    owners = range(MEMBER, MEMBER + 3)
    wallets = ledger.accounts(PROGRAM, BONUS, AccountKind.WALLET, owners)
    contra = ledger.account(PROGRAM, BONUS, AccountKind.ISSUANCE, 10)
    params = {"contra": contra, "program": PROGRAM, "currency": BONUS, "wallets": list(wallets.values())}
    for statement in _FILL:
        raw().execute(statement.encode(), params | {"movements": MOVEMENTS, "lots": LOTS})
    return wallets[MEMBER]


def test_the_balance_is_one_indexed_read(wallet: int, tmp_path: Path) -> None:
    found: list[ledger.Balance] = []

    count, scans = _read(tmp_path, lambda: found.extend(ledger.balances(PROGRAM, MEMBER)))

    assert (count, scans) == (1, 0)
    assert [balance.available for balance in found] == [100 * LOTS]
    assert len(found[0].next_expirations) == LOTS


def test_a_page_of_the_history_is_one_indexed_read_wherever_it_begins(wallet: int, tmp_path: Path) -> None:
    pages: list[Page[ledger.Movement]] = []
    for _ in range(3):
        cursor = pages[-1].next_cursor if pages else None

        asked = _read(tmp_path, partial(_turn, pages, wallet, cursor))

        assert asked == (1, 0)
        assert len(pages[-1].items) == 50


def _turn(pages: list[Page[ledger.Movement]], wallet: int, cursor: str | None) -> None:
    pages.append(ledger.movements([wallet], cursor, 50))


def _read(folder: Path, work: Callable[[], object]) -> tuple[int, int]:
    """Statements on the wire, and scans of whole tables among them."""
    before = raw().execute(_SCANS.encode()).fetchone()
    count, _ = statements(raw().pgconn, folder / "wire", work)
    after = raw().execute(_SCANS.encode()).fetchone()
    assert before is not None and after is not None
    return count, after[0] - before[0]
