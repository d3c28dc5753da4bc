"""Cancelling by the member or the partner: called off before the pivot, asked of the supplier after it.

Each consignment goes as far as it can: what no supplier was asked to confirm is released at once; what is confirmed or
issued is requested back where the supplier takes things back at all. Nothing can be done while an answer is awaited.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from catalog.orders import consulting, paying
from catalog.orders.moving import Locked, go, lock, move, said, wake
from catalog.orders.reading import find
from catalog.orders.states import BEFORE_PIVOT, FAILED, UNDOING
from catalog.orders.supplying.releasing import PATIENCE, back_out, give_back_offers
from catalog.orders.supplying.settling import give_back
from catalog.orders.types import Order
from catalog.ports import Cancelled, CancelRefused, CancelTerms, Undone
from coalition.kernel import audit, clock
from coalition.kernel.db import RacingKey, execute, fetch_one
from coalition.kernel.errors import Conflict, NotFound

LOCK = "SELECT partner_id FROM customer_order WHERE id = :id AND program_id = :program_id FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class Asked:
    """That a partner asked, under its own id, to cancel an order."""

    partner_id: int
    external_id: str
    order_id: int
    reason: str | None


def cancel(program_id: int, order_id: int, *, external_id: str, reason: str | None = None) -> tuple[Order, bool]:
    """Cancel an order as far as it still can be. The order, and whether this had been done before.

    Idempotent by (the order's partner, external id); an order whose supplier took nothing back may be asked for again,
    under another. Raises NotFound, Conflict `not_cancellable` if nothing of it can be, Conflict `external_id_conflict`.
    Raises RacingKey when another order is cancelled under the same external id at the same moment: `transact` tries
    again.
    """
    order = fetch_one(LOCK, {"id": order_id, "program_id": program_id})
    if order is None:
        raise NotFound()
    asked = Asked(order.partner_id, external_id, order_id, reason)
    if _known(asked):
        return find(program_id, order_id), True
    found = find(program_id, order_id)
    if not found.cancellable:
        raise Conflict("not_cancellable", "A supplier has this order already.", state=found.state)
    _keep(asked)
    for parcel in found.consignments:
        if parcel.cancellable:
            call_off(lock(parcel.id), reason)
    audit.record("order.cancel", f"order:{order_id}", reason=reason)
    return find(program_id, order_id), False


def times_asked(order_id: int) -> int:
    """How often an order has been asked to be cancelled."""
    row = fetch_one("SELECT count(*) AS n FROM order_cancellation WHERE order_id = :id", {"id": order_id})
    assert row is not None
    return int(row.n)


def call_off(consignment: Locked, reason: str | None) -> None:
    """Release what is before the pivot; ask the supplier to take back what is after it."""
    if consignment.state in BEFORE_PIVOT:
        back_out(consignment, reason)
        return
    goal = "void_requested" if consignment.state == "issued" else "cancel_requested"
    execute("UPDATE consignment SET stage_before = state WHERE id = :id", {"id": consignment.id})
    said(consignment.id, checks=0, undo_since=clock.now(), terms=None)
    wake(move(consignment, [goal], reason))


def offered(consignment_id: int, terms: CancelTerms) -> bool:
    """Record on which terms the supplier would take an order back; whether to accept them without asking anybody."""
    consignment = lock(consignment_id)
    if consignment.state not in UNDOING:
        return False
    cost = fetch_one("SELECT cost_minor, cost_currency FROM consignment WHERE id = :id", {"id": consignment_id})
    assert cost is not None
    told = {"refund_minor": terms.refund_minor, "currency": terms.currency, "expires_at": terms.expires_at.isoformat()}
    whole: bool = terms.refund_minor >= cost.cost_minor and terms.currency == cost.cost_currency
    if not whole:
        consulting.open_one(consignment, "cancel_terms", **told, cost_minor=cost.cost_minor)
    _agree(consignment_id, {**told, "agreed": whole})
    return whole


def undone(consignment_id: int, outcome: Undone) -> bool:
    """Record what a supplier says to taking an order back; whether that was definite."""
    consignment = lock(consignment_id)
    if consignment.state not in UNDOING:
        if isinstance(outcome, Cancelled) and consignment.state not in FAILED:
            _contradict(consignment)
        return True
    if isinstance(outcome, Cancelled):
        taken_back(consignment)
    elif isinstance(outcome, CancelRefused):
        stands(consignment, outcome.code)
    else:
        if consignment.undo_since is not None and clock.now() - consignment.undo_since > PATIENCE:
            consulting.open_one(consignment, "cancel_unknown", client_ref=consignment.client_ref)
        return False
    return True


def taken_back(consignment: Locked) -> None:
    """The supplier has taken the order back: everything that was captured comes back."""
    give_back_offers(consignment)
    give_back(consignment)
    paying.refund(consignment)
    said(consignment.id, state="cancelled", undo_since=None)
    consulting.settle(consignment.id)
    go(consignment, "voided" if consignment.state == "void_requested" else "cancelled")


def stands(consignment: Locked, code: str) -> None:
    """The supplier takes nothing back: the consignment is where it was."""
    assert consignment.stage_before is not None
    said(consignment.id, undo_since=None, checks=0)
    consulting.settle(consignment.id)
    move(consignment, [consignment.stage_before], f"not_cancelled: {code}"[:200])


def _contradict(consignment: Locked) -> None:
    """It was decided meanwhile that the order stands (its parcel has left), and the supplier took it back after all."""
    audit.record("order.contradiction", f"consignment:{consignment.id}", state=consignment.state, answer="Cancelled")
    facts = {"state": consignment.state, "answer": "Cancelled", "client_ref": consignment.client_ref}
    consulting.open_one(consignment, "contradiction", **facts)


def _agree(consignment_id: int, terms: dict[str, Any]) -> None:
    execute(
        "UPDATE supplier_order SET terms = CAST(:terms AS jsonb) WHERE consignment_id = :id",
        {"id": consignment_id, "terms": json.dumps(terms)},
    )


def _known(asked: Asked) -> bool:
    """Whether the very same was asked before. Raises Conflict if the key stands for something else."""
    used = fetch_one(
        "SELECT order_id, reason FROM order_cancellation WHERE partner_id = :partner_id AND external_id = :external_id",
        asdict(asked),
    )
    if used is not None and (used.order_id, used.reason) != (asked.order_id, asked.reason):
        raise Conflict("external_id_conflict", "This external id was used before with another request.")
    return used is not None


def _keep(asked: Asked) -> None:
    try:
        execute(
            "INSERT INTO order_cancellation (partner_id, external_id, order_id, reason)"
            " VALUES (:partner_id, :external_id, :order_id, :reason)",
            asdict(asked),
        )
    except IntegrityError as error:
        raise RacingKey from error
