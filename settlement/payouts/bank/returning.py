"""Money that comes back, and decisions that are taken back: a payment stands where its receipts leave it.

What a bank returned of a payment of ours, in whole or in part, is refused, with the bank's reason, and may be asked for
again: only what has come back is. What it took back of a payment to us is waited for once more. A run that was settled
is open again.
"""

from __future__ import annotations

from coalition.kernel import audit
from coalition.kernel.db import execute
from coalition.kernel.errors import Conflict
from settlement.payouts.moving import conclude, lock, move, reopen
from settlement.payouts.reading import receipt
from settlement.payouts.states import ENDED
from settlement.payouts.types import Payment

_TAKE = """
    UPDATE payout_receipt SET payment_id = :payment, matched_at = now(), matched_by = :actor
     WHERE id = :id AND payment_id IS NULL"""
_LEAVE = """
    UPDATE payout_receipt SET payment_id = NULL, matched_at = NULL, matched_by = NULL
     WHERE id = :id AND payment_id = :payment"""


def take_back(receipt_id: int, payment_id: int, reason: str) -> Payment:
    """Count a receipt that goes the other way against a payment: its money came back, for the bank's `reason`.

    Locks the payment. Conflict `receipt_unfit` if it is another currency, the same direction, or more than was paid;
    `receipt_matched` if somebody was faster.
    """
    found, given = lock(payment_id), receipt(receipt_id)
    strange = given.program_id not in (None, found.program_id) or given.currency != found.currency
    if strange or given.direction == found.direction or given.amount_minor > found.paid_minor:
        raise Conflict("receipt_unfit", "So much was not paid there, or not in this currency and direction.")
    taken = execute(_TAKE, {"id": receipt_id, "payment": payment_id, "actor": audit.origin().actor})
    if not taken:
        raise Conflict("receipt_matched", "Somebody has already said what this money was for.")
    left = found.paid_minor - given.amount_minor
    if found.direction == "out":
        _stand(found, left, "rejected", "rejected", reason)
    else:
        _stand(found, left, "accepted", "partly_paid", reason)
    audit.record("payout.returned", f"receipt:{receipt_id}", payment=found.ref, reason=reason)
    return lock(payment_id)


def leave(receipt_id: int) -> Payment:
    """Take a receipt from the payment that it was counted for; the payment as it is then, waiting for its money.

    Conflict `receipt_unmatched` if it is counted nowhere, `receipt_unfit` if the payment was given up since.
    """
    given = receipt(receipt_id)
    if given.payment_id is None:
        raise Conflict("receipt_unmatched", "This money is counted for nothing.")
    found = lock(given.payment_id)
    if found.state == "dropped":
        raise Conflict("receipt_unfit", "The payment was given up since.")
    if not execute(_LEAVE, {"id": receipt_id, "payment": found.id}):
        raise Conflict("receipt_unmatched", "Somebody has just taken this money from there.")
    counted = given.amount_minor if given.direction == found.direction else -given.amount_minor
    _stand(found, found.paid_minor - counted, "accepted", "partly_paid", "undone")
    return lock(found.id)


def _stand(found: Payment, paid_minor: int, unpaid: str, partly: str, code: str) -> None:
    """Take a locked payment where so much money leaves it: its state if that is nothing, and if it is a part."""
    if paid_minor < 0:
        raise Conflict("receipt_unfit", "More came back of this payment than would be paid then.")
    to = "settled" if paid_minor >= found.amount_minor else partly if paid_minor else unpaid
    if to == found.state:
        execute("UPDATE payout_payment SET paid_minor = :paid WHERE id = :id", {"id": found.id, "paid": paid_minor})
    else:
        move(found, to, None if to == "settled" else code, paid_minor=paid_minor)
    if to in ENDED:
        conclude(found.run_id)
    else:
        reopen(found.run_id)
