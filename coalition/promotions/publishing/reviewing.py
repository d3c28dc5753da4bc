"""Four eyes on promotions: what one person submits, another publishes, exactly as it was shown.

The request holds the whole document, and who approves, approves its hash. Approving makes it a version and composes the
next ruleset in the same transaction: both, or neither.
"""

from __future__ import annotations

import json
from typing import Any

from coalition import access
from coalition.kernel import approvals, audit
from coalition.kernel.approvals import Approval
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Forbidden, Invalid
from coalition.promotions.publishing import checking, listing
from coalition.promotions.publishing.assembling import demand_tests
from coalition.promotions.publishing.composing import compose
from coalition.promotions.publishing.documents import content
from coalition.promotions.publishing.keeping import keep
from coalition.promotions.publishing.settings import take_turn
from coalition.promotions.publishing.types import Promotion

KIND = "promotion.publish"
ROLE = "marketer"
_NOTE_MAX = 500


def submit(program_id: int, code: str, note: str, *, seen: int | None = None) -> Promotion:
    """Ask, as the running origin, that a second person publish the draft. `note` says why, to who has to approve.

    The same person with the same note again, as by a second press, asks for nothing more. Locks the promotion. Invalid
    for a draft that has problems or fails a test of its own, or for no note; Conflict `draft_missing`, `draft_changed`
    if it is not the one `seen`, or `in_review`.
    """
    if not 1 <= len(note.strip()) <= _NOTE_MAX:
        problem = FieldError("/note", "required", f"Say why, in 1 to {_NOTE_MAX} characters.")
        raise Invalid("invalid", "This cannot be asked for.", [problem])
    found = _locked(program_id, code)
    if found.draft is None:
        raise Conflict("draft_missing", "There is no draft to publish.")
    if found.approval_id is not None:
        known = approvals.get(found.approval_id)
        if (known.requested_by, known.reason) == (audit.origin().actor, note.strip()):
            return listing.one(program_id, code)
        raise Conflict("in_review", "A second person is looking at this draft already.")
    if seen not in (None, found.draft_no):
        raise Conflict("draft_changed", "Somebody has changed this draft meanwhile; look at it again.")
    checking.examine(program_id, found.draft, strict=True)
    demand_tests(program_id, found.draft)
    asked = approvals.request(
        KIND,
        {"program_id": program_id, "code": code, "document": json.loads(content(found.draft))},
        note.strip(),
        key=f"{found.id}:{found.draft_no}",
        subject=f"promotion:{found.id}",
    )
    execute(
        "UPDATE promotion SET approval_id = :approval, changed_at = now() WHERE id = :id",
        {"id": found.id, "approval": asked.id},
    )
    audit.record("promotion.submit", f"promotion:{found.id}", approval=asked.id)
    return listing.one(program_id, code)


def approve(program_id: int, code: str, *, seen: bytes | None = None) -> Promotion:
    """Approve, as the running origin, what was submitted, and publish it at once; `seen`: the hash that was shown.

    Forbidden `self_approval` or `approver_refused` (no marketer); Conflict `approval_changed`, `approval_closed`.
    """
    approvals.carry_out(_approval_id(program_id, code), seen=seen)
    return listing.one(program_id, code)


def reject(program_id: int, code: str, reason: str) -> Promotion:
    """Send what was submitted back to its draft; who has submitted it withdraws it so. Conflict `approval_closed`."""
    approvals.reject(_approval_id(program_id, code), reason)
    return listing.one(program_id, code)


@approvals.executes(KIND)
def _publish(approval: Approval) -> dict[str, Any]:
    asked = approval.payload
    if not access.may_approve(str(approval.approver), ROLE):
        raise Forbidden("approver_refused", "Only a marketer can publish a promotion.")
    program_id, code = asked["program_id"], asked["code"]
    turn = take_turn(program_id)
    found = _locked(program_id, code)
    if found.approval_id != approval.id or found.draft is None or content(found.draft) != content(asked["document"]):
        raise Conflict("approval_changed", "This is not, or no longer, what was approved.")
    approver = str(approval.approver)
    kept = keep(program_id, [asked["document"]], actor=approver, approval_id=approval.id)[code]
    execute(
        "UPDATE promotion SET state = 'published', version = :version, draft = NULL, draft_by = NULL,"
        " approval_id = NULL, changed_at = now() WHERE id = :id",
        {"id": found.id, "version": kept.version},
    )
    audit.record("promotion.publish", f"promotion:{found.id}", version=kept.version, approval=approval.id)
    made = compose(program_id, turn, actor=approver, note=approval.reason, testing=[code])
    return {"promotion": code, "version": kept.version, "ruleset": made.no}


@approvals.when_dropped(KIND)
def _drop(approval: Approval) -> None:
    execute("UPDATE promotion SET approval_id = NULL, changed_at = now() WHERE approval_id = :id", {"id": approval.id})


def _locked(program_id: int, code: str) -> Promotion:
    found = listing.one(program_id, code)
    fetch_one("SELECT id FROM promotion WHERE id = :id FOR NO KEY UPDATE", {"id": found.id})
    return listing.one(program_id, code)


def _approval_id(program_id: int, code: str) -> int:
    found = listing.one(program_id, code).approval_id
    if found is None:
        raise Conflict("approval_closed", "Nothing of this promotion waits for a second person.")
    return found
