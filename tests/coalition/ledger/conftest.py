"""A small program's books: wallets, partners' accounts and short ways to post to them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from flask import Flask

from coalition import ledger
from coalition.kernel.clock import now
from coalition.kernel.db import db, execute, fetch_all, in_transaction, transact
from coalition.ledger import AccountKind, Credit, Debit, Operation
from tests import racing

PROGRAM, BONUS, SHOP = 7, 3, 5
_SURROUND = """
    INSERT INTO account(program_id, currency_id, kind, owner)
    SELECT p, c, k, o FROM unnest(CAST(:kinds AS int[])) k, unnest(ARRAY[:program - 1, :program, :program + 1]) p,
           unnest(ARRAY[:currency - 1, :currency, :currency + 1]) c, unnest(ARRAY[-1, 0, 10, 99]) o
     WHERE (p, c) <> (:program, :currency) OR o IN (-1, 99) ORDER BY o DESC, p, c"""
# A draw begins where the draws of its lot before it ended; captures and releases go through what the hold drew from its
# beginning, and what is given back goes through what the debit drew from its end.
_MISPLACED = """
    WITH a AS (
      SELECT a.*, d.kind, d.origin_id, abs(a.amount) AS points FROM allocation a
        JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id)
    SELECT * FROM (
      SELECT a.debit_id, a.lot_id, a.drawn_before, sum(amount) OVER (
               PARTITION BY a.account_id, a.lot_id ORDER BY a.debit_id) - amount AS expected, amount > 0 AS looked_at
        FROM a WHERE kind <> 4
       UNION ALL
      SELECT a.debit_id, a.lot_id, a.drawn_before, h.drawn_before - a.points + sum(a.points) OVER (
               PARTITION BY a.account_id, a.origin_id, a.lot_id ORDER BY a.debit_id), true
        FROM a JOIN allocation h ON h.account_id = a.account_id AND h.debit_id = a.origin_id AND h.lot_id = a.lot_id
       WHERE a.kind IN (4, 5)
       UNION ALL
      SELECT a.debit_id, a.lot_id, a.drawn_before, o.drawn_before + o.amount - sum(a.points) OVER (
               PARTITION BY a.account_id, a.origin_id, a.lot_id ORDER BY a.debit_id), true
        FROM a JOIN allocation o ON o.account_id = a.account_id AND o.debit_id = a.origin_id AND o.lot_id = a.lot_id
       WHERE a.kind = 7) x
     WHERE looked_at AND drawn_before <> expected"""


@dataclass
class Book:
    """One program with one currency; every posting gets its own external id unless one is named."""

    numbers: count[int] = field(default_factory=lambda: count(1))

    def wallet(self, member_id: int = 1) -> int:
        return run(lambda: ledger.account(PROGRAM, BONUS, AccountKind.WALLET, member_id))

    def issuer(self, entity_id: int = 10) -> int:
        return run(lambda: ledger.account(PROGRAM, BONUS, AccountKind.ISSUANCE, entity_id))

    def redeemer(self, entity_id: int = 20) -> int:
        return run(lambda: ledger.account(PROGRAM, BONUS, AccountKind.REDEMPTION, entity_id))

    def credit(
        self,
        wallet: int,
        amount: int,
        *,
        legs=((10, 1),),
        days=365,
        active_days=None,
        key=None,
        no=0,
        body=b"",
        restriction=None,
        **more,
    ):
        return Credit(
            account_id=wallet,
            contra_id=self.issuer(),
            amount=amount,
            funding_id=run(lambda: ledger.funding(legs)),
            expires_at=None if days is None else now() + dt.timedelta(days=days),
            active_at=None if active_days is None else now() + dt.timedelta(days=active_days),
            operation=Operation.PURCHASE,
            restriction_id=restriction,
            **more,
            **self._common(key, no, body or str(amount).encode()),
        )

    def debit(
        self, wallet: int, amount: int, *, key=None, no=0, body=b"", contra=None, operation=Operation.ORDER, **more
    ):
        return Debit(
            account_id=wallet,
            contra_id=contra or self.redeemer(),
            amount=amount,
            operation=operation,
            **more,
            **self._common(key, no, body or str(amount).encode()),
        )

    def earn(self, wallet: int, amount: int, **how):
        return self.post(self.credit(wallet, amount, **how))[0].or_refuse()

    def spend(self, wallet: int, amount: int, **how):
        return self.post(self.debit(wallet, amount, **how))[0].or_refuse()

    def post(self, *batch, **how):
        return run(lambda: ledger.post(batch, **how))

    def hold(self, wallet: int, amount: int, *, ttl_s=600, key=None, **more):
        key = key or f"hold-{next(self.numbers)}"
        return run(
            lambda: ledger.hold(
                wallet,
                amount,
                ttl_s,
                program_id=PROGRAM,
                partner_id=SHOP,
                currency_id=BONUS,
                external_id=key,
                request_hash=digest(str(amount).encode()),
                purpose="test",
                **more,
            )
        )

    def capture(self, hold, amount=None, *, key=None, body=b"", **more):
        key = key or f"capture-{next(self.numbers)}"
        return run(
            lambda: ledger.capture(
                (hold.account_id, hold.id),
                amount,
                contra_id=self.redeemer(),
                external_id=key,
                partner_id=SHOP,
                request_hash=digest(body or str(amount).encode()),
                occurred_at=now(),
                **more,
            )
        )

    def release(self, hold, *, key=None, body=b"release", partner=SHOP, **more):
        key = key or f"release-{next(self.numbers)}"
        return run(
            lambda: ledger.release(
                (hold.account_id, hold.id), external_id=key, partner_id=partner, request_hash=digest(body), **more
            )
        )

    def claw_back(
        self,
        wallet: int,
        credit_id: int,
        amount: int,
        *,
        policy="arrears",
        floor=1000,
        key=None,
        no=0,
        body=b"",
        **more,
    ):
        how = {"operation": Operation.RETURN, **self._common(key, no, body or str(amount).encode()), **more}
        (clawed,) = run(
            lambda: ledger.claw_back(
                [
                    ledger.ClawBack(
                        account_id=wallet,
                        credit_id=credit_id,
                        contra_id=self.issuer(),
                        amount=amount,
                        policy=policy,
                        debt_floor=floor,
                        **how,
                    )
                ]
            )
        )
        return clawed

    def give_back(self, wallet: int, entry_id: int, amount: int, *, grace_days=None, key=None, no=0, body=b"", **more):
        how = {"operation": Operation.RETURN, **self._common(key, no, body or str(amount).encode()), **more}
        del how["program_id"], how["currency_id"]
        (given,) = run(
            lambda: ledger.give_back(
                [
                    ledger.GiveBack(
                        account_id=wallet,
                        entry_id=entry_id,
                        amount=amount,
                        grace_until=None if grace_days is None else now() + dt.timedelta(days=grace_days),
                        **how,
                    )
                ]
            )
        )
        return given

    def merge(self, source: int, target: int, key: str = "m", *, body=b"", partner=SHOP):
        return run(
            lambda: ledger.merge_wallets(
                source,
                target,
                program_id=PROGRAM,
                currency_id=BONUS,
                partner_id=partner,
                external_id=key,
                request_hash=digest(body or key.encode()),
                occurred_at=now(),
            )
        )

    def balance(self, wallet: int) -> ledger.Balance:
        return run(lambda: ledger.balances_of([wallet])[wallet])

    def _common(self, key, no, body):
        return {
            "occurred_at": now(),
            "program_id": PROGRAM,
            "partner_id": SHOP,
            "currency_id": BONUS,
            "external_id": key or f"x-{next(self.numbers)}",
            "no": no,
            "request_hash": digest(body),
        }


def run(work):
    """Do it in a transaction: the one that is open, or one of its own."""
    return work() if in_transaction() else transact(work)


def instant() -> dt.datetime:
    """The database's now, which is the same for as long as the test's transaction lasts."""
    ((found,),) = fetch_all("SELECT now()")
    return found


def digest(body: bytes) -> bytes:
    """The hash of a request's body."""
    return hashlib.sha256(body).digest()


