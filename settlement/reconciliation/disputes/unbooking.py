"""A grant that was not approved: nothing was booked for it, so its dispute is open again, and both sides are told.

Without that the partner would have been told that it is right, and the money would never come.
"""

from __future__ import annotations

from coalition.kernel import approvals, audit
from coalition.kernel.approvals import Approval
from coalition.kernel.db import execute, fetch_one
from settlement import statements
from settlement.reconciliation.disputes import claiming
from settlement.reconciliation.disputes.dispute import COLUMNS, Dispute
from settlement.reconciliation.disputes.opening import comment

_OPEN = """
    UPDATE dispute SET state = 'open', granted_minor = 0, decision = NULL, decided_by = NULL, decided_at = NULL,
           approval_id = NULL WHERE id = :id"""
_OPENED = "What was granted was not approved and not booked; the dispute is open again."
_KEPT = "What was granted was not approved and not booked."


@approvals.when_dropped(statements.ADJUSTMENT)
def _not_booked(approval: Approval) -> None:
    """Open the dispute again; where the rest of its subject is disputed anew meanwhile, only say what has happened."""
    row = fetch_one(f"SELECT {COLUMNS} FROM dispute WHERE approval_id = :id", {"id": approval.id})
    if row is None:  # an adjustment that decides no dispute
        return
    found = Dispute(**row._mapping)
    subjects = claiming.subjects_of(found.statement_id, found.document_id, found.movement_id)
    if not claiming.unsettle(found.statement_id, subjects, found.amount_minor, found.granted_minor):
        comment(found, "operator", _KEPT)
        return
    execute(_OPEN, {"id": found.id})
    if statements.get(found.statement_id).state in ("sent", "agreed"):
        statements.mark(found.statement_id, "disputed", audit.origin().actor)
    audit.record("dispute.reopen", f"dispute:{found.id}", approval=approval.id)
    comment(found, "operator", _OPENED)
