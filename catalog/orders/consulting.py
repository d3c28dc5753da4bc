"""The operators' queue: what no machine may decide about an order, what is known of it, and what may be decided.

A consignment has at most one open case of a kind. It ends by a person's decision, with a reason and in the audit, or
by itself when the supplier's answer comes after all (`settled`). Deciding what it comes to is `deciding`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.orders.moving import Locked
from coalition.kernel import ids, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

# What may be decided, by the kind of case: each decision is one that leaves nothing lost and nothing given twice.
DECISIONS: Mapping[str, tuple[str, ...]] = {
    "unknown_outcome": ("accepted", "never_arrived"),
    "in_doubt": ("accepted", "never_arrived", "wait"),
    "price_changed": ("accept", "refuse"),
    "cancel_terms": ("accept", "keep"),
    "cancel_unknown": ("cancelled", "stands", "wait"),
    "release_unknown": ("released", "wait"),
    "live_after_release": ("cancelled_there",),
    "contradiction": ("noted",),
    "cash_not_captured": ("noted",),
}
# While one of these is open the supplier is not asked: what it would say would change nothing.
_BLOCKING = ("unknown_outcome", "price_changed", "cancel_terms", "release_unknown", "live_after_release")
_CASE = """
    SELECT a.id, a.program_id, a.order_id, a.consignment_id, c.supplier_id, a.kind, a.facts, a.state, a.decision,
           a.reason, a.opened_at, a.closed_at, a.closed_by, c.state AS consignment_state
      FROM order_case a JOIN consignment c ON c.id = a.consignment_id"""


@dataclass(frozen=True, slots=True)
class Case:
    """One question to people. `facts` is what is known; `decision`, `reason` and `closed_by` once it is closed."""

    id: int
    program_id: int
    order_id: int
    consignment_id: int
    supplier_id: int
    kind: str
    facts: dict[str, Any]
    state: str
    decision: str | None
    reason: str | None
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    closed_by: str | None
    consignment_state: str

    @property
    def allowed(self) -> Sequence[str]:
        """What may be decided now."""
        return DECISIONS[self.kind] if self.state == "open" else ()


def open_one(consignment: Locked, kind: str, **facts: Any) -> None:
    """Put a question to people, unless the same one is open already."""
    assert kind in DECISIONS, kind
    row = fetch_one(
        "INSERT INTO order_case (program_id, order_id, consignment_id, kind, facts) VALUES (:program_id, :order_id,"
        " :id, :kind, CAST(:facts AS jsonb)) ON CONFLICT (consignment_id, kind) WHERE state = 'open' DO NOTHING"
        " RETURNING id",
        {
            "program_id": consignment.program_id,
            "order_id": consignment.order_id,
            "id": consignment.id,
            "kind": kind,
            "facts": json.dumps(facts, default=str),
        },
    )
    if row is not None:
        payload = {"case_id": row.id, "program_id": consignment.program_id, "kind": kind}
        outbox.publish("order.case_opened", payload, key=ids.public("ord", consignment.order_id))


def waiting(consignment_id: int) -> bool:
    """Whether a person has to decide before the supplier is asked anything."""
    row = fetch_one(
        "SELECT EXISTS (SELECT FROM order_case WHERE consignment_id = :id AND state = 'open' AND kind = ANY(:kinds))"
        " AS waits",
        {"id": consignment_id, "kinds": list(_BLOCKING)},
    )
    return bool(row and row.waits)


def was_put(consignment_id: int, kind: str) -> bool:
    """Whether a question of this kind was ever put about a consignment, decided or not."""
    row = fetch_one(
        "SELECT EXISTS (SELECT FROM order_case WHERE consignment_id = :id AND kind = :kind) AS put",
        {"id": consignment_id, "kind": kind},
    )
    return bool(row and row.put)


def settle(consignment_id: int) -> None:
    """The answer has come by itself: what was asked of people about it is over. What stands against it stays."""
    execute(
        "UPDATE order_case SET state = 'settled', closed_at = now() WHERE consignment_id = :id AND state = 'open'"
        " AND kind NOT IN ('contradiction', 'cash_not_captured')",
        {"id": consignment_id},
    )


def close(case_id: int, decision: str, reason: str, actor: str) -> None:
    """Write a decision down."""
    execute(
        "UPDATE order_case SET state = 'decided', decision = :decision, reason = :reason, closed_at = now(),"
        " closed_by = :actor WHERE id = :id AND state = 'open'",
        {"id": case_id, "decision": decision, "reason": reason, "actor": actor},
    )


def case(program_id: int, case_id: int) -> Case:
    """One case. Raises NotFound."""
    row = fetch_one(
        f"{_CASE} WHERE a.id = :id AND a.program_id = :program_id", {"id": case_id, "program_id": program_id}
    )
    if row is None:
        raise NotFound()
    return Case(**row._mapping)


def cases(program_id: int, *, state: str | None = "open", cursor: str | None = None, limit: int = 50) -> Page[Case]:
    """A program's cases, newest first; `state` None for all. Raises Invalid for a foreign cursor."""
    position = decode_cursor(cursor, int)
    rows = fetch_all(
        f"{_CASE} WHERE a.program_id = :program_id AND a.id < :before"
        " AND (CAST(:state AS text) IS NULL OR a.state = :state) ORDER BY a.id DESC LIMIT :limit",
        {
            "program_id": program_id,
            "before": position[0] if position else 2**62,
            "state": state,
            "limit": limit + 1,
        },
    )
    shown = [Case(**row._mapping) for row in rows[:limit]]
    return Page(shown, encode_cursor(shown[-1].id) if len(rows) > limit else None)


def cases_of(order_id: int) -> list[Case]:
    """Every case of an order, oldest first; at most 200."""
    rows = fetch_all(f"{_CASE} WHERE a.order_id = :id ORDER BY a.id LIMIT 200", {"id": order_id})
    return [Case(**row._mapping) for row in rows]
