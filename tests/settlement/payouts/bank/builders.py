"""A run that is paid by bank: everybody has an account there, the operator, too."""

from __future__ import annotations

from io import BytesIO
from typing import Any, BinaryIO

from stdnum.iban import calc_check_digits

from coalition.kernel import ports
from coalition.kernel.db import fetch_all, transact
from coalition.ports import FileStore, StoredFile
from settlement import payouts
from settlement.payouts import Payment, Run, bank
from settlement.payouts.bank import Imported, Ordered
from settlement.ports import BankFiles
from tests.integrations.bank.camt import OURS, Entry, camt
from tests.settlement.builders import Coalition
from tests.settlement.payouts.builders import PERIOD, Finance, as_actor, of, work_off


def an_iban(number: int) -> str:
    """A valid account number."""
    bare = f"LV00BANK{number:013}"
    return f"LV{calc_check_digits(bare)}{bare[4:]}"


def give_accounts(coalition: Coalition, finance: Finance) -> None:
    """A bank account for everybody, also for the operator, in whose statements the tests speak."""
    for entity_id in coalition.entities.values():
        finance.give_account(entity_id, kind="iban", iban=an_iban(entity_id), connected="", email="")
    finance.give_account(coalition.operator.id, kind="iban", iban=OURS, bic="HABALV22", connected="", email="")


def a_committed_run(coalition: Coalition, finance: Finance) -> Run:
    """The run of the period, asked of the bank: A owes 12.10, C 1.21; B gets 2.70, S 7.26."""
    run = as_actor(finance.first, lambda: payouts.prepare(coalition.program.id, PERIOD))
    run = as_actor(finance.first, lambda: payouts.reserve(run.id, ["bank"]))
    run = as_actor(finance.second, lambda: payouts.commit(run.id, run.content_hash or b""))
    work_off()
    return run


def export(run: Run) -> list[Ordered]:
    return bank.export(run.id, ports.get(BankFiles), ports.get(FileStore), transact)


def content(stored: Ordered) -> bytes:
    with ports.get(FileStore).open(stored.file_key) as stream:
        return stream.read()


def take_in(data: bytes) -> Imported:
    return bank.take_in(data, ports.get(BankFiles), ports.get(FileStore), transact)


def tell(*entries: Entry, **more: Any) -> Imported:
    """The bank's statement with these entries comes in."""
    return take_in(camt(entries, **more))


def ref(coalition: Coalition, run: Run, name: str) -> str:
    """A payment's reference as it stands in a transfer."""
    return of(coalition, run, name).ref.replace("_", "")


def standing(payment: Payment) -> tuple[str, int]:
    """State and paid amount of a payment now."""
    now = transact(lambda: payouts.payment(payment.id))
    return now.state, now.paid_minor


def snapshot() -> dict[str, list[tuple[Any, ...]]]:
    """All rows that a statement of account could change."""
    tables = ("payout_run", "payout_payment", "payout_change", "payout_receipt", "bank_statement", "bank_entry")
    return {
        table: [tuple(row) for row in transact(lambda table=table: fetch_all(f"SELECT * FROM {table} ORDER BY 1"))]
        for table in (*tables, "receipt_decision", "outbox")
    }


class Lost:
    """A file store whose writer dies before the file is there."""

    def put(self, key: str, stream: BinaryIO) -> StoredFile:
        raise OSError("the disk is full")

    def open(self, key: str) -> BinaryIO:
        return BytesIO()
