"""The supplier's answer, taken once, whoever brings it (the job, a later look or a callback).

Before the pivot everything can be undone; an acceptance only goes forward. While the outcome is unknown nothing is
released and nothing is ordered again under another reference.
"""

from __future__ import annotations

import datetime as dt

from catalog import suppliers
from catalog.orders import consulting, paying, watching
from catalog.orders.moving import Locked, go, lock, move, said
from catalog.orders.states import BEFORE_PIVOT, FAILED, UNDECIDED
from catalog.orders.supplying import artefacts, lines
from catalog.orders.supplying.issuing import issue
from catalog.orders.supplying.releasing import never_came, refuse, reserved_after_all
from catalog.orders.supplying.settling import take
from catalog.ports import Accepted, Cancelled, NotFound, Outcome, Pending, Rejected, Reserved, Retryable, Unknown
from coalition import ledger
from coalition.kernel import audit, clock
from coalition.kernel.db import execute

# A supplier that takes no orders for a day is taken to refuse this one; what stays unknown for a day is for people.
PATIENCE = dt.timedelta(hours=24)


def answered(consignment_id: int, outcome: Outcome) -> str:
    """Record what a supplier says; the consignment's state after it. The first definite answer counts.

    Accepted captures the points at the operator's redemption account and commits the stock; Rejected gives both back.
    """
    consignment = lock(consignment_id)
    if consignment.state == "new":
        raise RuntimeError(f"consignment {consignment_id} was answered before it was asked")
    if consignment.state in BEFORE_PIVOT:
        _of_reservation(consignment, outcome)
    elif consignment.state in UNDECIDED:
        _of_confirmation(consignment, outcome)
    elif consignment.state == "confirmed" and isinstance(outcome, Accepted):
        issue(consignment, outcome)
    else:
        _afterwards(consignment, outcome)
    return lock(consignment_id).state


def accept(consignment: Locked, accepted: Accepted, *, whatever_it_costs: bool = False) -> None:
    """The supplier has taken the order, or some lines of it: capture those, release the others.

    A line that costs more than its price covers is for people to decide, unless they have.
    """
    verdicts = lines.judge(lines.open_lines(consignment.id), accepted.lines)
    margin_bp = suppliers.get(consignment.supplier_id).margin_bp
    said(consignment.id, external_id=accepted.external_id)
    if not any(one.taken for one in verdicts):
        code = next((one.code for one in verdicts if one.code), None)
        refuse(consignment, "rejected", code or "supplier_refused", by_supplier=True)
        return
    if lines.too_dear(verdicts, margin_bp) and not whatever_it_costs:
        said(consignment.id, state="pending")
        costs = {one.line.supplier_sku: one.unit_cost_minor for one in verdicts if one.taken}
        pieces = {one.line.supplier_sku: one.taken for one in verdicts}
        consulting.open_one(
            consignment, "price_changed", external_id=accepted.external_id, unit_costs=costs, pieces=pieces
        )
        return
    cash_minor = take(consignment, *lines.decide(verdicts))
    said(consignment.id, state="accepted", answered_at=clock.now(), checks=0)
    consulting.settle(consignment.id)
    confirmed = go(consignment, "confirmed")
    paying.decided(confirmed, cash_minor)
    if any(one.answer == "backordered" for one in verdicts):
        watching.raise_alarm(confirmed, "backordered")
    issue(confirmed, accepted)


def _of_reservation(consignment: Locked, outcome: Outcome) -> None:
    match outcome:
        case Reserved(external_id, hold_expires_at, price_guarantee_until):
            said(consignment.id, state="reserved", external_id=external_id, checks=0)
            execute(
                "UPDATE consignment SET hold_expires_at = :until, price_guarantee_until = :price WHERE id = :id",
                {"id": consignment.id, "until": hold_expires_at, "price": price_guarantee_until},
            )
            if consignment.state == "reserving":
                move(consignment, ["reserved"])
        case Rejected() | Cancelled() if consignment.state == "reserving":
            code = outcome.code if isinstance(outcome, Rejected) else "hold_expired"
            refuse(consignment, "rejected", code, by_supplier=True)
        case Pending():
            said(consignment.id, state="pending")
        case Retryable() if consignment.state == "reserving" and not _may_have_arrived(consignment):
            _come_again(consignment, "created")
        case Unknown() | Retryable() | NotFound() if consignment.state == "reserving":
            said(consignment.id, state="unknown")
            if _asked_for(consignment) > PATIENCE:
                refuse(lock(consignment.id), "rejected", "supplier_unavailable")
        case _:
            _note(consignment, outcome)


def _of_confirmation(consignment: Locked, outcome: Outcome) -> None:
    match outcome:
        case Accepted():
            accept(consignment, outcome)
        case Rejected(code):
            refuse(consignment, "rejected", code, by_supplier=True)
        case Cancelled():
            refuse(consignment, "rejected", "cancelled_by_supplier", by_supplier=True)
        case NotFound() | Reserved() if never_came(consignment):
            refuse(consignment, "rejected", "never_arrived")
        case Pending():
            said(consignment.id, state="pending")
        case Retryable() if not _may_have_arrived(consignment):
            _come_again(consignment, "reserved" if consignment.hold_expires_at else "created")
        case _:
            said(consignment.id, state="unknown")
            if consignment.state == "confirming":
                consignment = move(consignment, ["in_doubt"])
            _still_in_doubt(consignment)


def _still_in_doubt(consignment: Locked) -> None:
    """Past its time the doubt is for people; the points stay set aside for as long as it takes."""
    until = consignment.doubt_until or (consignment.asked_at or clock.now()) + PATIENCE
    if clock.now() > until:
        if consignment.hold is not None:
            ledger.extend_hold(consignment.hold, watching.HOLD_TTL_S)
        consulting.open_one(consignment, "in_doubt", client_ref=consignment.client_ref, since=consignment.asked_at)


def _may_have_arrived(consignment: Locked) -> bool:
    """Whether an earlier request got no answer: then "not now" says nothing about what became of that one."""
    return consignment.state == "in_doubt" or consignment.checks > 0


def _come_again(consignment: Locked, supplier_state: str) -> None:
    """The supplier has taken nothing so far; for how long it may go on like this is limited."""
    if _asked_for(consignment) > PATIENCE:
        refuse(consignment, "rejected", "supplier_unavailable")
    else:
        said(consignment.id, state=supplier_state)


def _asked_for(consignment: Locked) -> dt.timedelta:
    return clock.now() - (consignment.asked_at or clock.now())


def _afterwards(consignment: Locked, outcome: Outcome) -> None:
    """What comes when all is decided: more of the reward, a hold that was late, or a contradiction."""
    if isinstance(outcome, Accepted) and consignment.state not in FAILED:
        if outcome.artefacts:
            artefacts.keep(consignment, outcome.artefacts)
    elif isinstance(outcome, Reserved) and consignment.state in ("released", "rejected"):
        reserved_after_all(consignment, outcome.external_id)
    else:
        _note(consignment, outcome)


def _note(consignment: Locked, outcome: Outcome) -> None:
    """A definite answer that contradicts the one we acted on is for people to see."""
    failed = consignment.state in FAILED or consignment.state in BEFORE_PIVOT
    if (failed and isinstance(outcome, Accepted)) or (not failed and isinstance(outcome, Rejected)):
        answer = type(outcome).__name__
        audit.record("order.contradiction", f"consignment:{consignment.id}", state=consignment.state, answer=answer)
        consulting.open_one(
            consignment, "contradiction", state=consignment.state, answer=answer, client_ref=consignment.client_ref
        )
