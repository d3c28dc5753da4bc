"""What people may know of jobs and events that wait, and what they may do about them.

Nothing here does work. A `stuck` job is one whose lease has run out and that nobody has taken over yet; `dead` ones
were given up after too many attempts, `cancelled` ones by somebody. The figures read the living jobs alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.jobs.queue import Job
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

STATES = ("due", "running", "stuck", "dead", "cancelled")
_STUCK = "state = 'running' AND due_at <= now()"
_IN = {
    "due": "state = 'due'",
    "running": "state = 'running' AND due_at > now()",
    "stuck": _STUCK,
    "dead": "state = 'dead'",
    "cancelled": "state = 'cancelled'",
}
_COLUMNS = """id, kind, key, args, CASE WHEN state = 'running' AND due_at <= now() THEN 'stuck' ELSE state END AS state,
    attempts, progress_done, progress_total, error, created_at, finished_at, due_at"""


@dataclass(frozen=True, slots=True)
class Load:
    """How a kind of jobs stands: `due` now, `later`, `running`, `stuck`, `dead`; the oldest due waits `oldest_s`."""

    kind: str
    due: int
    later: int
    running: int
    stuck: int
    dead: int
    oldest_s: int | None


@dataclass(frozen=True, slots=True)
class Watched(Job):
    """A job with what its row says besides: `due_at` is the end of the lease while it runs."""

    key: str | None
    args: dict[str, Any]
    due_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """Events that nobody was handed yet: how many, and for how long the oldest has waited (seconds)."""

    waiting: int
    lag_s: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Periodic work: every so many seconds a job of `kind`; when one was made last, its state, and when the next is."""

    name: str
    kind: str
    every_s: int
    next_at: dt.datetime
    last_at: dt.datetime | None
    last_job: int | None
    last_state: str | None


def loads() -> list[Load]:
    """How every kind stands of which a job lives or was given up, by kind."""
    rows = fetch_all(
        f"""
        SELECT kind, count(*) FILTER (WHERE state = 'due' AND due_at <= now()) AS due,
               count(*) FILTER (WHERE state = 'due' AND due_at > now()) AS later,
               count(*) FILTER (WHERE state = 'running' AND due_at > now()) AS running,
               count(*) FILTER (WHERE {_STUCK}) AS stuck,
               count(*) FILTER (WHERE state = 'dead') AS dead,
               extract(epoch FROM now() - min(due_at) FILTER (WHERE state = 'due' AND due_at <= now()))::int AS oldest_s
        FROM job WHERE state IN ('due', 'running', 'dead') GROUP BY kind ORDER BY kind LIMIT 500
        """
    )
    return [Load(**row._mapping) for row in rows]


def listed(state: str, kind: str, cursor: str | None, limit: int) -> Page[Watched]:
    """Jobs in one of STATES, of one kind or ("") of all, the latest first."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM job WHERE {_IN[state]} AND :kind IN ('', kind)"
        " AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit",
        {"kind": kind, "before": before, "limit": limit + 1},
    )
    found = [Watched(**row._mapping) for row in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def seen(job_id: int) -> Watched:
    """One job, whatever its state. Raises NotFound."""
    row = fetch_one(f"SELECT {_COLUMNS} FROM job WHERE id = :id", {"id": job_id})
    if row is None:
        raise NotFound()
    return Watched(**row._mapping)


def schedules() -> list[Schedule]:
    """Every schedule that a worker has registered, by name."""
    rows = fetch_all(
        "SELECT s.name, s.kind, s.every_s, s.next_at, s.last_at, s.last_job, j.state AS last_state"
        " FROM schedule s LEFT JOIN job j ON j.id = s.last_job ORDER BY s.name LIMIT 500"
    )
    return [Schedule(**row._mapping) for row in rows]


def backlog() -> Backlog:
    """The events that wait for the relay."""
    row = fetch_one(
        "SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(created_at)), 0)::int AS lag_s"
        " FROM outbox WHERE delivered_at IS NULL"
    )
    assert row is not None
    return Backlog(**row._mapping)


def retry(job_id: int) -> None:
    """Let a job that was given up or cancelled be tried again now. Raises NotFound; Conflict `job_not_over`."""
    change = "state = 'due', attempts = 0, due_at = now(), finished_at = NULL"
    if not execute(f"UPDATE job SET {change} WHERE id = :id AND state IN ('dead', 'cancelled')", {"id": job_id}):
        raise Conflict("job_not_over", f"This job is {seen(job_id).state}; it needs no other try.")
    audit.record("job.retry", f"job:{job_id}", kind=seen(job_id).kind)


def retry_all(kind: str, limit: int = 1000) -> int:
    """Let the jobs of a kind that were given up be tried again, the oldest `limit` of them; how many there were."""
    rows = fetch_all(
        "UPDATE job SET state = 'due', attempts = 0, due_at = now(), finished_at = NULL WHERE id = ANY (ARRAY("
        " SELECT id FROM job WHERE state = 'dead' AND kind = :kind ORDER BY id LIMIT :limit"
        " FOR UPDATE SKIP LOCKED)) RETURNING id",
        {"kind": kind, "limit": limit},
    )
    if rows:
        audit.record("job.retry_all", f"jobs:{kind}", count=len(rows))
    return len(rows)


def cancel(job_id: int, reason: str) -> None:
    """Have a job done no more. One that runs is taken from its worker, whose open step is void.

    Raises NotFound; Conflict `job_over` for one that is done, was given up or cancelled.
    """
    changed = execute(
        "UPDATE job SET state = 'cancelled', fence = fence + 1, finished_at = now()"
        " WHERE id = :id AND state IN ('due', 'running')",
        {"id": job_id},
    )
    if not changed:
        raise Conflict("job_over", f"This job is {seen(job_id).state} already.")
    audit.record("job.cancel", f"job:{job_id}", kind=seen(job_id).kind, reason=reason)
