"""The jobs' door of this floor: what is done on a schedule or after a commit."""

from __future__ import annotations

from flask import Flask

from coalition import access, ledger, programs, purchases
from coalition.kernel import approvals, clock, jobs, laws, ports
from coalition.kernel.db import transact
from coalition.kernel.logs import logger
from coalition.ports import FileStore

_CHUNK = 1000
_LAW_LEASE_S = 1800
log = logger(__name__)


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


@jobs.handles("coalition.verify")
def verify(task: jobs.Task) -> None:
    """Ask every law; what one that halts finds, halts the redemptions of the programs concerned.

    A law is asked outside of the job's own transaction: it may take long, and must keep nobody's watermark waiting.
    """
    for law in laws.laws():
        task.step(lambda: None, lease_s=_LAW_LEASE_S)
        finding = transact(lambda law=law: laws.ask(law))  # type: ignore[misc]
        task.step(lambda finding=finding: _judge(finding))  # type: ignore[misc]


@jobs.handles("programs.end")
def end_programs(task: jobs.Task) -> None:
    """End the programs whose sunset is over."""
    task.finish(programs.end_sunsets)


def _judge(finding: laws.Finding) -> None:
    laws.remember(finding)
    halted = programs.answer_for(finding)
    if finding.rows:
        log.error("law.offended", law=finding.law.code, rows=finding.rows, halted=halted)


def _take(task: jobs.Task, at: purchases.Registry, chunk: purchases.Chunk) -> purchases.Registry:
    readings = purchases.read_lines(chunk)

    def work() -> purchases.Registry:
        if chunk.position == at.position:
            return at  # nothing but a sign of life
        taken = purchases.take(at, chunk, readings)
        task.progress(taken.lines)
        return taken

    return task.step(work)


jobs.every("coalition.verify", 3600, "coalition.verify")
jobs.every("programs.end", 900, "programs.end")
jobs.every("access.clear", 3600, "access.clear")
jobs.every("approvals.expire", 3600, "approvals.expire")
jobs.every("ledger.expire_holds", 30, "ledger.expire_holds")
jobs.every("ledger.expire", 3600, "ledger.expire")
