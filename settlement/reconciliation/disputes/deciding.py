"""Deciding a dispute: accepted, partly or refused by the operator, or withdrawn by the partner; and its deadline.

What is granted becomes an adjustment that a second person approves before it is booked; nothing here books money.
"""

from __future__ import annotations

from dataclasses import replace

from coalition.kernel import audit, ids, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid
from settlement import statements
from settlement.reconciliation.disputes import claiming
from settlement.reconciliation.disputes.dispute import COLUMNS, Dispute, disputed, get
from settlement.reconciliation.disputes.opening import TEXT_MAX

_NOTE_MAX = 500
OUTCOMES = ("accepted", "partly", "refused")


def decide(dispute_id: int, outcome: str, text: str, granted_minor: int | None = None) -> Dispute:
    """Decide an open dispute, once. `granted_minor` is asked for only when it is `partly` accepted.

    What is granted waits as an adjustment for a second person. A statement of which nothing is disputed any more is
    `agreed`. Locks the dispute and what it claims. Raises Invalid for the fields, Conflict `dispute_closed`, and
    `statement_state` for granting something of a statement that another version has replaced.
    """
    found = get(dispute_id)
    granted = _granted(found, outcome, granted_minor, text)
    if granted and statements.get(found.statement_id).replaced:
        raise Conflict("statement_state", "Another version has replaced the statement; what is wrong is wrong there.")
    return _close(found, outcome, granted, text)


def withdraw(dispute_id: int, text: str) -> Dispute:
    """Let a dispute go, as the side that opened it. Raises Conflict `dispute_closed`."""
    return _close(get(dispute_id), "withdrawn", 0, text.strip() or "-")


def alarm(limit: int = 500) -> int:
    """Raise the alarm, once each, about open disputes whose answer is overdue; how many there were."""
    rows = fetch_all(
        "UPDATE dispute SET overdue_at = now() WHERE id = ANY (ARRAY(SELECT id FROM dispute"
        " WHERE state = 'open' AND overdue_at IS NULL AND due_at < now() ORDER BY due_at, id LIMIT :limit"
        " FOR UPDATE SKIP LOCKED)) RETURNING id, program_id, partner_id, statement_id",
        {"limit": limit},
    )
    for row in rows:
        outbox.publish("dispute.overdue", {"dispute_id": row.id, **row._mapping}, key=f"dispute:{row.id}")
    return len(rows)


def _close(found: Dispute, state: str, granted: int, text: str) -> Dispute:
    subjects = claiming.subjects_of(found.statement_id, found.document_id, found.movement_id)
    row = fetch_one(
        "UPDATE dispute SET state = :state, granted_minor = :granted, decision = :text, decided_by = :actor,"
        f" decided_at = now() WHERE id = :id AND state = 'open' RETURNING {COLUMNS}",
        {"id": found.id, "state": state, "granted": granted, "text": text, "actor": audit.origin().actor},
    )
    if row is None:
        raise Conflict("dispute_closed", "This dispute was decided already.")
    claiming.settle(found.statement_id, subjects, found.amount_minor, granted)
    closed = Dispute(**row._mapping)
    if granted:
        closed = _adjust(closed)
    if not disputed([found.statement_id]):
        _release(found.statement_id, "sent" if state == "withdrawn" else "agreed")
    audit.record("dispute.close", f"dispute:{closed.id}", state=state, granted_minor=granted)
    payload = {"dispute_id": closed.id, "partner_id": closed.partner_id, "state": state, "granted_minor": granted}
    outbox.publish("dispute.decided", payload, key=f"dispute:{closed.id}")
    return closed


def _adjust(closed: Dispute) -> Dispute:
    """Ask for the adjustment that the outcome comes to; a second person approves and so books it."""
    asked = statements.adjust(
        closed.legal_entity_id,
        closed.sign * closed.granted_minor,
        "dispute",
        (closed.decision or "")[:_NOTE_MAX],
        key=ids.public("dsp", closed.id),
        statement_id=closed.statement_id,
        movement_id=closed.movement_id,
        dispute_ref=ids.public("dsp", closed.id),
    )
    execute("UPDATE dispute SET approval_id = :approval WHERE id = :id", {"approval": asked.id, "id": closed.id})
    return replace(closed, approval_id=asked.id)


def _release(statement_id: int, state: str) -> None:
    """Nothing of the statement is disputed any more: it may be paid."""
    if statements.get(statement_id).state == "disputed":
        statements.mark(statement_id, state, audit.origin().actor)


def _granted(found: Dispute, outcome: str, granted_minor: int | None, text: str) -> int:
    problems = []
    if outcome not in OUTCOMES:
        problems.append(FieldError("/outcome", "invalid", f"One of: {', '.join(OUTCOMES)}."))
    if not 1 <= len(text.strip()) <= TEXT_MAX or "\0" in text:
        problems.append(FieldError("/text", "required", "Say why."))
    if outcome == "partly" and not 0 < (granted_minor or 0) < found.amount_minor:
        problems.append(FieldError("/granted", "invalid", "Grant more than nothing and less than all of it."))
    if outcome != "partly" and granted_minor is not None:
        problems.append(FieldError("/granted", "invalid", "An amount is granted only where part of it is."))
    if problems:
        raise Invalid("invalid", "The dispute cannot be decided so.", problems)
    return {"accepted": found.amount_minor, "partly": granted_minor or 0}.get(outcome, 0)
