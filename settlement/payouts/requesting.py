"""Meaning to ask a provider: every request is a row with its idempotency key before anything is asked.

It says how much is asked for: what of the payment has not moved by then. A payment has one living request. A new round,
under a new key, begins only when the one before it has come to a definite end: refused, or certainly never arrived.
"""

from __future__ import annotations

from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict
from settlement.payouts import accounts
from settlement.payouts.moving import conclude, lock, move
from settlement.payouts.types import Payment

JOB = "payouts.ask"


def first_request(payment: Payment) -> None:
    """What a committed payment asks of its provider, to be asked by a job after the commit."""
    _mean(payment, 0)


def next_round(payment: Payment) -> None:
    """Begin a new round of a locked payment whose last request is over."""
    row = fetch_one("SELECT max(round) AS round FROM payout_request WHERE payment_id = :id", {"id": payment.id})
    assert row is not None
    _mean(payment, row.round + 1)


def retry(payment_id: int) -> Payment:
    """Ask for a refused payment once more, with the account that its entity has now. Conflict `payment_state`.

    Of one that came back in part only that part is asked for: what has arrived is not sent again.
    The account was approved by two people, and the payment, too; so no third one is needed. What has gone a part of
    its way goes on with the old account.
    """
    found = lock(payment_id)
    if found.state != "rejected":
        raise Conflict("payment_state", "Only a payment that was refused is asked for again.", state=found.state)
    if found.account_id is not None and found.external_id is None:
        _take_current_account(found)
    move(found, "committed")
    next_round(found)
    return lock(payment_id)


def drop(payment_id: int) -> Payment:
    """Give up a refused payment nothing of which has moved; its statement is free for another run.

    What we pay and the provider had taken on cannot be given up: a part of the way has been gone, so only a retry ends
    it. Conflict `payment_state`.
    """
    found = lock(payment_id)
    on_its_way = found.direction == "out" and found.external_id is not None
    if found.state != "rejected" or found.paid_minor or on_its_way:
        raise Conflict("payment_state", "Only a payment that was refused is given up.", state=found.state)
    move(found, "dropped", found.code)
    conclude(found.run_id)
    return lock(payment_id)


def _take_current_account(found: Payment) -> None:
    known = accounts.by_id([found.account_id or 0])
    kind = known[found.account_id or 0].kind
    usable = [
        one for one in accounts.current([found.legal_entity_id]).get(found.legal_entity_id, ()) if one.kind == kind
    ]
    if usable:
        execute(
            "UPDATE payout_payment SET account_id = :account WHERE id = :id",
            {"id": found.id, "account": usable[0].id},
        )


def _mean(payment: Payment, number: int) -> None:
    key = f"settle:{payment.ref}:{number}"
    row = fetch_one(
        "INSERT INTO payout_request (payment_id, round, key, amount_minor)"
        " VALUES (:id, :round, :key, :amount) RETURNING id",
        {"id": payment.id, "round": number, "key": key, "amount": payment.left_minor},
    )
    assert row is not None
    jobs.enqueue(JOB, {"request_id": row.id}, key=key)
