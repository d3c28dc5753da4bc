"""Changing states: the one place that does, one recorded change and one event at a time.

Whoever changes anything of an order holds the lock of its row first, so that the changes of its consignments happen
one after another and the order's own state is computed from what is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.orders.states import BIRTH, order_state, path
from coalition.kernel import audit, ids, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

# Every change has exactly one event; most are of the general kind.
_EVENTS = {("order", "placing"): "order.placed", ("consignment", "delivered"): "order.delivered"}


@dataclass(frozen=True, slots=True)
class Locked:
    """A consignment whose order is locked by this transaction."""

    id: int
    order_id: int
    program_id: int
    currency_id: int
    supplier_id: int
    state: str
    client_ref: str
    supplier_state: str
    hold: tuple[int, int]


def lock(consignment_id: int) -> Locked:
    """Lock the order of a consignment and read the consignment as it is now. Raises NotFound."""
    fetch_one(
        "SELECT o.id FROM customer_order o JOIN consignment c ON c.order_id = o.id WHERE c.id = :id"
        " FOR NO KEY UPDATE OF o",
        {"id": consignment_id},
    )
    row = fetch_one(
        "SELECT c.id, c.order_id, o.program_id, o.currency_id, c.supplier_id, c.state, s.client_ref,"
        " s.state AS supplier_state, c.hold_account_id, c.hold_id"
        " FROM consignment c JOIN customer_order o ON o.id = c.order_id"
        " JOIN supplier_order s ON s.consignment_id = c.id WHERE c.id = :id",
        {"id": consignment_id},
    )
    if row is None:
        raise NotFound()
    facts = dict(row._mapping)
    hold = (facts.pop("hold_account_id"), facts.pop("hold_id"))
    return Locked(**facts, hold=hold)


def locked_state(consignment_id: int) -> str:
    """Lock the order of a consignment until the transaction ends; the consignment's state. Raises NotFound."""
    return lock(consignment_id).state


def move(consignment: Locked, way: Sequence[str], reason: str | None = None) -> None:
    """Take a locked consignment along `way`, recording every step, and let its order follow."""
    at = consignment.state
    for following in way:
        execute(
            "UPDATE consignment SET state = :to, reason = coalesce(:reason, reason) WHERE id = :id AND state = :at",
            {"id": consignment.id, "at": at, "to": following, "reason": reason},
        )
        _record(consignment.order_id, consignment.program_id, "consignment", at, following, reason, consignment.id)
        at = following
    if way:
        _follow(consignment.order_id, consignment.program_id, reason)


def reservations(consignment_id: int) -> list[str]:
    """The names of the stock that is kept for a consignment."""
    rows = fetch_all(
        "SELECT reservation_key FROM order_line WHERE consignment_id = :id ORDER BY no LIMIT 100",
        {"id": consignment_id},
    )
    return [row.reservation_key for row in rows]


def born(order_id: int, program_id: int) -> None:
    """Record that an order has come to be."""
    _record(order_id, program_id, "order", BIRTH, "placing", None, None)


def _follow(order_id: int, program_id: int, reason: str | None) -> None:
    states = fetch_all("SELECT state FROM consignment WHERE order_id = :id ORDER BY no LIMIT 100", {"id": order_id})
    order = fetch_one("SELECT state FROM customer_order WHERE id = :id", {"id": order_id})
    assert order is not None
    goal = order_state([row.state for row in states])
    way = path("order", order.state, goal)
    if way is None:
        raise RuntimeError(f"order {order_id} is {order.state} and cannot become {goal}")
    at = order.state
    for following in way:
        execute("UPDATE customer_order SET state = :to WHERE id = :id", {"id": order_id, "to": following})
        _record(order_id, program_id, "order", at, following, reason, None)
        at = following


def _record(
    order_id: int, program_id: int, machine: str, at: str, to: str, reason: str | None, consignment_id: int | None
) -> None:
    row = fetch_one(
        "INSERT INTO order_event (order_id, consignment_id, machine, from_state, to_state, reason, actor)"
        " VALUES (:order_id, :consignment_id, :machine, :at, :to, :reason, :actor) RETURNING id",
        {
            "order_id": order_id,
            "consignment_id": consignment_id,
            "machine": machine,
            "at": at,
            "to": to,
            "reason": reason,
            "actor": audit.origin().actor,
        },
    )
    assert row is not None
    public_id = ids.public("ord", order_id)
    payload = {
        "event_id": row.id,
        "program_id": program_id,
        "order_id": public_id,
        "consignment_id": consignment_id,
        "state": to,
        "reason": reason,
    }
    outbox.publish(_EVENTS.get((machine, to), "order.updated"), payload, key=public_id)
