"""What is owed, as the rooms below say it: what each statement comes to, which are disputed, and that one is paid."""

from __future__ import annotations

from collections.abc import Collection

from coalition.kernel import audit
from settlement import reconciliation, statements
from settlement.statements import Payable, payables

__all__ = ["Payable", "kept_back", "mark_paid", "payables", "tell"]


def kept_back(statement_ids: Collection[int]) -> set[int]:
    """Which of these statements nobody pays for now: those with an open dispute, and those that are paid already."""
    states = {number: statements.get(number).state for number in statement_ids}
    return reconciliation.disputed(statement_ids) | {
        number for number, state in states.items() if state in ("disputed", "paid")
    }


def tell(statement_id: int) -> None:
    """See that the entity has its statement: one that is still a draft is sent, and can have no other version then."""
    if statements.get(statement_id).state == "draft":
        statements.send(statement_id, audit.origin().actor)


def mark_paid(statement_id: int, *, settled: bool) -> None:
    """Note that a statement is paid in full, or that it is so no more.

    One that is disputed is marked when that is over; one whose money came back is again what it was before.
    """
    state = statements.get(statement_id).state
    if settled and state in ("sent", "agreed"):
        statements.mark(statement_id, "paid", audit.origin().actor)
    elif not settled and state == "paid":
        statements.unpay(statement_id, audit.origin().actor)
