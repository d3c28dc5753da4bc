"""The job table: enqueueing, claiming under a lease, and finishing under a fence.

A running job's `due_at` is the end of its lease, so "due" and "abandoned" are one question on one index. Every claim
raises the fence; a step or finish whose fence is no longer the row's is refused, so that a worker that was thought
dead cannot finish what another has taken over. Effects and completion commit together.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from coalition.kernel import crash
from coalition.kernel.db import execute, fetch_one, transact

T = TypeVar("T")
LEASE_S = 45
MAX_ATTEMPTS = 12
_handlers: dict[str, Callable[[Task], None]] = {}
_schedules: dict[str, tuple[int, str]] = {}
_feeds: list[Callable[[], int]] = []


class StaleLease(Exception):
    """Another worker has taken this job over; whatever this one was about to commit is void."""


class Retry(Exception):
    """The job cannot be done yet: try again after `after_s` seconds. Does not count as a failed attempt."""

    def __init__(self, after_s: float, why: str = "") -> None:
        super().__init__(why or f"again in {after_s} s")
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Job:
    """What anybody may know of a job: its state is `due`, `running`, `done`, `dead` or `cancelled`."""

    id: int
    kind: str
    state: str
    attempts: int
    progress_done: int
    progress_total: int | None
    error: str | None
    created_at: dt.datetime
    finished_at: dt.datetime | None


@dataclass(slots=True)
class Task:
    """A claimed job in the hands of its handler."""

    id: int
    kind: str
    args: dict[str, Any]
    fence: int
    attempts: int
    finished: bool = False

    def step(self, work: Callable[[], T], *, lease_s: int = LEASE_S) -> T:
        """Run `work` in one transaction that also renews the lease. Raises StaleLease if the job was taken over.

        `lease_s`: longer, where what comes next cannot give a sign of life.
        """
        return transact(lambda: self._fenced("due_at = now() + make_interval(secs => :lease)", work, lease_s))

    def finish(self, work: Callable[[], T]) -> T:
        """Run `work` and mark the job done in the same transaction: both happen, or neither."""
        result = transact(lambda: self._fenced("state = 'done', finished_at = now(), error = NULL", work))
        self.finished = True
        crash.point("after_effect_before_ack")
        return result

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the work is; call inside a `step`. A job that gets on has its failed attempts forgiven."""
        execute(
            "UPDATE job SET progress_done = :done, progress_total = coalesce(:total, progress_total),"
            " attempts = CASE WHEN progress_done < :done THEN 1 ELSE attempts END WHERE id = :id",
            {"id": self.id, "done": done, "total": total},
        )

    def _fenced(self, change: str, work: Callable[[], T], lease_s: int = LEASE_S) -> T:
        statement = f"UPDATE job SET {change} WHERE id = :id AND fence = :fence AND state = 'running'"
        if not execute(statement, {"id": self.id, "fence": self.fence, "lease": lease_s}):
            raise StaleLease(f"job {self.id} was taken over")
        return work()


def handles(kind: str) -> Callable[[Callable[[Task], None]], Callable[[Task], None]]:
    """Let a function do the jobs of a kind."""

    def register(function: Callable[[Task], None]) -> Callable[[Task], None]:
        _handlers[kind] = function
        return function

    return register


def handler(kind: str) -> Callable[[Task], None]:
    """The function that does jobs of `kind`. KeyError if this installation has none."""
    return _handlers[kind]


def feed(source: Callable[[], int]) -> Callable[[], int]:
    """Let a function turn something that waits elsewhere into jobs before each claim (the outbox does)."""
    _feeds.append(source)
    return source


def feeds() -> list[Callable[[], int]]:
    """Every source of jobs besides the table itself."""
    return list(_feeds)


def every(name: str, seconds: int, kind: str) -> None:
    """Do a job of `kind` once every so many seconds, over all workers together."""
    _schedules[name] = (seconds, kind)


def schedules() -> dict[str, tuple[int, str]]:
    """Every registered schedule: name to (seconds, job kind)."""
    return dict(_schedules)


def enqueue(kind: str, args: dict[str, Any], *, due_at: dt.datetime | None = None, key: str | None = None) -> int:
    """Ask, in the running transaction, for work to be done after it commits; the job's id.

    With a `key`, a kind holds at most one job of that key for ever: asking again returns the first.
    """
    row = fetch_one(
        "INSERT INTO job (kind, key, args, due_at) VALUES (:kind, :key, CAST(:args AS jsonb), coalesce(:due_at, now()))"
        " ON CONFLICT (kind, key) DO NOTHING RETURNING id",
        {"kind": kind, "key": key, "args": json.dumps(args), "due_at": due_at},
    )
    row = row or fetch_one("SELECT id FROM job WHERE kind = :kind AND key = :key", {"kind": kind, "key": key})
    assert row is not None
    return int(row.id)


def get(job_id: int) -> Job | None:
    """The job as it stands, or None."""
    row = fetch_one(
        "SELECT id, kind, state, attempts, progress_done, progress_total, error, created_at, finished_at"
        " FROM job WHERE id = :id",
        {"id": job_id},
    )
    return Job(**row._mapping) if row else None


def claim() -> Task | None:
    """Take the job that has been due longest, under a fresh lease and fence. To be called inside a transaction."""
    row = fetch_one(
        """
        UPDATE job SET state = 'running', fence = fence + 1, attempts = attempts + 1,
               due_at = now() + make_interval(secs => :lease)
        WHERE id = (SELECT id FROM job WHERE state IN ('due', 'running') AND due_at <= now()
                    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, kind, args, fence, attempts
        """,
        {"lease": LEASE_S},
    )
    return Task(row.id, row.kind, row.args, row.fence, row.attempts) if row else None


def bury() -> int:
    """Give up jobs that have killed their worker too often to be tried again; how many there were."""
    return execute(
        "UPDATE job SET state = 'dead', error = 'the worker died in every attempt', finished_at = now()"
        " WHERE state = 'running' AND due_at <= now() AND attempts >= :most",
        {"most": MAX_ATTEMPTS},
    )


def hasten(job_id: int) -> bool:
    """Let a job that waits for its time be done now; whether it waited."""
    return (
        execute("UPDATE job SET due_at = now() WHERE id = :id AND state = 'due' AND due_at > now()", {"id": job_id})
        == 1
    )


def revive(job_id: int) -> bool:
    """Let a job that was given up or cancelled be tried again; whether there was one."""
    change = "state = 'due', attempts = 0, due_at = now(), finished_at = NULL"
    return execute(f"UPDATE job SET {change} WHERE id = :id AND state IN ('dead', 'cancelled')", {"id": job_id}) == 1


def put_back(task: Task, after_s: float, error: str, *, failed: bool) -> None:
    """Return an unfinished job: due again after a pause, or dead after too many failures."""
    dead = failed and task.attempts >= MAX_ATTEMPTS
    execute(
        """
        UPDATE job SET state = :state, error = :error, due_at = now() + make_interval(secs => :after_s),
               attempts = attempts - :forgiven, finished_at = CASE WHEN :state = 'dead' THEN now() END
        WHERE id = :id AND fence = :fence AND state = 'running'
        """,
        {
            "id": task.id,
            "fence": task.fence,
            "state": "dead" if dead else "due",
            "error": error[:2000],
            "after_s": after_s,
            "forgiven": 0 if failed else 1,
        },
    )
