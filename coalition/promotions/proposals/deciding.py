"""A marketer answers a proposal, once: a draft is begun with what it says, or it is declined. Who proposed is told."""

from __future__ import annotations

from typing import Any

from coalition import access, letters, partners, programs
from coalition.kernel import audit, clock, ids
from coalition.kernel.db import execute
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.programs import Program
from coalition.promotions.proposals.proposing import Proposal, get
from coalition.promotions.publishing import begin_draft

_PAGE = "/portal/promotions"  # where the partner reads the answer
_REASON_MAX = 500


def take_up(program_id: int, number: int, code: str) -> Proposal:
    """Begin a draft of this code that says so far what the proposal says: its name, its days, where, and who would pay.

    Raises NotFound; Conflict `proposal_decided`, `code_in_use`; Invalid for what is no code (`/id`).
    """
    _decide(program_id, number, "taken", code=code)
    found = get(number, program_id=program_id)
    begin_draft(program_id, code, _document(programs.get(program_id), found), actor=audit.origin().actor)
    audit.record("proposal.taken", f"proposal:{number}", code=code)
    _tell("proposal_taken", found)
    return found


def decline(program_id: int, number: int, reason: str) -> Proposal:
    """Decline the proposal for a reason, which its partner reads.

    Raises NotFound; Conflict `proposal_decided`; Invalid without a reason (`/reason`).
    """
    if not reason.strip() or len(reason) > _REASON_MAX:
        code = "too_long" if reason.strip() else "say_why"
        raise Invalid("invalid", "No reason.", [FieldError("/reason", code, f"1 to {_REASON_MAX} characters.")])
    _decide(program_id, number, "declined", reason=reason.strip())
    found = get(number, program_id=program_id)
    audit.record("proposal.declined", f"proposal:{number}", reason=found.reason)
    _tell("proposal_declined", found)
    return found


def _decide(program_id: int, number: int, state: str, *, code: str | None = None, reason: str | None = None) -> None:
    """Only of one that waits: whoever comes second waits for the first one's transaction, and is refused."""
    params = {"id": number, "program": program_id, "state": state, "code": code, "reason": reason}
    changed = execute(
        "UPDATE promotion_proposal SET state = :state, code = :code, reason = :reason, decided_by = :actor,"
        " decided_at = :now WHERE id = :id AND program_id = :program AND state = 'waiting'",
        {**params, "actor": audit.origin().actor, "now": clock.now()},
    )
    if not changed:
        found = get(number, program_id=program_id)
        raise Conflict("proposal_decided", f"This proposal is {found.state} already.", state=found.state)


def _document(program: Program, found: Proposal) -> dict[str, Any]:
    """What a marketer begins with; what members get is still to be said."""
    partner = partners.get(found.partner_id).code
    begins = clock.start_of_day(found.begins_on, program.zone)
    ends = clock.end_of_last_day(found.ends_on, program.zone)
    document: dict[str, Any] = {
        "name": {"en": found.name, "ru": found.name},
        "events": ["receipt.closed"],
        "from": clock.written(begins),
        "to": clock.written(ends),
        "when": {"f": "partner.id", "op": "eq", "v": partner},
        "effects": [],
        "notes": found.words,
    }
    return document | ({"sponsor": {"partner": partner}} if found.pays else {})


def _tell(kind: str, found: Proposal) -> None:
    """Write to whoever proposed it, in their language, unless they may not sign in any more."""
    scheme, _, user_id = found.proposed_by.partition(":")
    try:
        person = access.user(int(user_id)) if scheme == "user" else None
    except NotFound:
        return
    if person and person.active:
        facts = {"name": found.name, "reason": found.reason or "", "program": programs.get(found.program_id).name}
        letters.post(kind, person.email, person.language, page=f"{_PAGE}/{ids.public('prp', found.id)}", **facts)
