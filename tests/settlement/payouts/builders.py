"""A closed period with something to pay in both directions, people of finance, and a provider that remembers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from flask import Flask
from psycopg import connect

from coalition import access
from coalition.kernel import approvals, audit, jobs, ports
from coalition.kernel.config import current
from coalition.kernel.db import execute, fetch_all, fetch_one, in_transaction, transact
from settlement import payouts
from settlement.payouts import NewAccount, Payment, Run
from settlement.ports import (
    Absent,
    Accepted,
    AccountKind,
    CollectRequest,
    Look,
    Outcome,
    PayoutNews,
    PayoutProvider,
    PayRequest,
    Rejected,
    Request,
    Settled,
)
from settlement.terms import Prices
from tests.settlement.builders import Coalition, on_issue

T = TypeVar("T")
MAY = dt.date(2026, 5, 5)
PERIOD = "2026-05"
PASSWORD = "correct horse battery"
_GROWING = ("entity_account", "approval", "statement_event")
_WASHED = ("invoice", "bank_statement", "payout_run", "payout_event", "job", "outbox")
_keys = count(1)


class Cashier:
    """A provider in memory: what it was asked for by reference, and what it answers next instead."""

    kind: AccountKind = "stripe"

    def __init__(self, name: str = "stripe") -> None:
        self.name = name
        self.book: dict[str, tuple[str, int]] = {}
        self.paid: dict[str, Settled] = {}
        self.keys: list[str] = []
        self.next: list[Outcome] = []
        self.lost: list[Outcome] = []

    def collect(self, request: CollectRequest) -> Outcome:
        return self._asked(request)

    def pay(self, request: PayRequest) -> Outcome:
        return self._asked(request)

    def look(self, request: Request, external_id: str | None) -> Look:
        if request.ref in self.paid:
            return self.paid[request.ref]
        known = self.book.get(request.ref)
        return Accepted(known[0]) if known else Absent()

    def cancel(self, request: Request, external_id: str, key: str) -> Outcome:
        return Rejected("cancelled")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PayoutNews | None:
        return None

    def settle(self, payment: Payment, amount_minor: int | None = None) -> None:
        """The money of a payment moves."""
        external, amount = self.book[payment.ref]
        self.paid[payment.ref] = Settled(external, f"po-{external}", amount_minor or amount, MAY)

    def _asked(self, request: CollectRequest | PayRequest) -> Outcome:
        """`next` is answered instead of doing anything, `lost` after it was done."""
        self.keys.append(request.idempotency_key)
        if self.next:
            return self.next.pop(0)
        external, _ = self.book.setdefault(request.ref, (f"ext{len(self.book) + 1}", request.amount_minor))
        return self.lost.pop(0) if self.lost else Accepted(external)


class Finance:
    """Two people of finance: the first asks and reserves, the second approves."""

    def __init__(self) -> None:
        self.first, self.second = (self._hire(["finance"]) for _ in range(2))

    def _hire(self, roles: list[str]) -> str:
        email = f"person{next(_keys)}@coral.test"
        return f"user:{transact(lambda: access.create_user(email, PASSWORD, roles, 'staff')).id}"

    def hire(self, *roles: str) -> str:
        return self._hire(list(roles))

    def give_account(self, entity_id: int, **more: Any) -> int:
        """An account, asked for by the first and approved by the second."""
        facts = {"kind": "stripe", "holder": "Coral SIA", "currency": "EUR", "email": "pay@coral.test"}
        facts |= {"connected": f"acct_{entity_id}", **more}
        wanted = NewAccount(entity_id, **facts)
        asked = as_actor(self.first, lambda: payouts.propose(wanted, "opened", key=f"acc-{next(_keys)}"))

        def work() -> approvals.Approval:
            approvals.approve(asked.id)
            return approvals.execute(asked.id)

        done = as_actor(self.second, work)
        assert done.result is not None
        return int(done.result["account_id"])

    def reserved(self, coalition: Coalition, code: str = PERIOD, **more: Any) -> Run:
        run = as_actor(self.first, lambda: payouts.prepare(coalition.program.id, code, **more))
        return as_actor(self.first, lambda: payouts.reserve(run.id, ["stripe"]))

    def committed(self, coalition: Coalition, code: str = PERIOD, **more: Any) -> Run:
        run = self.reserved(coalition, code, **more)
        return as_actor(self.second, lambda: payouts.commit(run.id, run.content_hash or b""))


@dataclass
class Ground:
    """What all tests of payments stand on, and how it is made clean again."""

    app: Flask
    coalition: Coalition
    finance: Finance
    last: dict[str, int] = field(default_factory=dict)

    def remember(self) -> None:
        """What is there now belongs to the ground."""
        for table in _GROWING:
            row = transact(lambda table=table: fetch_one(f"SELECT coalesce(max(id), 0) AS id FROM {table}"))  # type: ignore[misc]
            self.last[table] = row.id

    def wash(self) -> None:
        """Take away what a test has left."""
        as_owner(f"TRUNCATE {', '.join(_WASHED)} CASCADE")
        for table, last in self.last.items():
            as_owner(f"DELETE FROM {table} WHERE id > {last}")
        as_owner("UPDATE entity_account SET retired_at = NULL WHERE retired_at IS NOT NULL")


def a_closed_period(code: str = "coral") -> Coalition:
    """A funds points and pays us 12.10; B redeems and is paid 2.70; S supplies and is paid 7.26; C owes 1.21."""
    coalition = Coalition(code)
    vat = Decimal("0.21")
    coalition.join("A", on_issue("0.01", vat_rate=vat))
    coalition.join("B", Prices(redeemer_rate=Decimal("0.009"), vat_rate=Decimal(0)))
    coalition.join("C", on_issue("0.01", vat_rate=vat))
    coalition.join("S", Prices(vat_rate=vat))
    coalition.issue(1000, MAY, {"A": 1})
    coalition.issue(100, MAY, {"C": 1})
    coalition.redeem(300, MAY, "B")
    coalition.deliver("S", MAY, 520, 80)
    coalition.close(PERIOD)
    return coalition


def as_actor(actor: str, work: Callable[[], T]) -> T:
    """Do something in a transaction, as somebody."""
    with acting(actor):
        return transact(work)


@contextmanager
def acting(actor: str) -> Iterator[None]:
    before = audit.origin()
    audit.set_origin(audit.Origin(actor))
    try:
        yield
    finally:
        audit.set_origin(before)


def bind(provider: PayoutProvider) -> None:
    ports.bind(PayoutProvider, provider, name=provider.name)


def work_off(times: int = 6) -> None:
    """Do all jobs, also those that wait for a later moment."""
    for _ in range(times):
        transact(lambda: execute("UPDATE job SET due_at = now() WHERE state IN ('due', 'running')"))
        jobs.run_due(50)


def look_again() -> None:
    """Let the sweeper look at every payment that is open at its provider."""
    transact(lambda: execute("UPDATE payout_payment SET looked_at = now() - interval '2 hours'"))
    transact(lambda: jobs.enqueue("payouts.wake", {}))
    work_off()


def states(run: Run) -> dict[str, tuple[str, int, int]]:
    """State, amount and what is paid of a run's payments, by the code of the entity."""
    rows = transact(
        lambda: fetch_all(
            "SELECT e.name, p.direction, p.state, p.amount_minor, p.paid_minor FROM payout_payment p"
            " JOIN legal_entity e ON e.id = p.legal_entity_id WHERE p.run_id = :run ORDER BY p.id",
            {"run": run.id},
        )
    )
    return {
        row.name.removesuffix(" SIA"): (
            row.state,
            row.amount_minor * (1 if row.direction == "out" else -1),
            row.paid_minor,
        )
        for row in rows
    }


def of(coalition: Coalition, run: Run, name: str) -> Payment:
    """The payment of a run with this partner."""
    found = payouts.payments(run.id) if in_transaction() else transact(lambda: payouts.payments(run.id))
    return next(one for one in found if one.legal_entity_id == coalition.entities[name])


def as_owner(statement: str) -> None:
    """What the application may not do."""
    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(statement.encode())
