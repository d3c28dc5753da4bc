"""How much may be asked of a supplier: its rate, how many calls at once, one call a cart, and a circuit that opens.

All processes share the rows of `supplier_gate` and `supplier_running`, so the limits hold over all of them and survive
a restart; a process that died gives its place back after `_LASTS_S`. Two short transactions surround each call, none is
open during it. Time is the database's.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.ports import Caps
from coalition.kernel.db import AnyRow, execute, fetch_one

_LASTS_S = 90  # longer than the longest timeout of a call
_BUSY_S = 0.5
_PROBE_S = 15  # while one call tries whether a supplier is back, the others wait
_FAILURES, _OPEN_S, _LONGEST_S = 5, 15, 300


@dataclass(frozen=True, slots=True)
class Health:
    """How it stands with a supplier: calls that run now, failures in a row, and until when it is not called."""

    running: int
    failures: int
    open_until: dt.datetime | None


def admit(supplier_id: int, caps: Caps, cart: str = "") -> str | float:
    """A ticket for one call, to be given back by `done`, or in how many seconds to come again.

    Locks the supplier's gate.
    """
    gate = _lock(supplier_id)
    wait_s = max(_open_s(gate), (gate.next_at - gate.at).total_seconds() if caps.max_rps else 0.0)
    if wait_s > 0:
        return wait_s
    execute("DELETE FROM supplier_running WHERE supplier_id = :id AND until <= clock_timestamp()", {"id": supplier_id})
    running = fetch_one(
        "SELECT count(*) AS calls, coalesce(bool_or(cart = :cart), false) AS busy FROM supplier_running"
        " WHERE supplier_id = :id",
        {"id": supplier_id, "cart": cart},
    )
    assert running is not None
    if running.busy or (caps.concurrency is not None and running.calls >= caps.concurrency):
        return _BUSY_S
    execute(
        "UPDATE supplier_gate SET next_at = clock_timestamp() + make_interval(secs => :pause_s), open_until ="
        " CASE WHEN open_until IS NOT NULL THEN clock_timestamp() + make_interval(secs => :probe_s) END"
        " WHERE supplier_id = :id",
        {"id": supplier_id, "pause_s": 1 / caps.max_rps if caps.max_rps else 0.0, "probe_s": _PROBE_S},
    )
    row = fetch_one(
        "INSERT INTO supplier_running (supplier_id, cart, until) VALUES (:id, nullif(:cart, ''),"
        " clock_timestamp() + make_interval(secs => :lasts_s)) RETURNING ticket::text",
        {"id": supplier_id, "cart": cart if caps.one_call_per_cart else "", "lasts_s": _LASTS_S},
    )
    assert row is not None
    return str(row.ticket)


def done(supplier_id: int, ticket: str, *, failed: bool) -> None:
    """Give the ticket back. Failures in a row open the circuit, one success closes it."""
    execute("DELETE FROM supplier_running WHERE ticket = CAST(:ticket AS uuid)", {"ticket": ticket})
    if failed:
        execute(
            "UPDATE supplier_gate SET failures = failures + 1, open_until = CASE WHEN failures + 1 >= :failures THEN"
            " clock_timestamp() + make_interval(secs => least(:longest_s, :open_s * 2 ^ least(failures + 1 - :failures,"
            " 10))) END WHERE supplier_id = :id",
            {"id": supplier_id, "failures": _FAILURES, "open_s": _OPEN_S, "longest_s": _LONGEST_S},
        )
    else:
        execute(
            "UPDATE supplier_gate SET failures = 0, open_until = NULL"
            " WHERE supplier_id = :id AND (failures > 0 OR open_until IS NOT NULL)",
            {"id": supplier_id},
        )


def health(supplier_id: int) -> Health:
    """How it stands with a supplier."""
    row = fetch_one(
        "SELECT (SELECT count(*) FROM supplier_running r WHERE r.supplier_id = :id AND r.until > now()) AS running,"
        " coalesce(g.failures, 0) AS failures, g.open_until FROM supplier s"
        " LEFT JOIN supplier_gate g ON g.supplier_id = s.id WHERE s.id = :id",
        {"id": supplier_id},
    )
    return Health(row.running, row.failures, row.open_until) if row else Health(0, 0, None)


def _lock(supplier_id: int) -> AnyRow:
    sql = (
        "SELECT greatest(next_at, '2000-01-01') AS next_at, open_until, clock_timestamp() AS at FROM supplier_gate"
        " WHERE supplier_id = :id FOR NO KEY UPDATE"
    )
    row = fetch_one(sql, {"id": supplier_id})
    if row is None:
        execute("INSERT INTO supplier_gate (supplier_id) VALUES (:id) ON CONFLICT DO NOTHING", {"id": supplier_id})
        row = fetch_one(sql, {"id": supplier_id})
    assert row is not None
    return row


def _open_s(gate: AnyRow) -> float:
    return (gate.open_until - gate.at).total_seconds() if gate.open_until else 0.0
