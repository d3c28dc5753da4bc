"""Ordering: what a run pays by bank is gathered to a file of transfers, and each request to pay stands in one file.

The file is written outside of every transaction and kept under its hash; recording it is what orders. Of two people
who export at once one records, and both get the same file; exporting again gives what was recorded, to the byte.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from coalition import partners, programs
from coalition.kernel import audit, clock, ids
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.ports import FileStore, StoredFile
from settlement.payouts import accounts
from settlement.payouts.moving import lock_run
from settlement.payouts.reading import get, payments
from settlement.payouts.types import Payment, Run
from settlement.ports import Account, BankFiles, TransferFile, TransferOrder

_MOST = 1000
_COLUMNS = """id, run_id, no, message_id, currency, execute_on, orders, total_minor, file_key, size,
    encode(sha256, 'hex') AS sha256, made_at, made_by"""
_INSERT = """
    INSERT INTO bank_file (run_id, no, message_id, account_id, currency, execute_on, orders, total_minor, file_key,
           size, sha256, made_at, made_by)
    VALUES (:run_id, :no, :message_id, :account_id, :currency, :execute_on, :orders, :total_minor, :file_key,
           :size, :sha256, :made_at, :made_by)
    ON CONFLICT DO NOTHING RETURNING id"""
# The request that a bank has accepted and that stands in no file yet. Grain: one row = one payment.
_WAITING = """
    SELECT p.id AS payment_id, max(r.id) AS request_id FROM payout_payment p
      JOIN payout_request r ON r.payment_id = p.id AND r.state = 'done'
     WHERE p.run_id = :run AND p.provider = 'bank' AND p.direction = 'out' AND p.state = 'accepted'
       AND NOT EXISTS (SELECT FROM bank_order o JOIN payout_request q ON q.id = o.request_id
                        WHERE o.payment_id = p.id AND q.round = (SELECT max(x.round) FROM payout_request x
                                                                  WHERE x.payment_id = p.id))
     GROUP BY 1"""
_DUE = f"SELECT w.payment_id, r.amount_minor FROM ({_WAITING}) w JOIN payout_request r ON r.id = w.request_id"


@dataclass(frozen=True, slots=True)
class Ordered:
    """A file of transfers as it was recorded; `orders` of them, `total_minor` together."""

    id: int
    run_id: int
    no: int
    message_id: str
    currency: str
    execute_on: dt.date
    orders: int
    total_minor: int
    file_key: str
    size: int
    sha256: str
    made_at: dt.datetime
    made_by: str

    @property
    def key(self) -> str:
        """Its public id."""
        return ids.public("bfl", self.id)


def export(run_id: int, banks: BankFiles, store: FileStore, step: Callable[[Callable[[], Any]], Any]) -> list[Ordered]:
    """The files of a run, with a new one for each currency in which something is not ordered yet. Again: the same.

    `step` runs one piece in a transaction of its own. Raises NotFound, Invalid `bank_file_invalid`; Conflict
    `account_missing` if the operator has no bank account in the currency, `nothing_to_order` without any file.
    """
    drawn: list[TransferFile] = step(lambda: draw(run_id))
    for file in drawn:
        data = banks.write_orders(file)
        digest = hashlib.sha256(data).hexdigest()  # in the key, so that who is slower does not replace the other's file
        stored = store.put(f"bank/orders/{file.message_id}-{digest[:16]}.xml", BytesIO(data))
        step(partial(record, run_id, file, stored))
    found: list[Ordered] = step(lambda: files_of(run_id))
    if not found:
        raise Conflict("nothing_to_order", "Nothing of this run is paid by bank, or not yet accepted.")
    return found


def draw(run_id: int) -> list[TransferFile]:
    """The files that would have to be written now, one for each currency. Changes nothing."""
    run, first = get(run_id), _next(run_id)  # the number is read first: who is late then meets it, and gives way
    waiting = {row.payment_id: int(row.amount_minor) for row in fetch_all(_DUE, {"run": run_id})}
    found = [payment for payment in payments(run_id) if payment.id in waiting]
    currencies = sorted({payment.currency for payment in found})
    return [
        _file(run, first + at, {one: waiting[one.id] for one in found if one.currency == currency}, currency)
        for at, currency in enumerate(currencies)
    ]


def record(run_id: int, file: TransferFile, stored: StoredFile) -> None:
    """Record that a file orders what stands in it; nothing happens if another one was faster.

    Locks the run. Conflict `run_state` if a payment has changed since the file was drawn.
    """
    lock_run(run_id)
    facts = {
        "run_id": run_id,
        "no": int(file.message_id.rpartition("-")[2]),
        "message_id": file.message_id,
        "account_id": file.account.id,
        "currency": file.account.currency,
        "execute_on": file.execute_on,
        "orders": len(file.orders),
        "total_minor": sum(order.amount_minor for order in file.orders),
        "file_key": stored.key,
        "size": stored.size,
        "sha256": bytes.fromhex(stored.sha256),
        "made_at": file.made_at,
        "made_by": audit.origin().actor,
    }
    row = fetch_one(_INSERT, facts)
    if row is None:
        return
    ordered = execute(
        f"INSERT INTO bank_order (request_id, file_id, payment_id, amount_minor)"
        f" SELECT r.id, :file, r.payment_id, r.amount_minor FROM ({_WAITING}) w JOIN payout_request r"
        f"     ON r.id = w.request_id WHERE r.payment_id = ANY(:payments)",
        {"run": run_id, "file": row.id, "payments": [ids.parse("pmt", order.ref) for order in file.orders]},
    )
    if ordered != len(file.orders):
        raise Conflict("run_state", "A payment has changed meanwhile; export the file again.")
    audit.record("bank.order", f"payout_run:{run_id}", file=file.message_id, orders=ordered, sha256=stored.sha256)


def files_of(run_id: int) -> list[Ordered]:
    """The files of a run, the first one first."""
    return _files("run_id = :run ORDER BY no", {"run": run_id})


def unordered(program_id: int) -> list[Run]:
    """The runs of a program in which something waits to be ordered, oldest first."""
    rows = fetch_all(
        f"SELECT u.id FROM payout_run u WHERE u.program_id = :program AND u.state = 'committed' AND EXISTS"
        f" ({_WAITING.replace(':run', 'u.id')}) ORDER BY u.id LIMIT 100",
        {"program": program_id},
    )
    return [get(row.id) for row in rows]


def file(file_id: int) -> Ordered:
    """The file. Raises NotFound."""
    found = _files("id = :id", {"id": file_id})
    if not found:
        raise NotFound()
    return found[0]


def files(program_id: int, limit: int = 50) -> list[Ordered]:
    """The latest files of a program."""
    condition = "run_id IN (SELECT id FROM payout_run WHERE program_id = :program) ORDER BY id DESC"
    return _files(condition, {"program": program_id}, limit)


def ordered_by(message_id: str) -> tuple[int, list[tuple[str, int]]]:
    """What a file ordered, by its message id: the total, and (reference, amount) of each; (0, []) for no file."""
    rows = fetch_all(
        "SELECT o.payment_id, o.amount_minor, f.total_minor FROM bank_file f JOIN bank_order o ON o.file_id = f.id"
        " WHERE f.message_id = :message ORDER BY o.payment_id",
        {"message": message_id},
    )
    found = [(ids.public("pmt", row.payment_id), int(row.amount_minor)) for row in rows]
    return (int(rows[0].total_minor) if rows else 0), found


def _files(condition: str, params: dict[str, Any], limit: int = _MOST) -> list[Ordered]:
    rows = fetch_all(f"SELECT {_COLUMNS} FROM bank_file WHERE {condition} LIMIT :limit", {**params, "limit": limit})
    return [Ordered(**row._mapping) for row in rows]


def _file(run: Run, no: int, found: Mapping[Payment, int], currency: str) -> TransferFile:
    """The file of these payments, each over so much."""
    program = programs.get(run.program_id)
    known = accounts.by_id([payment.account_id for payment in found if payment.account_id is not None])
    orders = tuple(_order(payment, known[payment.account_id or 0], amount) for payment, amount in found.items())
    moment = clock.now().replace(microsecond=0)
    return TransferFile(
        message_id=f"{ids.public('run', run.id).replace('_', '')}-{no}",
        made_at=moment,
        execute_on=clock.local_date(moment, program.zone),
        account=_own(run.program_id, currency),
        orders=orders,
    )


def _order(payment: Payment, account: Account, amount_minor: int) -> TransferOrder:
    remark = f"Settlement {payment.statement_number}"
    return TransferOrder(payment.ref, account.holder, account.iban, account.bic, amount_minor, remark)


def _own(program_id: int, currency: str) -> Account:
    operator = partners.operator_entity(program_id)
    for account in accounts.current([operator.id]).get(operator.id, ()):
        if (account.kind, account.currency) == ("iban", currency):
            return account
    raise Conflict("account_missing", f"{operator.name} has no bank account in {currency}.")


def _next(run_id: int) -> int:
    row = fetch_one("SELECT coalesce(max(no), 0) + 1 AS no FROM bank_file WHERE run_id = :run", {"run": run_id})
    assert row is not None
    return int(row.no)
