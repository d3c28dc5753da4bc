"""What becomes of a statement: drafted at the close, sent, agreed or disputed, and at last paid.

Money may come back, or turn out to have been for something else: then what was paid is again what it was before.

Each state is a row that is added, numbered by statement: of two who move one at once, one finds the number taken.
"""

from __future__ import annotations

from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict
from settlement.statements.reading import Statement, get

_ONE_BY_ONE = "SELECT pg_advisory_xact_lock(hashtextextended(CAST(:one AS text), 27))"
STATES = ("draft", "sent", "agreed", "disputed", "paid")
_BEFORE = {
    "sent": ("draft", "disputed"),
    "agreed": ("sent", "disputed"),
    "disputed": ("sent", "agreed"),
    "paid": ("sent", "agreed"),
}


def send(statement_id: int, actor: str) -> Statement:
    """Let the entity have its statement, which from then on can have no other version. As `mark`."""
    return mark(statement_id, "sent", actor)


def agree(statement_id: int, actor: str) -> Statement:
    """Agree to a statement in the entity's name. As `mark`."""
    return mark(statement_id, "agreed", actor)


def hold(period_id: int) -> None:
    """Until the transaction ends nobody else sends a statement of this period, or opens it again: never both."""
    execute(_ONE_BY_ONE, {"one": f"period:{period_id}"})


def unpay(statement_id: int, actor: str) -> Statement:
    """Let a paid statement be what it was before, sent or agreed; any other stays as it is.

    Publishes `statement.unpaid`. NotFound.
    """
    moved = fetch_one(
        """
        INSERT INTO statement_event (statement_id, no, state, actor)
        SELECT e.statement_id, e.no + 1, b.state, :actor
          FROM (SELECT statement_id, no, state FROM statement_event WHERE statement_id = :id ORDER BY no DESC LIMIT 1) e
          JOIN statement_event b ON b.statement_id = e.statement_id AND b.no = e.no - 1
         WHERE e.state = 'paid' ON CONFLICT DO NOTHING RETURNING id""",
        {"id": statement_id, "actor": actor},
    )
    if moved is not None:
        audit.record("statement.unpaid", f"statement:{statement_id}", actor=actor)
        outbox.publish("statement.unpaid", {"statement_id": statement_id}, key=str(statement_id))
    return get(statement_id)


def mark(statement_id: int, state: str, actor: str) -> Statement:
    """Move a statement to a state; again, it stays there. Publishes `statement.<state>`.

    Sent after draft (or a dispute withdrawn), agreed after sent or disputed, disputed after sent or agreed, paid after
    sent or agreed. NotFound; Conflict `statement_state` from any other state, or if another version has replaced it.
    Sending holds the period (see `hold`).
    """
    if state == "sent":
        hold(get(statement_id).period_id)
    moved = fetch_one(
        """
        INSERT INTO statement_event (statement_id, no, state, actor)
        SELECT e.statement_id, e.no + 1, :state, :actor
          FROM (SELECT statement_id, no, state FROM statement_event WHERE statement_id = :id ORDER BY no DESC LIMIT 1) e
          JOIN statement s ON s.id = e.statement_id
         WHERE e.state = ANY(:before)
           AND NOT EXISTS (SELECT FROM settlement_reopening r WHERE (r.period_id, r.version) = (s.period_id, s.version))
        ON CONFLICT DO NOTHING RETURNING id""",
        {"id": statement_id, "state": state, "actor": actor, "before": list(_BEFORE[state])},
    )
    found = get(statement_id)
    if moved is None:
        if found.state == state:
            return found
        raise Conflict("statement_state", f"The statement is {found.state}; it cannot be {state} now.")
    audit.record(f"statement.{state}", f"statement:{statement_id}", actor=actor)
    outbox.publish(f"statement.{state}", {"statement_id": statement_id}, key=str(statement_id))
    return found
