"""The jobs' door of this floor: what is done on a schedule or after a commit."""

from __future__ import annotations

from flask import Flask

from coalition import access, ledger, purchases
from coalition.kernel import approvals, clock, jobs, ports
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
    error = None
    try:
        with ports.get(FileStore).open(at.file_key) as file:
            for chunk in purchases.chunks(file, at.position, at.last_line):
                at = _take(task, at, chunk)
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


def _take(task: jobs.Task, at: purchases.Registry, chunk: purchases.Chunk) -> purchases.Registry:
    readings = purchases.read_lines(chunk)

    def work() -> purchases.Registry:
        if chunk.position == at.position:
            return at  # nothing but a sign of life
        taken = purchases.take(at, chunk, readings)
        task.progress(taken.lines)
        return taken

    return task.step(work)


jobs.every("access.clear", 3600, "access.clear")
jobs.every("approvals.expire", 3600, "approvals.expire")
jobs.every("ledger.expire_holds", 30, "ledger.expire_holds")
jobs.every("ledger.expire", 3600, "ledger.expire")
