"""What a person's decision about a case comes to. Every one is recorded with its reason and its author."""

from __future__ import annotations

from collections.abc import Callable

from catalog.orders import consulting
from catalog.orders.cancelling import call_off, stands, taken_back
from catalog.orders.consulting import Case
from catalog.orders.moving import Locked, lock, said, wake
from catalog.orders.states import UNDECIDED, UNDOING
from catalog.orders.supplying.answering import PATIENCE, accept
from catalog.orders.supplying.releasing import refuse
from catalog.ports import Accepted, LineAnswer
from coalition.kernel import audit, clock
from coalition.kernel.db import execute
from coalition.kernel.errors import Conflict, FieldError, Invalid

_REASON_MAX = 500


def decide(program_id: int, case_id: int, decision: str, reason: str, *, external_id: str | None = None) -> Case:
    """Decide an open case, as the running origin; the case as it is then.

    `external_id`: under which number the supplier has the order, for `accepted`. NotFound; Conflict `case_closed`;
    Invalid `unknown_decision`, or without a reason or a number.
    """
    consignment = lock(consulting.case(program_id, case_id).consignment_id)
    case = consulting.case(program_id, case_id)
    if case.state != "open":
        raise Conflict("case_closed", "This was decided in the meantime.", state=case.state)
    _check(case, decision, reason, external_id)
    consulting.close(case_id, decision, reason.strip(), audit.origin().actor)
    _DEEDS[(case.kind, decision)](consignment, case, external_id or "")
    audit.record("order.decide", f"consignment:{consignment.id}", case=case.kind, decision=decision, reason=reason)
    return consulting.case(program_id, case_id)


def _check(case: Case, decision: str, reason: str, external_id: str | None) -> None:
    if decision not in case.allowed:
        problem = FieldError("/decision", "unknown_decision", f"One of {', '.join(case.allowed)}.")
        raise Invalid("unknown_decision", "This cannot be decided about it.", [problem])
    if not 1 <= len(reason.strip()) <= _REASON_MAX or "\0" in reason:
        problem = FieldError("/reason", "required", f"Say why, in 1 to {_REASON_MAX} characters.")
        raise Invalid("invalid", "A decision needs a reason.", [problem])
    if decision == "accepted" and not external_id:
        problem = FieldError("/external_id", "required", "Under which number does the supplier have it?")
        raise Invalid("invalid", "Name the supplier's own number.", [problem])


def _accepted(consignment: Locked, case: Case, external_id: str) -> None:
    if consignment.state in UNDECIDED:
        accept(consignment, Accepted(external_id))


def _never_arrived(consignment: Locked, case: Case, external_id: str) -> None:
    if consignment.state in UNDECIDED:
        refuse(consignment, "rejected", "never_arrived")


def _wait(consignment: Locked, case: Case, external_id: str) -> None:
    """Another day by ourselves."""
    said(consignment.id, doubt_until=clock.now() + PATIENCE)
    if consignment.undo_since is not None:
        said(consignment.id, undo_since=clock.now())
    wake(consignment)


def _accept_price(consignment: Locked, case: Case, external_id: str) -> None:
    if consignment.state in UNDECIDED:
        accept(consignment, _as_told(case), whatever_it_costs=True)


def _refuse_price(consignment: Locked, case: Case, external_id: str) -> None:
    """What the supplier has taken at its price is taken back by the supplier, like anything that is cancelled."""
    if consignment.state in UNDECIDED:
        accept(consignment, _as_told(case), whatever_it_costs=True)
        now = lock(consignment.id)
        if now.state == "confirmed":
            call_off(now, "price_changed")


def _as_told(case: Case) -> Accepted:
    costs, pieces = case.facts["unit_costs"], case.facts["pieces"]
    answers = (
        LineAnswer(sku, "price_changed" if qty else "rejected", qty, costs.get(sku)) for sku, qty in pieces.items()
    )
    return Accepted(case.facts["external_id"], tuple(answers))


def _accept_terms(consignment: Locked, case: Case, external_id: str) -> None:
    execute(
        "UPDATE supplier_order SET terms = terms || '{\"agreed\": true}' WHERE consignment_id = :id",
        {"id": consignment.id},
    )
    wake(consignment)


def _keep(consignment: Locked, case: Case, external_id: str) -> None:
    if consignment.state in UNDOING:
        stands(consignment, "terms_refused")


def _cancelled(consignment: Locked, case: Case, external_id: str) -> None:
    if consignment.state in UNDOING:
        taken_back(consignment)


def _released(consignment: Locked, case: Case, external_id: str) -> None:
    if consignment.supplier_state == "releasing":
        said(consignment.id, state="released", undo_since=None)


def _noted(consignment: Locked, case: Case, external_id: str) -> None:
    """People deal with the supplier; nothing here changes."""


_DEEDS: dict[tuple[str, str], Callable[[Locked, Case, str], None]] = {
    ("unknown_outcome", "accepted"): _accepted,
    ("unknown_outcome", "never_arrived"): _never_arrived,
    ("in_doubt", "accepted"): _accepted,
    ("in_doubt", "never_arrived"): _never_arrived,
    ("in_doubt", "wait"): _wait,
    ("price_changed", "accept"): _accept_price,
    ("price_changed", "refuse"): _refuse_price,
    ("cancel_terms", "accept"): _accept_terms,
    ("cancel_terms", "keep"): _keep,
    ("cancel_unknown", "cancelled"): _cancelled,
    ("cancel_unknown", "stands"): _keep,
    ("cancel_unknown", "wait"): _wait,
    ("release_unknown", "released"): _released,
    ("release_unknown", "wait"): _wait,
    ("live_after_release", "cancelled_there"): _released,
    ("contradiction", "noted"): _noted,
    ("cash_not_captured", "noted"): _noted,
}
