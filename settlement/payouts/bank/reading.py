"""Reading what a bank has told: its statements, and the entries of one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel import ids
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound

_HEAD = """
    SELECT s.id, s.program_id, s.iban, s.number, s.currency, s.ends_on, s.opening_minor, s.closing_minor, s.entries,
           s.known, encode(s.file_sha256, 'hex') AS sha256, s.imported_at,
           (SELECT count(*) FROM bank_entry e JOIN payout_receipt r ON r.id = e.receipt_id
             WHERE e.statement_id = s.id AND r.payment_id IS NOT NULL) AS matched
      FROM bank_statement s"""


@dataclass(frozen=True, slots=True)
class StatementHead:
    """A statement of account; of its `entries`, `known` had been told before and `matched` are counted for payments."""

    id: int
    program_id: int | None
    iban: str
    number: str
    currency: str
    ends_on: dt.date
    opening_minor: int
    closing_minor: int
    entries: int
    known: int
    sha256: str
    imported_at: dt.datetime
    matched: int

    @property
    def key(self) -> str:
        """Its public id."""
        return ids.public("bst", self.id)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry of a statement; `payment_ref` is the payment that it is counted for, if any."""

    receipt_id: int
    reference: str
    direction: str
    amount_minor: int
    value_on: dt.date
    payer: str
    note: str
    returned: bool
    reason: str
    payment_ref: str | None


def statements(program_id: int, limit: int = 50) -> list[StatementHead]:
    """The statements of a program's accounts, the latest first."""
    condition = "coalesce(s.program_id, :program) = :program ORDER BY s.id DESC LIMIT :limit"
    rows = fetch_all(f"{_HEAD} WHERE {condition}", {"program": program_id, "limit": limit})
    return [StatementHead(**row._mapping) for row in rows]


def statement(statement_id: int) -> StatementHead:
    """The statement. Raises NotFound."""
    row = fetch_one(f"{_HEAD} WHERE s.id = :id", {"id": statement_id})
    if row is None:
        raise NotFound()
    return StatementHead(**row._mapping)


def entries(statement_id: int, after: int, limit: int) -> list[EntryLine]:
    """The entries that a statement was the first to tell, in order, behind the receipt `after`."""
    rows = fetch_all(
        """SELECT e.receipt_id, e.reference, r.direction, r.amount_minor, r.value_on, r.payer, r.note, e.returned,
                  e.reason, r.payment_id
             FROM bank_entry e JOIN payout_receipt r ON r.id = e.receipt_id
            WHERE e.statement_id = :id AND e.receipt_id > :after ORDER BY e.receipt_id LIMIT :limit""",
        {"id": statement_id, "after": after, "limit": limit},
    )
    found = []
    for row in rows:
        facts = dict(row._mapping)
        payment_id = facts.pop("payment_id")
        found.append(EntryLine(**facts, payment_ref=ids.public("pmt", payment_id) if payment_id else None))
    return found
