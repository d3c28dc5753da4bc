"""Deciding by hand what money was for: assigned to a payment, set aside as none of ours, or a decision taken back.

Every decision is a row; the last one of a receipt is what holds. Taking one back is a decision, too.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid
from settlement.payouts.bank import returning
from settlement.payouts.moving import lock
from settlement.payouts.reading import receipt
from settlement.payouts.receiving import match
from settlement.payouts.types import Payment

_NOTE_MAX = 500
_LAST = "SELECT d.kind FROM receipt_decision d WHERE d.receipt_id = r.id ORDER BY d.id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Money of which somebody has to say what it was for, with what the bank knows of it."""

    id: int
    direction: str
    amount_minor: int
    currency: str
    value_on: dt.date
    payer: str
    note: str
    returned: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody has decided of a receipt, newest first in `decisions`; `live`: it still holds."""

    id: int
    receipt_id: int
    kind: str
    payment_id: int | None
    note: str
    actor: str
    at: dt.datetime
    amount_minor: int
    currency: str
    direction: str
    payer: str
    live: bool


def assign(receipt_id: int, payment_id: int, note: str = "") -> Payment:
    """Say what a receipt was for: a payment in its direction, or, of money that came back, one in the other.

    Locks the payment. Conflict `receipt_matched`, `receipt_unfit`; Invalid for a note that is too long.
    """
    _check(note)
    given, wanted = receipt(receipt_id), lock(payment_id)
    if given.direction == wanted.direction:
        found = match(receipt_id, payment_id)
    else:
        found = returning.take_back(receipt_id, payment_id, "returned")
    _decide(receipt_id, "assigned", payment_id, note)
    return found


def set_aside(receipt_id: int, note: str) -> None:
    """Say that a receipt belongs to no payment, and why. Conflict `receipt_matched` if it is counted for one."""
    _check(note, needed=True)
    fetch_one("SELECT id FROM payout_receipt WHERE id = :id FOR UPDATE", {"id": receipt_id})
    if receipt(receipt_id).payment_id is not None:
        raise Conflict("receipt_matched", "Somebody has already said what this money was for.")
    _decide(receipt_id, "set_aside", None, note)


def undo(receipt_id: int, note: str = "") -> None:
    """Take back what holds of a receipt, also what was matched by itself; it waits again, and its payment with it.

    Locks the payment. Conflict `receipt_unmatched` if nothing holds.
    """
    _check(note)
    given = receipt(receipt_id)
    if given.payment_id is not None:
        returning.leave(receipt_id)
    elif _last(receipt_id) != "set_aside":
        raise Conflict("receipt_unmatched", "Nothing was decided of this money.")
    _decide(receipt_id, "undone", given.payment_id, note)


def waiting(program_id: int, limit: int = 100) -> list[Waiting]:
    """What of a program waits for somebody's decision, oldest first; money of no program is everybody's."""
    rows = fetch_all(
        f"""SELECT r.id, r.direction, r.amount_minor, r.currency, r.value_on, r.payer, r.note,
                  coalesce(e.returned, false) AS returned, coalesce(e.reason, '') AS reason
             FROM payout_receipt r LEFT JOIN bank_entry e ON e.receipt_id = r.id
            WHERE r.payment_id IS NULL AND coalesce(r.program_id, :program) = :program
              AND coalesce(({_LAST}), '') <> 'set_aside'
            ORDER BY r.id LIMIT :limit""",
        {"program": program_id, "limit": limit},
    )
    return [Waiting(**row._mapping) for row in rows]


def decisions(program_id: int, limit: int = 50) -> list[Decision]:
    """The latest decisions about money of a program."""
    rows = fetch_all(
        """SELECT d.id, d.receipt_id, d.kind, d.payment_id, d.note, d.actor, d.at, r.amount_minor, r.currency,
                  r.direction, r.payer, d.kind <> 'undone' AND NOT EXISTS (
                    SELECT FROM receipt_decision x WHERE x.receipt_id = d.receipt_id AND x.id > d.id) AS live
             FROM receipt_decision d JOIN payout_receipt r ON r.id = d.receipt_id
            WHERE coalesce(r.program_id, :program) = :program ORDER BY d.id DESC LIMIT :limit""",
        {"program": program_id, "limit": limit},
    )
    return [Decision(**row._mapping) for row in rows]


def _decide(receipt_id: int, kind: str, payment_id: int | None, note: str) -> None:
    execute(
        "INSERT INTO receipt_decision (receipt_id, kind, payment_id, note, actor)"
        " VALUES (:receipt, :kind, :payment, :note, :actor)",
        {"receipt": receipt_id, "kind": kind, "payment": payment_id, "note": note, "actor": audit.origin().actor},
    )


def _last(receipt_id: int) -> str:
    row = fetch_one(f"SELECT ({_LAST}) AS kind FROM payout_receipt r WHERE r.id = :id", {"id": receipt_id})
    return (row.kind or "") if row else ""


def _check(note: str, *, needed: bool = False) -> None:
    if len(note) > _NOTE_MAX or (needed and not note.strip()):
        detail = f"Say why, in up to {_NOTE_MAX} characters."
        raise Invalid("invalid", detail, [FieldError("/note", "invalid", detail)])
