"""Settlement periods: rows with a first and a last day, made when something falls into them.

A period is closed by the one row that `settlement_closure` can hold for its version. It can be opened again, which
begins its next version; what was booked elsewhere in between stays there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import Conflict, NotFound
from settlement.accruals.cycles import code_for, days_of, next_code

_MOST = 10_000  # 27 years of days; a report over all periods begins with the first
_SELECT = """
    SELECT p.id, p.program_id, p.code, p.starts_on, p.ends_on,
           CASE WHEN c.period_id IS NULL THEN 'open' ELSE 'closed' END AS state, c.closed_at,
           (coalesce(r.version, 0) + 1)::int AS version
      FROM settlement_period p
      LEFT JOIN LATERAL (
           SELECT max(x.version) AS version FROM settlement_reopening x WHERE x.period_id = p.id) r ON true
      LEFT JOIN settlement_closure c ON c.period_id = p.id AND c.version = coalesce(r.version, 0) + 1"""


@dataclass(frozen=True, slots=True)
class Period:
    """A settlement period of a program, from `starts_on` through `ends_on` in its zone; `state` is open or closed.

    `version` counts up each time it is opened again after a close.
    """

    id: int
    program_id: int
    code: str
    starts_on: dt.date
    ends_on: dt.date
    state: str
    closed_at: dt.datetime | None
    version: int = 1


def find_period(program_id: int, code: str) -> Period:
    """The period. Raises NotFound."""
    found = _named(program_id, code)
    if found is None:
        raise NotFound("period_not_found", f"Nothing has been booked in {code}.")
    return found


def get_period(period_id: int) -> Period:
    """The period with this id. Raises NotFound."""
    row = fetch_one(f"{_SELECT} WHERE p.id = :id", {"id": period_id})
    if row is None:
        raise NotFound()
    return Period(**row._mapping)


def list_periods(program_id: int) -> list[Period]:
    """The periods of a program, the latest first."""
    rows = fetch_all(
        f"{_SELECT} WHERE p.program_id = :program ORDER BY p.starts_on DESC LIMIT {_MOST}", {"program": program_id}
    )
    return [Period(**row._mapping) for row in rows]


def open_period(program_id: int, code: str) -> Period:
    """The period of this code, made if it is not there. Raises Conflict if its days belong to another one."""
    _make(program_id, [code])
    found = _named(program_id, code)
    if found is None:
        raise Conflict("period_overlaps", f"Days of {code} belong to another period.")
    return found


def cover(program_id: int, days: Iterable[dt.date]) -> None:
    """See that every one of these days lies in a period; those without one get their month."""
    _make(program_id, sorted({code_for(day) for day in days}))


def open_on(program_id: int, day: dt.date) -> Period:
    """The period in which something of a day is booked now: its own if that is open, else the first open one after it.

    Hold the program (`accruals.hold`), else a close may come between.
    """
    cover(program_id, [day])
    row = fetch_one(
        f"{_SELECT} WHERE p.program_id = :program AND p.ends_on >= :day AND c.period_id IS NULL"
        " ORDER BY p.ends_on LIMIT 1",
        {"program": program_id, "day": day},
    )
    if row is None:
        raise Conflict("period_not_open", "No period is open for this day.")
    return Period(**row._mapping)


def reopen(period: Period, since: str, approval_id: int, reason: str) -> Period:
    """Open a closed period again, for transactions from `since` on. Raises Conflict if it is not closed."""
    opened = execute(
        "INSERT INTO settlement_reopening (period_id, version, since, approval_id, reason)"
        " SELECT period_id, version, CAST(:since AS xid8), :approval, :reason FROM settlement_closure"
        "  WHERE period_id = :id AND version = :version ON CONFLICT DO NOTHING",
        {"id": period.id, "version": period.version, "since": since, "approval": approval_id, "reason": reason},
    )
    if not opened:
        raise Conflict("period_not_closed", f"{period.code} is open.")
    return get_period(period.id)


def defer(period: Period, upto: str) -> int:
    """Let what still waits for an agreement through a period's end belong to the periods after it; how much it is.

    Only after the period was sealed at `upto`, and only if a person has accepted that.
    """
    params = {"id": period.id, "program": period.program_id, "upto": upto, "until": period.ends_on}
    return execute(load_sql(__file__, "defer.sql"), params)


def seal(period: Period, upto: str) -> None:
    """Close a period: movements of transactions below `upto` are in it. Raises Conflict if it is closed.

    The period that follows is made at once, so that what comes late has a place.
    """
    sealed = execute(
        "INSERT INTO settlement_closure (period_id, version, upto, closed_by)"
        " VALUES (:id, :version, CAST(:upto AS xid8), :actor) ON CONFLICT DO NOTHING",
        {"id": period.id, "version": period.version, "upto": upto, "actor": audit.origin().actor},
    )
    if not sealed:
        raise Conflict("period_closed", f"{period.code} is closed already.")
    _make(period.program_id, [next_code(period.code)])


def _named(program_id: int, code: str) -> Period | None:
    query = f"{_SELECT} WHERE p.program_id = :program AND p.code = :code"
    row = fetch_one(query, {"program": program_id, "code": code})
    return Period(**row._mapping) if row else None


def _make(program_id: int, codes: Iterable[str]) -> None:
    if programs.get(program_id).kind == "test":
        raise Conflict("test_program", "What happens in a partner's test program is not settled.")
    for code in codes:
        starts_on, ends_on = days_of(code)
        execute(
            "INSERT INTO settlement_period (program_id, code, starts_on, ends_on)"
            " VALUES (:program, :code, :starts_on, :ends_on) ON CONFLICT DO NOTHING",
            {"program": program_id, "code": code, "starts_on": starts_on, "ends_on": ends_on},
        )