def offences() -> dict[str, list]:
    """Every law of the ledger that is broken now, with the rows that break it."""
    found = {law.code: run(lambda law=law: fetch_all(law.sql)) for law in ledger.laws()}
    return {code: rows for code, rows in found.items() if rows}


def surround() -> None:
    """Accounts of every kind beside those of the book: of another program, another currency and another owner."""
    params = {"program": PROGRAM, "currency": BONUS, "kinds": [int(kind) for kind in AccountKind if kind != 1]}
    run(lambda: execute(_SURROUND, params))


def misplaced() -> list:
    """Draws, captures and returns that stand elsewhere in their lot than they should, if deeds came one at a time."""
    return list(run(lambda: fetch_all(_MISPLACED)))


def drawn() -> list[tuple[str, int, int]]:
    """What settlement reads: (kind, who funded it, points), in the order it was recorded."""
    rows = fetch_all("SELECT kind, party_id, points FROM ledger_movements ORDER BY entry_id, lot_id, movement_id")
    return [tuple(row) for row in rows]


def turns(debit_id: int) -> dict[int, list[int]]:
    """What is written down of each return of a debit, by its draws in their order."""
    lots = [
        row.lot_id
        for row in fetch_all("SELECT lot_id FROM allocation WHERE debit_id = :id ORDER BY no, lot_id", {"id": debit_id})
    ]
    rows = fetch_all("SELECT * FROM restored WHERE debit_id = :id ORDER BY turn", {"id": debit_id})
    found: dict[int, list[int]] = {row.turn: [0] * len(lots) for row in rows}
    for row in rows:
        found[row.turn][lots.index(row.lot_id)] = row.amount
    return found


@pytest.fixture
def book(app: Flask) -> Book:
    """The books, in the test's own transaction."""
    book = Book()
    surround()
    yield book
    assert offences() == {}
    assert misplaced() == []


@pytest.fixture
def live(fresh_database) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    yield app
    with app.app_context():
        assert offences() == {}
        db.engine.dispose()


@pytest.fixture
def apart(live: Flask) -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Begins a work in a session of its own, and returns once that waits for the one that is open here."""
    threads = ThreadPoolExecutor(1)

    def inside(work: Callable[[], Any]) -> Any:
        with live.app_context():
            return transact(work)

    def begin(work: Callable[[], Any]) -> Future[Any]:
        begun = threads.submit(inside, work)
        racing.until_somebody_waits()
        return begun

    yield begin
    threads.shutdown()
