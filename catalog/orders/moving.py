"""Changing states: the one place that does, one recorded change and one event at a time.

Whoever changes anything of an order holds the lock of its row first, so that the changes of its consignments happen
one after another and the order's own state is computed from what is true. Every state that is to end has its time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.orders.states import BIRTH, order_state, path
from catalog.ports import Caps
from coalition.kernel import audit, ids, jobs, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

JOB = "orders.ask"
LOCK = """
    SELECT o.id FROM customer_order o JOIN consignment c ON c.order_id = o.id WHERE c.id = :id FOR NO KEY UPDATE OF o"""
ANSWER_S = 7200  # within two hours a supplier should have answered, unless it has promised otherwise
# Every change has exactly one event; most are of the general kind.
_EVENTS = {("order", "placing"): "order.placed", ("consignment", "delivered"): "order.delivered"}
# When a state should be over, by its name; what is on its way, a day after it was expected.
_DUE = """CASE WHEN :to IN ('reserving', 'reserved', 'confirming') THEN now() + make_interval(secs => coalesce(
                    (SELECT a.answer_s FROM order_sla a WHERE a.supplier_id = consignment.supplier_id), :answer_s))
               WHEN :to = 'in_doubt' THEN now() + interval '15 minutes'
               WHEN :to IN ('cancel_requested', 'void_requested') THEN now() + interval '1 day'
               WHEN :to IN ('confirmed', 'preparing', 'partially_shipped', 'shipped')
                    THEN greatest(now(), expected_on + interval '1 day') END"""
_LOCKED = """
    SELECT c.id, c.order_id, o.program_id, o.currency_id, o.member_id, c.supplier_id, c.state, c.stage_before,
           c.delivery_kind, c.points_paid, c.points_captured, c.cash_minor, c.cash_captured, c.capture_entry_id,
           c.hold_account_id, c.hold_id, c.hold_expires_at, c.price_guarantee_until, c.void_until, o.payment,
           o.payment_valid_until, s.client_ref, s.external_id, s.state AS supplier_state, s.protocol, s.caps, s.checks,
           s.asked_at, s.sent_at, s.doubt_until, s.undo_since, s.terms
      FROM consignment c JOIN customer_order o ON o.id = c.order_id
      JOIN supplier_order s ON s.consignment_id = c.id WHERE c.id = :id"""


@dataclass(frozen=True, slots=True)
class Locked:
    """A consignment whose order is locked by this transaction, with what was said between us and its supplier."""

    id: int
    order_id: int
    program_id: int
    currency_id: int
    member_id: int
    supplier_id: int
    state: str
    stage_before: str | None
    delivery_kind: str
    points_paid: int
    points_captured: int
    cash_minor: int
    cash_captured: int
    capture_entry_id: int | None
    hold: tuple[int, int] | None
    hold_expires_at: dt.datetime | None
    price_guarantee_until: dt.datetime | None
    void_until: dt.datetime | None
    payment: str
    payment_valid_until: dt.datetime | None
    client_ref: str
    external_id: str | None
    supplier_state: str
    protocol: str
    caps: Caps
    checks: int
    asked_at: dt.datetime | None
    sent_at: dt.datetime | None
    doubt_until: dt.datetime | None
    undo_since: dt.datetime | None
    terms: dict[str, Any] | None


def lock(consignment_id: int) -> Locked:
    """Lock the order of a consignment and read the consignment as it is now. Raises NotFound."""
    fetch_one(LOCK, {"id": consignment_id})
    row = fetch_one(_LOCKED, {"id": consignment_id})
    if row is None:
        raise NotFound()
    facts: dict[str, Any] = dict(row._mapping)
    account_id, hold_id = facts.pop("hold_account_id"), facts.pop("hold_id")
    facts["caps"] = Caps(**row.caps)
    return Locked(**facts, hold=(account_id, hold_id) if hold_id is not None else None)


def locked_state(consignment_id: int) -> str:
    """Lock the order of a consignment until the transaction ends; the consignment's state. Raises NotFound."""
    return lock(consignment_id).state


def move(consignment: Locked, way: Sequence[str], reason: str | None = None) -> Locked:
    """Take a locked consignment along `way`, recording every step, and let its order follow; as it is then."""
    at = consignment.state
    for following in way:
        moved = execute(
            "UPDATE consignment SET state = :to, reason = coalesce(:reason, reason), state_at = now(),"
            f" sla_due_at = {_DUE} WHERE id = :id AND state = :at",
            {"id": consignment.id, "at": at, "to": following, "reason": reason, "answer_s": ANSWER_S},
        )
        assert moved == 1, f"consignment {consignment.id} is not {at}"
        _record(consignment.order_id, consignment.program_id, "consignment", at, following, reason, consignment.id)
        at = following
    if way:
        _follow(consignment.order_id, consignment.program_id, reason)
    return lock(consignment.id)


def go(consignment: Locked, goal: str, reason: str | None = None) -> Locked:
    """Take a locked consignment to `goal`, through the states that lie between. RuntimeError if there is no way."""
    way = path("consignment", consignment.state, goal)
    if way is None:
        raise RuntimeError(f"consignment {consignment.id} is {consignment.state} and cannot become {goal}")
    return move(consignment, way, reason)


def wake(consignment: Locked) -> None:
    """Ask for the next thing to be said to the supplier, by a job that nobody has had before."""
    row = fetch_one(
        "UPDATE supplier_order SET rounds = rounds + 1 WHERE consignment_id = :id RETURNING rounds",
        {"id": consignment.id},
    )
    assert row is not None
    key = consignment.client_ref if row.rounds == 1 else f"{consignment.client_ref}.{row.rounds}"
    job_id = jobs.enqueue(JOB, {"consignment_id": consignment.id}, key=key)
    said(consignment.id, job_id=job_id)


def said(consignment_id: int, **facts: Any) -> None:
    """Write down what was said between us and the supplier (columns of `supplier_order`)."""
    columns = ", ".join(f"{name} = :{name}" for name in facts)
    execute(f"UPDATE supplier_order SET {columns} WHERE consignment_id = :id", {"id": consignment_id, **facts})


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
    goal = order_state([row.state for row in states], order.state)
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
        "INSERT INTO order_event (order_id, consignment_id, machine, from_state, to_state, reason, actor, seq)"
        " SELECT :order_id, CAST(:consignment_id AS bigint), :machine, :at, :to, :reason, :actor,"
        " coalesce(max(e.seq), 0) + 1 FROM order_event e WHERE e.order_id = :order_id"
        " AND e.consignment_id IS NOT DISTINCT FROM CAST(:consignment_id AS bigint) RETURNING id",
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
