"""The orders board: what is under way, what is stuck, late or in doubt, what waits for a person. Reads only.

A row is a consignment, because that is what a supplier is late with.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from coalition.kernel.db import fetch_all
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_ALARM = "EXISTS (SELECT FROM order_alarm a WHERE a.consignment_id = c.id AND a.cleared_at IS NULL AND a.kind = '{}')"
_WAITS = "EXISTS (SELECT FROM order_case q WHERE q.consignment_id = c.id AND q.state = 'open')"
_ENDED = "c.state IN ('closed', 'rejected', 'released', 'cancelled', 'voided')"
# What each view shows.
VIEWS = {
    "all": "true",
    "open": f"NOT {_ENDED}",
    "stuck": _ALARM.format("stuck"),
    "late": _ALARM.format("late"),
    "in_doubt": "c.state = 'in_doubt'",
    "waiting": _WAITS,
}
_ROW = """
    SELECT c.id AS consignment_id, c.order_id, c.no, o.member_id, c.supplier_id, o.state AS order_state, c.state,
           c.reason, c.state_at, c.sla_due_at, c.expected_on, o.placed_at, c.points, c.cash_minor, s.client_ref,
           s.external_id, s.requests,
           (SELECT coalesce(array_agg(a.kind ORDER BY a.kind), '{}') FROM order_alarm a
             WHERE a.consignment_id = c.id AND a.cleared_at IS NULL) AS alarms,
           (SELECT min(q.id) FROM order_case q WHERE q.consignment_id = c.id AND q.state = 'open') AS case_id
      FROM consignment c JOIN customer_order o ON o.id = c.order_id
      JOIN supplier_order s ON s.consignment_id = c.id"""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A consignment on the board. `state_at`: since when it is in its state; `sla_due_at`: by when that should end."""

    consignment_id: int
    order_id: int
    no: int
    member_id: int
    supplier_id: int
    order_state: str
    state: str
    reason: str | None
    state_at: dt.datetime
    sla_due_at: dt.datetime | None
    expected_on: dt.date
    placed_at: dt.datetime
    points: int
    cash_minor: int
    client_ref: str
    external_id: str | None
    requests: int
    alarms: list[str]
    case_id: int | None


@dataclass(frozen=True, slots=True)
class Load:
    """What a supplier has on the board: consignments under way, and those of them that somebody should look at."""

    supplier_id: int
    open: int
    stuck: int
    late: int
    in_doubt: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm about a consignment; `cleared_at` once it is over."""

    consignment_id: int
    kind: str
    raised_at: dt.datetime
    cleared_at: dt.datetime | None


def board(
    program_id: int, view: str = "open", *, supplier_id: int | None = None, cursor: str | None = None, limit: int = 50
) -> Page[BoardRow]:
    """A program's consignments in a view (`VIEWS`), newest first. Raises Invalid for an unknown view or cursor."""
    if view not in VIEWS:
        raise Invalid("invalid", "There is no such view.", [FieldError("/view", "invalid", ", ".join(VIEWS))])
    position = decode_cursor(cursor, int)
    rows = fetch_all(
        f"{_ROW} WHERE o.program_id = :program_id AND c.id < :before AND {VIEWS[view]}"
        " AND (CAST(:supplier_id AS bigint) IS NULL OR c.supplier_id = :supplier_id) ORDER BY c.id DESC LIMIT :limit",
        {
            "program_id": program_id,
            "before": position[0] if position else 2**62,
            "supplier_id": supplier_id,
            "limit": limit + 1,
        },
    )
    shown = [BoardRow(**row._mapping) for row in rows[:limit]]
    return Page(shown, encode_cursor(shown[-1].consignment_id) if len(rows) > limit else None)


def loads(program_id: int) -> Sequence[Load]:
    """What is under way at each supplier of a program, the one with the most trouble first; at most 500."""
    counted = ", ".join(
        f"count(*) FILTER (WHERE {VIEWS[view]}) AS {view}" for view in ("open", "stuck", "late", "in_doubt", "waiting")
    )
    rows = fetch_all(
        f"SELECT c.supplier_id, {counted} FROM consignment c JOIN customer_order o ON o.id = c.order_id"
        f" WHERE o.program_id = :program_id AND NOT {_ENDED} GROUP BY c.supplier_id"
        " ORDER BY waiting DESC, in_doubt DESC, stuck DESC, late DESC, open DESC, c.supplier_id LIMIT 500",
        {"program_id": program_id},
    )
    return [Load(**row._mapping) for row in rows]


def alarms_of(order_id: int) -> Sequence[Alarm]:
    """Every alarm there was about an order, oldest first; at most 500."""
    rows = fetch_all(
        "SELECT a.consignment_id, a.kind, a.raised_at, a.cleared_at FROM order_alarm a"
        " JOIN consignment c ON c.id = a.consignment_id WHERE c.order_id = :id ORDER BY a.id LIMIT 500",
        {"id": order_id},
    )
    return [Alarm(*row) for row in rows]
