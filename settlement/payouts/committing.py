"""The two phases of a run: reserved by one person, committed by another; until then it can be aborted.

Reserving fixes to which account and through which provider each payment goes, and asks for the second person: what is
approved is the hash of exactly these payments. Committing writes what every provider is to be asked, with its
idempotency key; only jobs ask, after the commit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from coalition import partners, programs
from coalition.kernel import approvals, audit, clock
from coalition.kernel.approvals import Approval
from coalition.kernel.db import execute
from coalition.kernel.errors import Conflict
from coalition.kernel.idempotency import request_hash
from settlement import accruals, terms
from settlement.payouts import accounts
from settlement.payouts.moving import abort_payment, lock_run, move_run
from settlement.payouts.owed import kept_back
from settlement.payouts.reading import get, payments
from settlement.payouts.requesting import first_request
from settlement.payouts.states import ABORTABLE
from settlement.payouts.types import Payment, Run
from settlement.ports import Account

KIND = "payouts.commit"
PROVIDERS = {"stripe": "stripe", "iban": "bank"}
_DUE_IN = dt.timedelta(days=14)


def reserve(run_id: int, providers: Sequence[str], *, leave_out: bool = False) -> Run:
    """Fix the way of every payment of a recorded run and ask for a second person. Again it changes nothing.

    `providers` are those that this installation has. A payment without a way is named in a Conflict
    `payout_account_missing`; with `leave_out` it is left to a later run instead. Conflict `run_state` if the run was
    aborted or committed.
    """
    run = lock_run(run_id)
    if run.state == "reserved":
        return run
    _demand(run, "recorded")
    ways = _ways(payments(run_id), providers)
    missing = [payment for payment in payments(run_id) if payment.id not in ways]
    if missing and (not leave_out or len(missing) == len(payments(run_id))):
        names = ", ".join(partners.entity(payment.legal_entity_id).name for payment in missing[:5])
        raise Conflict("payout_account_missing", f"There is no account for {names}.", payments=len(missing))
    for payment in missing:
        abort_payment(payment, "payout_account_missing")
    today = clock.local_date(clock.now(), programs.get(run.program_id).zone)
    at_once = _settled_at_once(run)
    for payment in payments(run_id):
        if payment.id in ways:
            later = payment.direction == "in" and payment.legal_entity_id not in at_once
            _fix(payment.id, *ways[payment.id], today + _DUE_IN if later else today)
    content = content_hash(run_id)
    execute(
        "UPDATE payout_run SET content_hash = :content, reserved_by = :actor WHERE id = :id",
        {"id": run_id, "content": content, "actor": audit.origin().actor},
    )
    move_run(run, "reserved")
    _ask_for_second(run, content)
    audit.record("payout.reserve", f"payout_run:{run_id}", content=content.hex(), left_out=len(missing))
    return get(run_id)


def commit(run_id: int, seen: bytes) -> Run:
    """Approve, as the running origin, the run whose content hash was `seen`, and commit it. Again it changes nothing.

    Forbidden `self_approval` for who reserved it, `approver_refused` for who is not of finance; Conflict
    `approval_changed` if the content is another, `run_state`, or `statement_disputed` if one was disputed meanwhile.
    """
    run = lock_run(run_id)
    if run.state in ("committed", "settled"):
        return run
    _demand(run, "reserved")
    assert run.approval_id is not None
    if seen != run.content_hash:
        raise Conflict("approval_changed", "This is not, or no longer, what is to be paid; look at it again.")
    approvals.carry_out(run.approval_id)
    return get(run_id)


def abort(run_id: int, reason: str) -> Run:
    """Give up a run that is not committed; its statements are free for another one. Conflict `run_state` otherwise."""
    run = lock_run(run_id)
    if run.state not in ABORTABLE:
        raise Conflict("run_state", f"The run is {run.state}; it cannot be aborted any more.", state=run.state)
    if run.approval_id is not None and approvals.get(run.approval_id).state in ("requested", "approved"):
        approvals.reject(run.approval_id, reason)
    move_run(run, "aborted")
    audit.record("payout.abort", f"payout_run:{run_id}", reason=reason)
    return get(run_id)


def content_hash(run_id: int) -> bytes:
    """SHA-256 of all that decides where the money of a run goes: payments, amounts, providers, accounts."""
    found = [payment for payment in payments(run_id) if payment.state != "aborted"]
    known = accounts.by_id([payment.account_id for payment in found if payment.account_id is not None])
    content = [
        {
            "ref": payment.ref,
            "statement": payment.statement_id,
            "direction": payment.direction,
            "amount": payment.amount_minor,
            "currency": payment.currency,
            "provider": payment.provider,
            "account": asdict(known[payment.account_id]) if payment.account_id is not None else None,
        }
        for payment in found
    ]
    return request_hash({"run": run_id, "payments": content})


@approvals.executes(KIND)
def _commit(approval: Approval) -> dict[str, Any]:
    accounts.demand_finance(approval)
    run = lock_run(approval.payload["run_id"])
    _demand(run, "reserved")
    if content_hash(run.id).hex() != approval.payload["content"]:
        raise Conflict("approval_changed", "This is not, or no longer, what is to be paid; look at it again.")
    found = [payment for payment in payments(run.id) if payment.state == "reserved"]
    if kept_back([payment.statement_id for payment in found]):
        raise Conflict("statement_disputed", "A statement was disputed meanwhile: abort this run and record another.")
    _demand_current(found)
    move_run(run, "committed", committed_by=approval.approver)
    for payment in found:
        first_request(payment)
    audit.record("payout.commit", f"payout_run:{run.id}", approver=approval.approver, payments=len(found))
    return {"payments": len(found)}


def _settled_at_once(run: Run) -> set[int]:
    """The entities whose model is immediate: what they owe is due on the day of the run."""
    models = terms.models_on(run.program_id, accruals.get_period(run.period_id).ends_on)
    return {entity_id for entity_id, model in models.items() if model.delay == "immediate"}


def _fix(payment_id: int, provider: str, account: Account | None, due_on: dt.date) -> None:
    execute(
        "UPDATE payout_payment SET provider = :provider, account_id = :account, due_on = :due WHERE id = :id",
        {"id": payment_id, "provider": provider, "account": account.id if account else None, "due": due_on},
    )


def _ask_for_second(run: Run, content: bytes) -> None:
    payload = {"run_id": run.id, "content": content.hex()}
    asked = approvals.request(
        KIND, payload, f"{run.period_code}/{run.no}", key=f"run:{run.id}", subject=f"payout_run:{run.id}"
    )
    execute("UPDATE payout_run SET approval_id = :approval WHERE id = :id", {"id": run.id, "approval": asked.id})


def _ways(found: Sequence[Payment], providers: Sequence[str]) -> dict[int, tuple[str, Account | None]]:
    """Provider and account of each payment that has a way. Who owes us and has no account pays to ours, by bank."""
    known = accounts.current({payment.legal_entity_id for payment in found})
    ways: dict[int, tuple[str, Account | None]] = {}
    for payment in found:
        usable = [one for one in known.get(payment.legal_entity_id, ()) if _usable(one, payment, providers)]
        if usable:
            ways[payment.id] = (PROVIDERS[usable[0].kind], usable[0])
        elif payment.direction == "in" and "bank" in providers:
            ways[payment.id] = ("bank", None)
    return ways


def _usable(account: Account, payment: Payment, providers: Sequence[str]) -> bool:
    if account.currency != payment.currency or PROVIDERS[account.kind] not in providers:
        return False
    return payment.direction == "in" or account.kind == "iban" or bool(account.connected)


def _demand_current(found: Sequence[Payment]) -> None:
    """No money goes to an account that was replaced after the run was reserved."""
    current = {
        one.id
        for several in accounts.current({payment.legal_entity_id for payment in found}).values()
        for one in several
    }
    if any(payment.account_id is not None and payment.account_id not in current for payment in found):
        raise Conflict("approval_changed", "An account was replaced meanwhile: abort this run and record another.")


def _demand(run: Run, state: str) -> None:
    if run.state != state:
        raise Conflict("run_state", f"The run is {run.state}; it has to be {state}.", state=run.state)
