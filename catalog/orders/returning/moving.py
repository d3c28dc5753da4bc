"""Changing the states of returns: the one place that does, one recorded change and one event at a time.

Locks: the order's row first, as everywhere, then the return's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.orders.returning.rma import RMA, way
from coalition.kernel import audit, ids, outbox
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class LockedReturn:
    """A return whose order is locked by this transaction."""

    id: int
    program_id: int
    order_id: int
    consignment_id: int
    supplier_id: int
    currency_id: int
    state: str


def lock_return(program_id: int | None, return_id: int) -> LockedReturn:
    """Lock a return, its order first; it as it is then. `program_id` None: of any program. Raises NotFound."""
    fetch_one(
        "SELECT o.id FROM customer_order o JOIN rma r ON r.order_id = o.id WHERE r.id = :id FOR NO KEY UPDATE OF o",
        {"id": return_id},
    )
    row = fetch_one(
        "SELECT r.id, r.program_id, r.order_id, r.consignment_id, c.supplier_id, o.currency_id, r.state FROM rma r"
        " JOIN consignment c ON c.id = r.consignment_id JOIN customer_order o ON o.id = r.order_id"
        " WHERE r.id = :id AND r.program_id = coalesce(:program_id, r.program_id) FOR NO KEY UPDATE OF r",
        {"id": return_id, "program_id": program_id},
    )
    if row is None:
        raise NotFound()
    return LockedReturn(**row._mapping)


def go(asked: LockedReturn, goal: str, reason: str | None = None) -> LockedReturn:
    """Take a locked return to `goal`, through what lies between. Conflict `return_state` (extra `state`)."""
    steps = way(asked.state, goal)
    if not steps:
        raise Conflict("return_state", f"A return that is {asked.state} does not become {goal}.", state=asked.state)
    return move(asked, steps, reason)


def move(asked: LockedReturn, steps: Sequence[str], reason: str | None = None) -> LockedReturn:
    """Take a locked return along `steps`: each is recorded, with one event."""
    at = asked.state
    for following in steps:
        assert following in RMA[at]
        moved = execute(
            "UPDATE rma SET state = :to WHERE id = :id AND state = :at", {"id": asked.id, "at": at, "to": following}
        )
        assert moved == 1
        _record(asked, at, following, reason)
        at = following
    return lock_return(asked.program_id, asked.id)


def _record(asked: LockedReturn, at: str, to: str, reason: str | None) -> None:
    row = fetch_one(
        "INSERT INTO rma_event (rma_id, from_state, to_state, reason, actor) VALUES (:id, :at, :to, :reason, :actor)"
        " RETURNING id",
        {"id": asked.id, "at": at, "to": to, "reason": reason, "actor": audit.origin().actor},
    )
    assert row is not None
    public_id = ids.public("rma", asked.id)
    payload = {
        "event_id": row.id,
        "program_id": asked.program_id,
        "order_id": ids.public("ord", asked.order_id),
        "return_id": public_id,
        "state": to,
    }
    outbox.publish("return.updated", payload, key=public_id)
