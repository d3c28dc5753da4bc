"""Changing the state of a payment: the one place that does, one recorded change at a time, and what it tells upwards.

Whoever changes anything of a payment holds the lock of its row first.
"""

from __future__ import annotations

from catalog.payments.reading import COLUMNS
from catalog.payments.states import BIRTH
from catalog.payments.types import Payment
from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import NotFound

_NEWS = {
    "authorized": "payment.authorized",
    "captured": "payment.captured",
    "failed": "payment.failed",
    "expired": "payment.failed",
}


def lock(payment_id: int) -> Payment:
    """Lock a payment until the transaction ends, and read it as it is now. Raises NotFound."""
    row = fetch_one(f"SELECT {COLUMNS} FROM payment WHERE id = :id FOR NO KEY UPDATE", {"id": payment_id})
    if row is None:
        raise NotFound()
    return Payment(**row._mapping)


def lock_ref(ref: str) -> Payment:
    """Lock the payment that somebody asked for under this reference. Raises NotFound."""
    row = fetch_one(f"SELECT {COLUMNS} FROM payment WHERE ref = :ref FOR NO KEY UPDATE", {"ref": ref})
    if row is None:
        raise NotFound()
    return Payment(**row._mapping)


def move(payment: Payment, to: str, code: str | None = None, *, tell: bool = True) -> None:
    """Take a locked payment into a state; whoever asked for it hears of it, unless it was given up before."""
    execute(
        "UPDATE payment SET state = :to, code = coalesce(:code, code) WHERE id = :id AND state = :at",
        {"id": payment.id, "at": payment.state, "to": to, "code": code},
    )
    record(payment.id, payment.state, to, code)
    if tell and to in _NEWS:
        payload = {"ref": payment.ref, "program_id": payment.program_id, "state": to, "code": code}
        outbox.publish(_NEWS[to], payload, key=payment.ref)


def born(payment_id: int) -> None:
    """Record that a payment has come to be."""
    record(payment_id, BIRTH, "created", None)


def record(payment_id: int, at: str, to: str, code: str | None) -> None:
    """Write down one change of state; the database refuses one that is not on the list."""
    execute(
        "INSERT INTO payment_change (payment_id, from_state, to_state, code, actor)"
        " VALUES (:id, :at, :to, :code, :actor)",
        {"id": payment_id, "at": at, "to": to, "code": code, "actor": audit.origin().actor},
    )
