"""The pivot: asking a supplier and taking its answer, once, whoever brings it (the job, a re-check or a callback).

Before the answer everything can be undone; an acceptance only goes forward. While the outcome is unknown nothing is
released and nothing is ordered again under another reference.
"""

from __future__ import annotations

import datetime as dt

from catalog import rewards, suppliers
from catalog.orders.moving import Locked, lock, move, reservations
from catalog.orders.states import UNDECIDED
from catalog.orders.types import Question
from catalog.ports import (
    Accepted,
    Address,
    Cancelled,
    NotFound,
    Outcome,
    Pending,
    Rejected,
    Reserved,
    Retryable,
    SupplierLine,
    Unknown,
)
from coalition import ledger, partners
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.idempotency import request_hash

# A supplier that takes no orders for a day is taken to refuse this one.
PATIENCE = dt.timedelta(hours=24)


def ask(consignment_id: int) -> Question | None:
    """Commit to asking the supplier: the question to put once this transaction is over, None if it is decided.

    The first time the consignment becomes `confirming`. A question that was put before and whose answer we do not
    know is to be looked up first.
    """
    consignment = lock(consignment_id)
    if consignment.state not in UNDECIDED:
        return None
    if consignment.state == "new":
        move(consignment, ["confirming"])
    row = fetch_one(
        "UPDATE supplier_order SET state = 'asked', requests = requests + 1, asked_at = coalesce(asked_at, now()),"
        " checks = checks + (state <> 'created')::int WHERE consignment_id = :id RETURNING checks",
        {"id": consignment_id},
    )
    order = fetch_one("SELECT address FROM customer_order WHERE id = :id", {"id": consignment.order_id})
    assert row is not None and order is not None
    lines = fetch_all(
        "SELECT supplier_sku, qty FROM order_line WHERE consignment_id = :id ORDER BY no LIMIT 100",
        {"id": consignment_id},
    )
    return Question(
        consignment_id=consignment_id,
        access=suppliers.access(consignment.supplier_id),
        client_ref=consignment.client_ref,
        lines=tuple(SupplierLine(line.supplier_sku, line.qty) for line in lines),
        address=Address(**order.address),
        look_first=consignment.supplier_state != "created",
        checks=row.checks,
    )


def answered(consignment_id: int, outcome: Outcome) -> str:
    """Record what a supplier says; the consignment's state after it. The first definite answer counts.

    Accepted captures the points at the operator's redemption account and commits the stock; Rejected gives both back.
    """
    consignment = lock(consignment_id)
    if consignment.state == "new":
        raise RuntimeError(f"consignment {consignment_id} was answered before it was asked")
    if consignment.state not in UNDECIDED:
        _note_contradiction(consignment, outcome)
        return consignment.state
    match outcome:
        case Accepted(external_id):
            _accept(consignment, external_id)
        case Rejected(code):
            refuse(consignment, "rejected", code)
        case Cancelled():
            refuse(consignment, "rejected", "cancelled_by_supplier")
        case Pending() | Reserved():
            _supplier_state(consignment.id, "pending")
        case Retryable() if not _may_have_arrived(consignment):
            _come_again(consignment)
        case Unknown() | Retryable() | NotFound():
            _supplier_state(consignment.id, "unknown")
            if consignment.state == "confirming":
                move(consignment, ["in_doubt"])
    return lock(consignment_id).state


def refuse(consignment: Locked, state: str, reason: str | None) -> None:
    """End a consignment that nobody delivers (`rejected`, `cancelled`): stock and points go back."""
    rewards.release(*reservations(consignment.id))
    ledger.release(
        consignment.hold,
        external_id=consignment.client_ref,
        partner_id=partners.operator(consignment.program_id).id,
        request_hash=request_hash(["release", consignment.client_ref]),
        operation=ledger.Operation.ORDER_RELEASE,
    )
    _supplier_state(consignment.id, state)
    move(consignment, [state], reason)


def _accept(consignment: Locked, external_id: str) -> None:
    entity = partners.operator_entity(consignment.program_id)
    redemption = ledger.account(
        consignment.program_id, consignment.currency_id, ledger.AccountKind.REDEMPTION, entity.id
    )
    rewards.commit(*reservations(consignment.id))
    ledger.capture(
        consignment.hold,
        None,
        contra_id=redemption,
        external_id=consignment.client_ref,
        partner_id=partners.operator(consignment.program_id).id,
        request_hash=request_hash(["capture", consignment.client_ref]),
        occurred_at=clock.now(),
        operation=ledger.Operation.ORDER_CAPTURE,
    )
    execute(
        "UPDATE supplier_order SET state = 'accepted', external_id = :external_id, answered_at = now()"
        " WHERE consignment_id = :id",
        {"id": consignment.id, "external_id": external_id},
    )
    move(consignment, ["confirmed"])


def _supplier_state(consignment_id: int, state: str) -> None:
    execute(
        "UPDATE supplier_order SET state = :state,"
        " answered_at = CASE WHEN :state IN ('rejected', 'cancelled') THEN now() END WHERE consignment_id = :id",
        {"id": consignment_id, "state": state},
    )


def _may_have_arrived(consignment: Locked) -> bool:
    """Whether an earlier request got no answer: then "not now" says nothing about what became of that one."""
    row = fetch_one("SELECT checks FROM supplier_order WHERE consignment_id = :id", {"id": consignment.id})
    return consignment.state == "in_doubt" or (row is not None and row.checks > 0)


def _come_again(consignment: Locked) -> None:
    """The supplier has taken nothing so far; for how long it may go on like this is limited."""
    row = fetch_one("SELECT asked_at FROM supplier_order WHERE consignment_id = :id", {"id": consignment.id})
    if row is not None and row.asked_at is not None and clock.now() - row.asked_at > PATIENCE:
        refuse(consignment, "rejected", "supplier_unavailable")
    else:
        _supplier_state(consignment.id, "created")


def _note_contradiction(consignment: Locked, outcome: Outcome) -> None:
    """A definite answer that contradicts the one we acted on is for people to see."""
    refused = consignment.state in ("rejected", "cancelled")
    if (refused and isinstance(outcome, Accepted)) or (not refused and isinstance(outcome, Rejected)):
        audit.record(
            "order.contradiction", f"consignment:{consignment.id}", state=consignment.state, answer=repr(outcome)
        )
