"""Running due jobs one after another; whoever runs them, the truth stays in the job table."""

from __future__ import annotations

from coalition.kernel import audit
from coalition.kernel.db import db, execute, fetch_all, fetch_one, transact
from coalition.kernel.jobs import queue
from coalition.kernel.jobs.queue import Retry, StaleLease, Task
from coalition.kernel.logs import logger
from coalition.kernel.redacting import redacted

log = logger(__name__)
_LONGEST_PAUSE_S = 600


def run_due(limit: int = 500) -> int:
    """Hand over waiting events, then do up to `limit` due jobs; the number of jobs attempted."""
    attempted = 0
    while attempted < limit:
        for feed in queue.feeds():
            feed()
        task = transact(queue.claim)
        if task is None:
            break
        _run(task)
        attempted += 1
    return attempted


def tick() -> None:
    """Register new schedules and turn those whose time has come into jobs."""
    transact(_tick)


def work_waits() -> bool:
    """Whether any event or job is due now."""
    row = fetch_one(
        "SELECT EXISTS (SELECT FROM job WHERE state IN ('due', 'running') AND due_at <= now())"
        " OR EXISTS (SELECT FROM outbox WHERE delivered_at IS NULL) AS waits"
    )
    db.session.rollback()
    return bool(row and row.waits)


def _run(task: Task) -> None:
    audit.set_origin(audit.Origin(actor=f"job:{task.id}"))
    try:
        queue.handler(task.kind)(task)
        if not task.finished:
            task.finish(lambda: None)
    except StaleLease:
        log.warning("job.taken_over", job=task.id, kind=task.kind)
    except Retry as later:
        why, after_s = redacted(str(later)), later.after_s
        transact(lambda: queue.put_back(task, after_s, why, failed=False))
    except Exception as error:
        log.exception("job.failed", job=task.id, kind=task.kind, attempts=task.attempts)
        why, pause_s = redacted(f"{type(error).__name__}: {error}"), min(_LONGEST_PAUSE_S, 2**task.attempts)
        transact(lambda: queue.put_back(task, pause_s, why, failed=True))
    finally:
        db.session.remove()


def _tick() -> None:
    if buried := queue.bury():
        log.error("jobs.given_up", count=buried)
    for name, (seconds, kind) in sorted(queue.schedules().items()):
        execute(
            "INSERT INTO schedule (name, kind, every_s) VALUES (:name, :kind, :every_s)"
            " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, every_s = excluded.every_s"
            " WHERE (schedule.kind, schedule.every_s) IS DISTINCT FROM (excluded.kind, excluded.every_s)",
            {"name": name, "kind": kind, "every_s": seconds},
        )
    due = fetch_all(
        "UPDATE schedule SET next_at = greatest(next_at, now()) + make_interval(secs => every_s)"
        " WHERE name IN (SELECT name FROM schedule WHERE next_at <= now() ORDER BY name FOR UPDATE SKIP LOCKED)"
        " RETURNING name, kind, next_at"
    )
    for row in due:
        job = queue.enqueue(row.kind, {}, key=f"{row.name}:{row.next_at.isoformat()}")
        execute(
            "UPDATE schedule SET last_at = now(), last_job = :job WHERE name = :name", {"job": job, "name": row.name}
        )
