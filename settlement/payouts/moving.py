"""Changing the state of a run or a payment: the one place that does, one recorded change at a time.

Whoever changes anything of a payment holds the lock of its row first, and of several in the order of their ids; a run
is locked before its payments.
"""

from __future__ import annotations

from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, fetch_one
from settlement.payouts.reading import get, payment
from settlement.payouts.states import BIRTH, ENDED
from settlement.payouts.types import Payment, Run


def lock_run(run_id: int) -> Run:
    """Lock a run until the transaction ends, and read it as it is now. Raises NotFound."""
    fetch_one("SELECT id FROM payout_run WHERE id = :id FOR NO KEY UPDATE", {"id": run_id})
    return get(run_id)


def lock(payment_id: int) -> Payment:
    """Lock a payment until the transaction ends, and read it as it is now. Raises NotFound."""
    fetch_one("SELECT id FROM payout_payment WHERE id = :id FOR NO KEY UPDATE", {"id": payment_id})
    return payment(payment_id)


def born(run: Run) -> None:
    """Record that a run and its payments have come to be."""
    _record_run(run, BIRTH, "recorded")
    _record_payments(run, BIRTH, "recorded")


def move_run(run: Run, to: str, *, committed_by: str | None = None) -> None:
    """Take a locked run that is not committed yet into a state, and its payments with it."""
    params = {"id": run.id, "at": run.state, "to": to}
    execute(
        "UPDATE payout_run SET state = :to, committed_by = :by,"
        " committed_at = CASE WHEN CAST(:by AS text) IS NOT NULL THEN now() END WHERE id = :id AND state = :at",
        {**params, "by": committed_by},
    )
    _record_run(run, run.state, to)
    execute("UPDATE payout_payment SET state = :to WHERE run_id = :id AND state = :at", params)
    _record_payments(run, run.state, to)


def move(found: Payment, to: str, code: str | None = None, *, paid_minor: int | None = None) -> None:
    """Take a locked payment into a state, with what is paid by then; that it is settled, or was, is told upwards."""
    execute(
        "UPDATE payout_payment SET state = :to, code = :code, paid_minor = coalesce(:paid, paid_minor)"
        " WHERE id = :id AND state = :at",
        {"id": found.id, "at": found.state, "to": to, "code": code, "paid": paid_minor},
    )
    execute(
        "INSERT INTO payout_change (machine, run_id, payment_id, from_state, to_state, code, actor)"
        " VALUES ('payment', :run_id, :id, :at, :to, :code, :actor)",
        {"run_id": found.run_id, "id": found.id, "at": found.state, "to": to, "code": code, "actor": _actor()},
    )
    if "settled" in (to, found.state):
        payload = {"ref": found.ref, "program_id": found.program_id, "statement_id": found.statement_id}
        outbox.publish("payout.settled" if to == "settled" else "payout.unsettled", payload, key=found.ref)


def abort_payment(found: Payment, code: str) -> None:
    """Leave a payment out of its run before anything is asked; its statement is free for another one."""
    move(found, "aborted", code)


def conclude(run_id: int) -> bool:
    """Settle a committed run none of whose payments is open any more; whether it was this call that did.

    The run is locked first: of two payments that come to their end at once the second one sees the first.
    """
    lock_run(run_id)
    changed = execute(
        "UPDATE payout_run r SET state = 'settled', settled_at = now() WHERE id = :id AND state = 'committed'"
        "   AND NOT EXISTS (SELECT FROM payout_payment p WHERE p.run_id = r.id AND p.state <> ALL(:ended))",
        {"id": run_id, "ended": list(ENDED)},
    )
    if changed:
        _record_run(get(run_id), "committed", "settled")
    return bool(changed)


def reopen(run_id: int) -> bool:
    """Commit a settled run anew, for the money of one of its payments came back; whether it was this call that did."""
    changed = execute(
        "UPDATE payout_run SET state = 'committed', settled_at = NULL WHERE id = :id AND state = 'settled'",
        {"id": run_id},
    )
    if changed:
        _record_run(get(run_id), "settled", "committed")
    return bool(changed)


def _record_run(run: Run, at: str, to: str) -> None:
    execute(
        "INSERT INTO payout_change (machine, run_id, from_state, to_state, actor)"
        " VALUES ('run', :id, :at, :to, :actor)",
        {"id": run.id, "at": at, "to": to, "actor": _actor()},
    )


def _record_payments(run: Run, at: str, to: str) -> None:
    execute(
        "INSERT INTO payout_change (machine, run_id, payment_id, from_state, to_state, actor)"
        " SELECT 'payment', run_id, id, :at, :to, :actor FROM payout_payment WHERE run_id = :id AND state = :to"
        "  ORDER BY id",
        {"id": run.id, "at": at, "to": to, "actor": _actor()},
    )


def _actor() -> str:
    return audit.origin().actor
