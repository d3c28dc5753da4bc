"""A coalition with agreements, and short ways to let points flow through the real ledger."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from itertools import count
from typing import Any

from coalition import access, ledger, partners, programs
from coalition.kernel import approvals, audit
from coalition.kernel.clock import start_of_day
from coalition.kernel.config import current
from coalition.kernel.db import fetch_one, transact
from coalition.kernel.laws import offending
from coalition.ledger import AccountKind, Credit, Debit, Operation
from settlement import accruals, laws, statements, terms
from settlement.terms import Prices
from tests.builders import a_partner, a_program

FAR = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)
_PATIENCE_S = 300  # other tests' transactions on the same server are waited for
_keys = count(1)


class Coalition:
    """A program with partners by name. Its methods open transactions of their own; days are the program's."""

    def __init__(self, code: str = "") -> None:
        self.program = transact(lambda: a_program(code))
        self.currency = transact(lambda: programs.main_currency(self.program.id))
        self.operator = transact(lambda: partners.operator_entity(self.program.id))
        self.entities: dict[str, int] = {}
        self.partners: dict[str, int] = {}

    def join(self, name: str, prices: Prices | None = None, *, starts_on: dt.date = dt.date(2020, 1, 1)) -> int:
        """A partner, and its agreement if it has one; its legal entity's id."""
        partner = transact(lambda: a_partner(self.program, name))
        entity = transact(lambda: partners.entities_of(partner.id))[0]
        self.partners[name], self.entities[name] = partner.id, entity.id
        if prices is not None:
            transact(lambda: terms.agree(entity.id, prices, starts_on=starts_on))
        return entity.id

    def account(self, kind: AccountKind, owner: int) -> int:
        return transact(lambda: ledger.account(self.program.id, self.currency.id, kind, owner))

    def issue(
        self, points: int, on: dt.date, legs: dict[str, int], *, member: int = 1, expires_at: dt.datetime = FAR
    ) -> None:
        """Points for a member, funded by these partners in these weights."""
        weights = [(self.entities[name], weight) for name, weight in legs.items()]
        funding = transact(lambda: ledger.funding(weights))
        credit = Credit(
            account_id=self.account(AccountKind.WALLET, member),
            contra_id=self.account(AccountKind.ISSUANCE, weights[0][0]),
            funding_id=funding,
            expires_at=expires_at,
            operation=Operation.PURCHASE,
            partner_id=self.partners[next(iter(legs))],
            **self._common(points, on),
        )
        [posted] = transact(lambda: ledger.post([credit]))
        assert posted.refused is None

    def redeem(self, points: int, on: dt.date, at: str | None = None, *, member: int = 1) -> bool:
        """Points spent at a partner, or in the operator's catalog; False if there were too few."""
        redeemer = self.entities[at] if at else self.operator.id
        debit = Debit(
            account_id=self.account(AccountKind.WALLET, member),
            contra_id=self.account(AccountKind.REDEMPTION, redeemer),
            operation=Operation.ORDER,
            partner_id=self.partners[at] if at else self.operator.partner_id,
            **self._common(points, on),
        )
        [posted] = transact(lambda: ledger.post([debit]))
        return posted.refused is None

    def deliver(self, supplier: str, on: dt.date, cost_minor: int, delivery_minor: int) -> None:
        """A consignment that arrived, without the order it came from: written as the tables' owner."""
        from psycopg import connect

        instant = start_of_day(on, self.program.zone) + dt.timedelta(hours=12)
        owner_url = current().owner_url.replace("postgresql+psycopg://", "postgresql://")
        with connect(owner_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(
                "INSERT INTO consignment_delivery (consignment_id, program_id, supplier_id, legal_entity_id,"
                " delivered_at, cost_minor, delivery_minor, currency) VALUES (%s, %s, 1, %s, %s, %s, %s, %s)",
                (
                    *(next(_keys), self.program.id, self.entities[supplier], instant, cost_minor, delivery_minor),
                    self.program.currency,
                ),
            )

    def take_back(self, supplier: str, on: dt.date, cost_minor: int) -> int:
        """A return that its supplier has accepted, without the order it came from: written as the tables' owner."""
        from psycopg import connect

        instant = start_of_day(on, self.program.zone) + dt.timedelta(hours=13)
        owner_url = current().owner_url.replace("postgresql+psycopg://", "postgresql://")
        number = next(_keys)
        with connect(owner_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(
                "INSERT INTO return_credit (rma_id, consignment_id, program_id, supplier_id, legal_entity_id,"
                " credited_at, cost_minor, currency) VALUES (%s, %s, %s, 1, %s, %s, %s, 'EUR')",
                (number, number, self.program.id, self.entities[supplier], instant, cost_minor),
            )
        return number

    def accrue(self) -> Any:
        """A run over all that has been posted."""
        reached = transact(lambda: accruals.quiesce(_PATIENCE_S))
        return transact(lambda: accruals.accrue(self.program.id, reached=reached))

    def close(self, code: str) -> statements.Closed:
        return transact(lambda: statements.close(self.program.id, code, patience_s=_PATIENCE_S))

    def close_and_send(self, code: str) -> statements.Closed:
        """Close a period and let everybody have their statements."""
        closed = self.close(code)
        for number in closed.statements:
            send(number)
        return closed

    def _common(self, points: int, on: dt.date) -> dict[str, Any]:
        key = f"key-{next(_keys)}"
        return {
            "amount": points,
            "occurred_at": start_of_day(on, self.program.zone) + dt.timedelta(hours=12),
            "program_id": self.program.id,
            "currency_id": self.currency.id,
            "external_id": key,
            "request_hash": hashlib.sha256(key.encode()).digest(),
        }


def on_issue(price: str, service: str = "0", **more: Any) -> Prices:
    """Who pays when points are issued."""
    return Prices(funding_mode="on_issue", issue_price=Decimal(price), service_price=Decimal(service), **more)


def count_rows(table: str) -> int:
    """How many rows a table has."""
    return int(transact(lambda: fetch_one(f"SELECT count(*) AS n FROM {table}")).n)


def broken_laws() -> dict[str, int]:
    """The laws of settlement that do not hold now, with their offending rows."""
    found = {law.code: transact(lambda law=law: offending(law)) for law in laws.laws()}
    return {code: rows for code, rows in found.items() if rows}


def send(statement_id: int) -> None:
    """Let the entity have its statement."""
    transact(lambda: statements.send(statement_id, "test"))


def a_person(name: str) -> str:
    """A person of finance, as an actor."""
    user = transact(lambda: access.create_user(f"{name}@example.com", "a long password", ["finance"], "staff"))
    return f"user:{user.id}"


def acting(actor: str) -> None:
    """From here on this actor acts."""
    audit.set_origin(audit.Origin(actor))


def approved(approval: approvals.Approval, by: str) -> approvals.Approval:
    """Another person approves what was asked for, and it is done."""
    acting(by)

    def work() -> approvals.Approval:
        approvals.approve(approval.id, seen=approval.payload_hash)
        return approvals.execute(approval.id)

    return transact(work)
