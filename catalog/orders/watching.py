"""Watching the clock: alarms about what is stuck, late or in doubt, and waking what has fallen asleep.

An alarm is a row: raised once, cleared when it is no longer true. None of this decides anything.
"""

from __future__ import annotations

import datetime as dt

from catalog.orders.moving import ANSWER_S, JOB, Locked, lock, wake
from coalition import ledger
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid

# Points of what is undecided never come nearer to their end than this.
LEAST_HOLD = dt.timedelta(days=30)
# Longer than any supplier may leave us in doubt: an order's points are freed by its saga, never by the clock.
HOLD_TTL_S = 180 * 86_400
_LONGEST_ANSWER_S = 30 * 86_400
_KIND = """CASE WHEN c.state = 'in_doubt' THEN 'in_doubt'
                WHEN c.state IN ('confirmed', 'preparing', 'partially_shipped', 'shipped') THEN 'late'
                ELSE 'stuck' END"""
_RAISE = f"""
    INSERT INTO order_alarm (program_id, consignment_id, kind)
    SELECT o.program_id, c.id, {_KIND} FROM consignment c JOIN customer_order o ON o.id = c.order_id
     WHERE c.sla_due_at <= now() AND (o.payment <> 'wanted' OR c.state <> 'new')
    ON CONFLICT (consignment_id, kind) WHERE cleared_at IS NULL DO NOTHING"""
_CLEAR = f"""
    UPDATE order_alarm a SET cleared_at = now() FROM consignment c
     WHERE c.id = a.consignment_id AND a.cleared_at IS NULL AND CASE a.kind
           WHEN 'backordered' THEN c.state NOT IN ('confirmed', 'preparing', 'partially_shipped')
           ELSE c.sla_due_at IS NULL OR c.sla_due_at > now() OR a.kind <> {_KIND} END"""
# What has something to say or to hear, and no job that will.
_ASLEEP = """
    SELECT c.id FROM consignment c JOIN customer_order o ON o.id = c.order_id
      JOIN supplier_order s ON s.consignment_id = c.id LEFT JOIN job j ON j.id = s.job_id
     WHERE (s.state = 'releasing' OR (c.state = 'confirmed' AND s.protocol <> 'goods')
            OR (c.state IN ('new', 'reserving', 'reserved', 'confirming', 'in_doubt')
                AND o.payment IN ('none', 'authorized'))
            OR c.state IN ('cancel_requested', 'void_requested'))
       AND c.state_at < now() - interval '60 seconds' AND coalesce(j.state, 'dead') IN ('dead', 'done', 'cancelled')
       AND NOT EXISTS (SELECT FROM order_case a WHERE a.consignment_id = c.id AND a.state = 'open'
                          AND a.kind NOT IN ('contradiction', 'cash_not_captured'))
     ORDER BY c.id LIMIT :limit"""
_ENDING = """
    SELECT c.hold_account_id, c.hold_id FROM consignment c
      JOIN hold h ON h.account_id = c.hold_account_id AND h.id = c.hold_id AND h.state = 'open'
     WHERE c.state IN ('new', 'reserving', 'reserved', 'confirming', 'in_doubt') AND h.expires_at < now() + :least
     ORDER BY 1, 2 LIMIT :limit"""


def promise(supplier_id: int, answer_s: int) -> None:
    """Remember within how many seconds a supplier has agreed to answer an order. Raises Invalid for over 30 days."""
    if not 1 <= answer_s <= _LONGEST_ANSWER_S:
        problem = FieldError("/answer_s", "invalid", "From a second to thirty days.")
        raise Invalid("invalid", "No supplier answers by then.", [problem])
    execute(
        "INSERT INTO order_sla (supplier_id, answer_s) VALUES (:id, :answer_s)"
        " ON CONFLICT (supplier_id) DO UPDATE SET answer_s = excluded.answer_s",
        {"id": supplier_id, "answer_s": answer_s},
    )
    audit.record("order_sla.set", f"supplier:{supplier_id}", answer_s=answer_s)


def promised_s(supplier_id: int) -> int:
    """Within how many seconds a supplier has agreed to answer an order; two hours, if nothing was agreed."""
    row = fetch_one("SELECT answer_s FROM order_sla WHERE supplier_id = :id", {"id": supplier_id})
    return int(row.answer_s) if row else ANSWER_S


def raise_alarm(consignment: Locked, kind: str) -> None:
    """Raise an alarm about a consignment, unless it stands already."""
    execute(
        "INSERT INTO order_alarm (program_id, consignment_id, kind) VALUES (:program_id, :id, :kind)"
        " ON CONFLICT (consignment_id, kind) WHERE cleared_at IS NULL DO NOTHING",
        {"program_id": consignment.program_id, "id": consignment.id, "kind": kind},
    )


def look_around() -> tuple[int, int]:
    """Raise the alarms that are due and clear those that are over; how many of each."""
    return execute(_RAISE), execute(_CLEAR)


def wake_sleepers(limit: int) -> int:
    """Give a job to whatever should be talking to its supplier and has none; how many were woken."""
    rows = fetch_all(_ASLEEP, {"limit": limit})
    for row in rows:
        wake(lock(row.id))
    return len(rows)


def prolong_holds(limit: int) -> int:
    """Let the points of undecided consignments be held for longer, if their time comes near; how many."""
    rows = fetch_all(_ENDING, {"least": LEAST_HOLD, "limit": limit})
    for row in rows:
        ledger.extend_hold((row.hold_account_id, row.hold_id), HOLD_TTL_S)
    return len(rows)


def look_again(consignment_id: int) -> None:
    """News has come that only the supplier's own answer can confirm: ask it now."""
    consignment = lock(consignment_id)
    due = fetch_one(
        "UPDATE job SET due_at = now() WHERE kind = :kind AND state = 'due' AND id ="
        " (SELECT job_id FROM supplier_order WHERE consignment_id = :id) RETURNING id",
        {"kind": JOB, "id": consignment_id},
    )
    if due is None:
        wake(consignment)
