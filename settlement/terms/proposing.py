"""Four eyes on agreements: one person of finance proposes a version, another activates exactly that.

The proposal is a row of its own, which prices nothing; the request for approval holds the same terms, and who approves,
approves their hash. The days that a version takes from the one before are decided when it becomes active.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from coalition import access, partners
from coalition.kernel import approvals, audit
from coalition.kernel.approvals import Approval
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Forbidden, Invalid
from settlement.terms import agreeing, limits
from settlement.terms.agreements import Agreement, Prices, get, select
from settlement.terms.billing import demand_cycle
from settlement.terms.reversing import apply_reversal_order

KIND = "terms.activate"
_NOTE_MAX = 500


def propose(
    entity_id: int,
    prices: Prices,
    *,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    currency: str = "",
    note: str,
    key: str,
) -> Agreement:
    """The next version of an entity's agreement, which waits for a second person; the same `key` again returns it.

    `note` says why, to who has to approve. Locks the entity's agreement. Invalid for terms that make no sense, and
    `cycle_differs` for a cycle that is not the program's; Conflict
    `agreement_waits` while another version of the entity waits, `external_id_conflict` for a key with other terms.
    """
    if not 1 <= len(note.strip()) <= _NOTE_MAX:
        problem = FieldError("/note", "required", f"Say why, in 1 to {_NOTE_MAX} characters.")
        raise Invalid("invalid", "This cannot be agreed.", [problem])
    settled_in = agreeing.examine(entity_id, prices, starts_on, ends_on, currency)
    demand_cycle(partners.entity(entity_id).program_id, prices.cycle)
    payload = _payload(entity_id, starts_on, ends_on, settled_in, prices)
    asked = approvals.request(KIND, payload, note, key=f"{entity_id}:{key}", subject=f"legal_entity:{entity_id}")
    if known := _of(asked):
        return known
    if select("legal_entity_id = :id AND state = 'proposed'", {"id": entity_id}):
        raise Conflict("agreement_waits", "Another version of this agreement waits for a second person.")
    return agreeing.insert(entity_id, prices, starts_on, ends_on, settled_in, state="proposed", approval_id=asked.id)


def activate(agreement_id: int, *, seen: bytes) -> Agreement:
    """Approve, as the running origin, the terms whose hash is `seen`, and let them be in force: both, or neither.

    NotFound; Forbidden `self_approval` or `approver_refused` (nobody of finance); Conflict `approval_changed`,
    `approval_closed`, and what `agreeing.make_room` refuses. Again, the version as it stands.
    """
    approvals.carry_out(_approval_id(agreement_id), seen=seen)
    return get(agreement_id)


def refuse(agreement_id: int, reason: str) -> Agreement:
    """Let a proposed version be refused, for good; by who has proposed it, withdrawn. Conflict `approval_closed`."""
    approvals.reject(_approval_id(agreement_id), reason)
    return get(agreement_id)


@approvals.executes(KIND)
def _activate(approval: Approval) -> dict[str, Any]:
    if not access.has_role(str(approval.approver), "finance"):
        raise Forbidden("approver_refused", "Only a person of finance can activate an agreement.")
    made = _of(approval)
    if made is None or _told(made) != approval.payload:
        raise Conflict("approval_changed", "These are not, or no longer, the terms that were approved.")
    fetch_one("SELECT id FROM legal_entity WHERE id = :id FOR NO KEY UPDATE", {"id": made.legal_entity_id})
    agreeing.make_room(made.legal_entity_id, made.starts_on)
    _become(approval, "active")
    limits.apply_limits(made.program_id)
    apply_reversal_order(made.legal_entity_id)
    audit.record("agreement.activate", f"agreement:{made.id}", version=made.version, starts_on=made.starts_on)
    return {"agreement": made.id}


@approvals.when_dropped(KIND)
def _drop(approval: Approval) -> None:
    _become(approval, "withdrawn" if audit.origin().actor == approval.requested_by else "refused")


def _become(approval: Approval, state: str) -> None:
    execute(
        "UPDATE agreement SET state = :state WHERE approval_id = :id AND state = 'proposed'",
        {"id": approval.id, "state": state},
    )


def _approval_id(agreement_id: int) -> int:
    approval_id = get(agreement_id).approval_id
    if approval_id is None:
        raise Conflict("approval_closed", "This version was agreed without a proposal.")
    return approval_id


def _of(approval: Approval) -> Agreement | None:
    found = select("approval_id = :id", {"id": approval.id})
    return found[0] if found else None


def _told(made: Agreement) -> dict[str, Any]:
    """A version as the payload of its approval tells it."""
    prices = Prices(**{name: getattr(made, name) for name in Prices.__slots__})
    return _payload(made.legal_entity_id, made.starts_on, made.ends_on, made.currency, prices)


def _payload(
    entity_id: int, starts_on: dt.date, ends_on: dt.date | None, currency: str, prices: Prices
) -> dict[str, Any]:
    facts = {name: getattr(prices, name) for name in Prices.__slots__}
    terms = {name: f"{value:.6f}" if isinstance(value, Decimal) else value for name, value in facts.items()}
    return {
        "legal_entity_id": entity_id,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat() if ends_on else None,
        "currency": currency,
        **terms,
    }
