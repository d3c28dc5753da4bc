"""What to ask of a supplier next, decided and committed before anybody is asked.

Reserve (where the supplier can), look once more whether everything still holds, then the pivot: confirm. What was sent
before and never answered is looked up first; a supplier that can neither be asked twice nor looked up is asked once.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict, replace

from catalog import rewards, suppliers
from catalog.orders import consulting
from catalog.orders.moving import Locked, lock, move, said
from catalog.orders.states import UNDECIDED, UNDOING
from catalog.orders.supplying import own_codes
from catalog.orders.supplying.releasing import back_out
from catalog.orders.types import Question
from catalog.ports import Address, Caps, SupplierAccess, SupplierLine
from coalition import ledger
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

# What must still hold so long after the last look, for the pivot to be asked.
MARGIN = dt.timedelta(seconds=60)
UNANSWERED = frozenset({"asked", "pending", "unknown"})
PLAIN = Caps(idempotent_create=True, lookup_by_client_ref=True)


def ask(consignment_id: int, caps_of: Callable[[SupplierAccess], Caps] | None = None) -> Question | None:
    """Commit to asking the supplier: the question to put once this transaction is over, None if there is none.

    None, too, while the cash is not authorized or a person has to decide. `caps_of` tells what the supplier can do.
    """
    consignment = lock(consignment_id)
    if consignment.supplier_state == "releasing":
        return None if consulting.waiting(consignment_id) else _question(consignment, "release", counted=True)
    if consignment.payment in ("wanted", "failed") and consignment.state in UNDECIDED:
        return None
    if consignment.state == "new":
        consignment = move(_acquaint(consignment, caps_of), ["reserving"])
        if not consignment.caps.hold:
            consignment = move(consignment, ["reserved"])
    if consignment.state == "reserving":
        return _reserve(consignment)
    if consignment.state == "reserved":
        problem = unsafe(consignment)
        if problem is not None:
            back_out(consignment, problem)
            return None
        if consignment.protocol == own_codes.POOL:
            own_codes.serve(consignment)
            return None
        said(consignment_id, checks=0)
        consignment = move(consignment, ["confirming"])
    return _after_pivot(consignment)


def unsafe(consignment: Locked) -> str | None:
    """Why the pivot must not be asked any more: something that it needs ends too soon. None if all is well."""
    least = clock.now() + MARGIN
    if consignment.hold is not None:
        try:
            held = ledger.get_hold(*consignment.hold)
        except NotFound:
            return "points_not_held"
        if held.state != "open" or held.expires_at < least:
            return "points_not_held"
    if consignment.payment == "authorized" and (consignment.payment_valid_until or least) < least:
        return "payment_expired"
    if consignment.hold_expires_at is not None and consignment.hold_expires_at < least:
        return "hold_expired"
    if consignment.price_guarantee_until is not None and consignment.price_guarantee_until < least:
        return "price_expired"
    return None


def answers_by_line(consignment_id: int) -> bool:
    """Whether an undecided consignment may be taken in part: which lines are, only the supplier's own answer tells."""
    consignment = lock(consignment_id)
    return consignment.state in ("confirming", "in_doubt") and consignment.caps.partial and _can_look(consignment)


def awaits_issue(consignment: Locked) -> bool:
    """Whether the supplier has taken the order and still owes us the reward itself: a code, a ticket."""
    return consignment.state == "confirmed" and consignment.protocol != "goods"


def _after_pivot(consignment: Locked) -> Question | None:
    if consulting.waiting(consignment.id):
        return None
    if consignment.state in ("confirming", "in_doubt"):
        return _confirm(consignment)
    if awaits_issue(consignment):
        return _question(consignment, "look", look_first=True, counted=True)
    if consignment.state in UNDOING:
        again = consignment.checks > 0
        agreed = consignment.terms is not None and bool(consignment.terms.get("agreed"))
        return _question(consignment, "cancel", look_first=again, agreed=agreed, counted=True)
    return None


