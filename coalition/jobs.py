"""The jobs' door of this floor: what is done on a schedule or after a commit."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask

from coalition import access, ledger, members, purchases
from coalition.kernel import approvals, clock, jobs, outbox, ports
from coalition.kernel.db import transact
from coalition.ports import FileStore

_CHUNK = 1000


def init_app(app: Flask) -> None:
    """Importing this module has registered its handlers and schedules."""


@jobs.handles("access.clear")
def clear_access(task: jobs.Task) -> None:
    """Forget dead tokens and quiet throttles, a chunk a transaction."""
    for clear in (access.clear_expired_tokens, access.clear_old_attempts):
        while task.step(lambda clear=clear: clear(_CHUNK)) == _CHUNK:  # type: ignore[misc]
            pass


@jobs.handles("approvals.expire")
def expire_approvals(task: jobs.Task) -> None:
    """Close requests for a second person's approval that nobody has dealt with in time."""
    while task.step(lambda: approvals.expire(_CHUNK)) == _CHUNK:
        pass


@jobs.handles("purchases.registry")
def import_registry(task: jobs.Task) -> None:
    """Record a file of purchases from where the last process stopped, a chunk a transaction."""
    at = transact(lambda: purchases.registry(task.args["registry"]))
    written, error = transact(lambda: purchases.layout(at)), None
    try:
        with ports.get(FileStore).open(at.file_key) as file:
            for chunk, readings in purchases.readings(file, at, written):
                at = _take(task, at, chunk, readings)
    except (FileNotFoundError, purchases.Unreadable) as problem:
        error = problem.code if isinstance(problem, purchases.Unreadable) else "file_missing"
    task.finish(lambda: purchases.close(at, error))


@jobs.handles("ledger.expire_holds")
def expire_holds(task: jobs.Task) -> None:
    """Put back the points of holds whose time is over."""
    while task.step(lambda: ledger.expire_holds(_CHUNK)):
        pass


@jobs.handles("ledger.expire")
def expire(task: jobs.Task) -> None:
    """Book the expiry of lots whose last usable day is over."""
    while task.step(lambda: ledger.expire(clock.now(), _CHUNK)):
        pass


@jobs.handles("purchases.suspense")
def sweep_suspense(task: jobs.Task) -> None:
    """Record what waited for members who have come, a chunk a transaction."""
    after: int | None = 0
    while after is not None:
        after = task.step(lambda after=after: purchases.sweep_suspense(after, _CHUNK))  # type: ignore[misc]


@outbox.subscribe("member.enrolled", consumer="suspense")
@outbox.subscribe("identifier.added", consumer="suspense")
def post_suspended(event: outbox.Event) -> None:
    """Record what waited for a member who can now be recognised; a sweep does what is too much for once."""
    if purchases.drain(members.hashes(event.payload["member_id"]), _CHUNK) == _CHUNK:
        jobs.enqueue("purchases.suspense", {}, key=f"event:{event.id}")


def _take(
    task: jobs.Task, at: purchases.Registry, chunk: purchases.Chunk, readings: Sequence[purchases.Reading]
) -> purchases.Registry:
    def work() -> purchases.Registry:
        if chunk.position == at.position:
            return at  # nothing but a sign of life
        taken = purchases.take(at, chunk, readings)
        task.progress(taken.lines)
        return taken

    return task.step(work)


jobs.every("purchases.suspense", 60, "purchases.suspense")
jobs.every("access.clear", 3600, "access.clear")
jobs.every("approvals.expire", 3600, "approvals.expire")
jobs.every("ledger.expire_holds", 30, "ledger.expire_holds")
jobs.every("ledger.expire", 3600, "ledger.expire")
