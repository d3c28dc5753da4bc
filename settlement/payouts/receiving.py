"""Money that has moved: recorded once under its source's reference, counted for a payment, or left for people.

A receipt for less than is owed leaves the payment partly paid, one for more settles it and stays in the books as paid
too much; one that fits nothing waits, unmatched, until somebody says what it was for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import RacingKey, execute, fetch_one
from coalition.kernel.errors import Conflict
from settlement.payouts.moving import conclude, lock, move
from settlement.payouts.reading import receipt
from settlement.payouts.states import PAYABLE
from settlement.payouts.types import Direction, Payment, Receipt

_SAME = ("amount_minor", "currency", "direction")
_INSERT = """
    INSERT INTO payout_receipt (program_id, amount_minor, currency, direction, reference, source, value_on, payer, note)
    VALUES (:program_id, :amount_minor, :currency, :direction, :reference, :source, :value_on, :payer, :note)
    ON CONFLICT (source, reference) DO NOTHING RETURNING id"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Money as its source tells it. `reference` is unique in `source` (`stripe`, `camt:...`); `payer` and `note` help
    people to find out what it was for."""

    amount_minor: int
    currency: str
    direction: Direction
    reference: str
    source: str
    value_on: dt.date
    payer: str = ""
    note: str = ""


def record_receipt(payment_id: int | None, moved: Moved, *, program_id: int | None = None) -> Receipt:
    """Record that money has moved, for a payment or (None) for nobody knows what; again it changes nothing.

    What does not fit its payment (another currency or direction, a payment that is not committed) is recorded
    unmatched. Conflict `external_id_conflict` if the reference stood for another amount. Locks the payment.
    """
    found = lock(payment_id) if payment_id is not None else None
    facts = {name: getattr(moved, name) for name in Moved.__slots__}
    facts["program_id"] = found.program_id if found else program_id
    row = fetch_one(_INSERT, facts)
    if row is None:
        return _known(moved)
    if found is not None and _fits(found, moved.currency, moved.direction):
        _count(row.id, found, moved.amount_minor)
    return receipt(row.id)


def match(receipt_id: int, payment_id: int) -> Payment:
    """Say what an unmatched receipt was for; the payment as it is then.

    Conflict `receipt_matched` if it is matched already, `receipt_unfit` if it cannot be for this payment.
    """
    found, given = lock(payment_id), receipt(receipt_id)
    if not _fits(found, given.currency, given.direction) or given.program_id not in (None, found.program_id):
        raise Conflict("receipt_unfit", "Its currency or direction is another, or nothing is to be paid there.")
    _count(receipt_id, found, given.amount_minor)
    audit.record("payout.match", f"receipt:{receipt_id}", payment=found.ref, amount_minor=given.amount_minor)
    return lock(payment_id)


def _fits(found: Payment, currency: str, direction: str) -> bool:
    return found.state in PAYABLE and (found.currency, found.direction) == (currency, direction)


def _count(receipt_id: int, found: Payment, amount_minor: int) -> None:
    """Give a receipt to a locked payment, and take the payment where its money leads it."""
    taken = execute(
        "UPDATE payout_receipt SET payment_id = :payment, matched_at = now(), matched_by = :actor"
        " WHERE id = :id AND payment_id IS NULL",
        {"id": receipt_id, "payment": found.id, "actor": audit.origin().actor},
    )
    if not taken:
        raise Conflict("receipt_matched", "Somebody has already said what this money was for.")
    paid = found.paid_minor + amount_minor
    to = "settled" if paid >= found.amount_minor else "partly_paid"
    params = {"id": found.id, "paid": paid}
    if to == found.state:
        execute("UPDATE payout_payment SET paid_minor = :paid WHERE id = :id", params)
        return
    move(found, to, paid_minor=paid)
    if to == "settled":
        conclude(found.run_id)


def _known(moved: Moved) -> Receipt:
    row = fetch_one(
        "SELECT id FROM payout_receipt WHERE source = :source AND reference = :reference",
        {"source": moved.source, "reference": moved.reference},
    )
    if row is None:
        raise RacingKey
    known = receipt(row.id)
    if any(getattr(known, name) != getattr(moved, name) for name in _SAME):
        raise Conflict("external_id_conflict", "This reference stood for other money before.")
    return known
