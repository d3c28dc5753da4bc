"""The orders board: consignments that staff should look at, and why; or all of a supplier's that are under way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel.db import fetch_all
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

ALARMS = ("stuck", "late", "in_doubt", "backordered")
_BOARD = """
    SELECT c.id AS consignment_id, c.order_id, c.no, c.supplier_id, c.state, c.reason, c.expected_on, c.sla_due_at,
           o.placed_at, o.member_id, o.state AS order_state,
           ARRAY(SELECT a.kind FROM order_alarm a WHERE a.consignment_id = c.id AND a.cleared_at IS NULL
                  ORDER BY a.kind) AS alarms,
           (SELECT count(*) FROM order_case k WHERE k.consignment_id = c.id AND k.state = 'open') AS cases
      FROM consignment c JOIN customer_order o ON o.id = c.order_id
     WHERE o.program_id = :program_id AND c.id < :before
       AND (CAST(:supplier_id AS bigint) IS NULL OR c.supplier_id = :supplier_id)
       AND (NOT :alarmed OR EXISTS (SELECT FROM order_alarm a WHERE a.consignment_id = c.id AND a.cleared_at IS NULL
            AND (CAST(:alarm AS text) IS NULL OR a.kind = :alarm)))
       AND (:ended OR c.state NOT IN ('closed', 'delivered', 'rejected', 'released', 'cancelled', 'voided'))
     ORDER BY c.id DESC LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class Boarded:
    """A consignment on the board: what it is, by when its state should be over, its alarms and its open cases."""

    consignment_id: int
    order_id: int
    no: int
    supplier_id: int
    state: str
    reason: str | None
    expected_on: dt.date
    sla_due_at: dt.datetime | None
    placed_at: dt.datetime
    member_id: int
    order_state: str
    alarms: tuple[str, ...]
    cases: int


def board(
    program_id: int,
    *,
    alarmed: bool = False,
    alarm: str | None = None,
    supplier_id: int | None = None,
    ended: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Boarded]:
    """A program's consignments, newest first: those with an alarm (of one kind), of one supplier, or all under way.

    `ended`: also those that have come to an end. Raises Invalid for a foreign cursor.
    """
    position = decode_cursor(cursor, int)
    rows = fetch_all(
        _BOARD,
        {
            "program_id": program_id,
            "before": position[0] if position else 2**62,
            "supplier_id": supplier_id,
            "alarmed": alarmed or alarm is not None,
            "alarm": alarm,
            "ended": ended,
            "limit": limit + 1,
        },
    )
    found = [Boarded(**{**row._mapping, "alarms": tuple(row.alarms)}) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].consignment_id) if len(rows) > limit else None)