def _reserve(consignment: Locked) -> Question:
    unanswered = consignment.supplier_state in UNANSWERED
    look = unanswered and not consignment.caps.idempotent_create and _can_look(consignment)
    return _question(consignment, "reserve", look_first=look, resend=True, sending=not look, counted=unanswered)


def _confirm(consignment: Locked) -> Question | None:
    unanswered, caps = consignment.supplier_state in UNANSWERED, consignment.caps
    if unanswered and not caps.idempotent_create and not _can_look(consignment):
        if consignment.state == "confirming":
            move(consignment, ["in_doubt"])
        consulting.open_one(consignment, "unknown_outcome", client_ref=consignment.client_ref)
        return None
    look = unanswered and _can_look(consignment)
    resend = caps.idempotent_create or not unanswered
    return _question(consignment, "confirm", look_first=look, resend=resend, sending=not look, counted=unanswered)


def _can_look(consignment: Locked) -> bool:
    return consignment.caps.lookup_by_client_ref or consignment.external_id is not None


def _question(
    consignment: Locked,
    step: str,
    *,
    look_first: bool = False,
    resend: bool = False,
    sending: bool = False,
    counted: bool = False,
    agreed: bool = False,
) -> Question:
    """Write down that we ask, and how often we have looked; what to put to the supplier after the commit."""
    asking = "'asked'" if consignment.state in UNDECIDED and step != "release" else "state"
    row = fetch_one(
        f"UPDATE supplier_order SET state = {asking}, requests = requests + 1, asked_at = coalesce(asked_at, now()),"
        " sent_at = CASE WHEN :sending THEN now() ELSE sent_at END, checks = checks + CAST(:counted AS int)"
        " WHERE consignment_id = :id RETURNING checks",
        {"id": consignment.id, "sending": sending, "counted": counted},
    )
    order = fetch_one("SELECT address FROM customer_order WHERE id = :id", {"id": consignment.order_id})
    assert row is not None and order is not None
    return Question(
        consignment_id=consignment.id,
        step=step,
        access=suppliers.access(consignment.supplier_id),
        client_ref=consignment.client_ref,
        external_id=consignment.external_id,
        lines=_lines(consignment),
        address=Address(**order.address),
        look_first=look_first,
        resend=resend,
        agreed=agreed,
        checks=row.checks,
    )


def _lines(consignment: Locked) -> tuple[SupplierLine, ...]:
    """What is ordered, with what its supplier must know besides: who travels, or how many points a piece is."""
    rows = fetch_all(
        "SELECT l.offer_id, l.supplier_sku, l.qty, l.unit_cost_minor, c.cost_currency FROM order_line l"
        " JOIN consignment c ON c.id = l.consignment_id WHERE l.consignment_id = :id AND l.split_from IS NULL"
        " ORDER BY l.no LIMIT 100",
        {"id": consignment.id},
    )
    if consignment.protocol == "foreign":
        units = rewards.units_of(row.offer_id for row in rows)
        return tuple(replace(SupplierLine(*row[1:]), details={"units": units[row.offer_id]}) for row in rows)
    if consignment.protocol != "flight":
        return tuple(SupplierLine(*row[1:]) for row in rows)
    of = (consignment.supplier_id, consignment.member_id)
    details = [suppliers.order_details(*of, row.supplier_sku) for row in rows]
    return tuple(replace(SupplierLine(*row[1:]), details=known) for row, known in zip(rows, details, strict=True))


def _acquaint(consignment: Locked, caps_of: Callable[[SupplierAccess], Caps] | None) -> Locked:
    """Write down what the supplier can do, as of before it was first asked."""
    if consignment.protocol == own_codes.POOL:
        return consignment
    access = suppliers.access(consignment.supplier_id)
    caps = caps_of(access) if caps_of else PLAIN
    execute(
        "UPDATE supplier_order SET protocol = :protocol, caps = CAST(:caps AS jsonb) WHERE consignment_id = :id",
        {"id": consignment.id, "protocol": access.protocol, "caps": json.dumps(asdict(caps))},
    )
    return lock(consignment.id)
