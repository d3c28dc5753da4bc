"""The jobs' door of this floor: what is done on a schedule or after a commit."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

from flask import Flask

from coalition import access, ledger, members, programs, purchases, wallets
from coalition.kernel import approvals, clock, crash, jobs, laws, outbox, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.garbage import no_search_for_cycles
from coalition.kernel.logs import logger
from coalition.ports import (
    BucketObject,
    BucketUnreachable,
    FileStore,
    ForeignOutcome,
    ForeignProgram,
    NotNow,
    RegistryBucket,
)

_CHUNK = 1000
_SIGN_OF_LIFE_S = 10.0
_LAW_LEASE_S = 1800
_BACKOFF_S = (2, 5, 15, 60, 300)
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
    written, error = transact(lambda: purchases.layout(at)), None
    try:
        with ports.get(FileStore).open(at.file_key) as file, no_search_for_cycles() as search:
            for chunk, readings in purchases.readings(file, at, written):
                at = _take(task, at, chunk, readings)
                del chunk, readings  # what is gone need not be searched
                search()
    except (FileNotFoundError, purchases.Unreadable) as problem:
        error = problem.code if isinstance(problem, purchases.Unreadable) else "file_missing"
    task.finish(lambda: purchases.close(at, error))


@jobs.handles(wallets.EXCHANGE_JOB)
def ask_foreign_program(task: jobs.Task) -> None:
    """Ask a foreign program to credit an exchange or to take it back, until it has answered one way or the other."""
    leg_id = task.args["leg_id"]
    question = task.step(lambda: wallets.ask(leg_id))
    if question is None:
        return
    outcome = _put(question)
    if isinstance(outcome, wallets.Decided):
        task.finish(lambda: wallets.answered(leg_id, outcome))
    elif (state := task.step(lambda: wallets.answered(leg_id, outcome))) not in ("confirmed", "rejected"):
        pause_s = max(outcome.after_s, _BACKOFF_S[min(question.checks, len(_BACKOFF_S) - 1)])
        raise jobs.Retry(pause_s, f"the exchange is {state}")


@jobs.handles("exchanges.wake")
def wake_exchanges(task: jobs.Task) -> None:
    """Let no undecided exchange be without a job, whatever became of its first one."""
    while task.step(lambda: wallets.wake(_CHUNK)) == _CHUNK:
        pass


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


@jobs.handles("purchases.pull")
def pull_sources(task: jobs.Task) -> None:
    """Fetch the new files of every source whose time has come; each becomes a registry, once."""
    while source := task.step(purchases.claim_source):
        error = None
        try:
            _pull(task, source)
        except (BucketUnreachable, ports.PortNotBound, Refusal) as problem:
            error = str(problem)
        task.step(lambda source=source, error=error: purchases.note_run(source.id, error))  # type: ignore[misc]


def _pull(task: jobs.Task, source: purchases.Source) -> None:
    buckets, where, after = ports.get(RegistryBucket), source.location or {}, ""
    while found := buckets.list_objects(where["bucket"], where["prefix"], after):
        after = found[-1].key
        for one in task.step(lambda found=found: purchases.not_taken(source.id, found)):  # type: ignore[misc]
            with suppress(FileNotFoundError):  # it has become another, which is listed next time
                _fetch(task, source, buckets.open(where["bucket"], one), one)


def _fetch(task: jobs.Task, source: purchases.Source, content: BinaryIO, one: BucketObject) -> None:
    """Copy a file into our store; a process that dies here leaves a copy that nobody asks for."""
    with content:
        stored = ports.get(FileStore).put(f"registries/{uuid.uuid4().hex}", _Living(content, task))  # type: ignore[arg-type]

    def work() -> None:
        if opened := purchases.take_file(source, one, stored):
            jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))

    task.step(work)


class _Living:
    """A stream that shows, while it is read, that its job is alive."""

    def __init__(self, stream: BinaryIO, task: jobs.Task) -> None:
        self.stream, self.task, self.shown = stream, task, time.monotonic()

    def read(self, size: int) -> bytes:
        if time.monotonic() - self.shown > _SIGN_OF_LIFE_S:
            self.task.step(lambda: None)
            self.shown = time.monotonic()
        return self.stream.read(size)


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
    """End the programs whose sunset is over, and let the points of ended ones expire, a chunk a transaction."""
    task.step(programs.end_sunsets)
    while task.step(lambda: programs.wind_down(_CHUNK)):
        pass


def _judge(finding: laws.Finding) -> None:
    laws.remember(finding)
    halted = programs.answer_for(finding)
    if finding.rows:
        log.error("law.offended", law=finding.law.code, rows=finding.rows, halted=halted)


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


def _put(question: wallets.Question) -> ForeignOutcome:
    program = ports.get(ForeignProgram)
    outcome: ForeignOutcome = NotNow(0)
    crash.point("before_rpc")
    if question.look_first:
        outcome = program.status(question.access, question.ref)
    if isinstance(outcome, NotNow) and question.direction == "out":
        outcome = program.credit(question.access, question.ref, question.account, question.amount)
    elif isinstance(outcome, NotNow):
        outcome = program.take_back(question.access, question.ref, question.credit_ref)
    crash.point("after_rpc_before_record")
    return outcome


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


@jobs.handles("members.lapse")
def lapse(task: jobs.Task) -> None:
    """End subscriptions and let members fall whose tiers have run out, a chunk a transaction."""
    for end in (members.lapse_subscriptions, members.lapse):
        while task.step(lambda end=end: end(_CHUNK)):  # type: ignore[misc]
            pass


jobs.every("purchases.pull", 30, "purchases.pull")
jobs.every("coalition.verify", 3600, "coalition.verify")
jobs.every("programs.end", 900, "programs.end")
jobs.every("purchases.suspense", 60, "purchases.suspense")


@jobs.handles("members.follow")
def follow(task: jobs.Task) -> None:
    """Let points that were on their way to a member while it was merged follow it."""
    task.finish(lambda: members.follow(_CHUNK))


jobs.every("access.clear", 3600, "access.clear")
jobs.every("approvals.expire", 3600, "approvals.expire")
jobs.every("exchanges.wake", 60, "exchanges.wake")
jobs.every("ledger.expire_holds", 30, "ledger.expire_holds")
jobs.every("ledger.expire", 3600, "ledger.expire")
jobs.every("members.follow", 60, "members.follow")
jobs.every("members.lapse", 3600, "members.lapse")
