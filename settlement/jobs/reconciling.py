"""Partners' files are compared with what we keep: those that were sent, and those fetched from their buckets."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import BinaryIO

from coalition.kernel import jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.garbage import no_search_for_cycles
from coalition.ports import BucketObject, BucketUnreachable, FileStore, RegistryBucket
from coalition.purchases import Unreadable
from settlement import accruals, reconciliation
from settlement.reconciliation import Feed, Part, Reconciliation

RECONCILE = "settlement.reconcile"
WATCH = "settlement.reconcile_watch"
FETCH = "settlement.reconcile_fetch"
FILE_MAX = 1 << 30
_MATCH_LEASE_S = 3_600
_AT_A_TIME = 100


def ask(run_id: int) -> int:
    """Ask, in the running transaction, for a reconciliation to be worked through; the job's id."""
    return jobs.enqueue(RECONCILE, {"reconciliation": run_id}, key=str(run_id))


@jobs.handles(RECONCILE)
def reconcile(task: jobs.Task) -> None:
    """Work through a partner's file from where the last process stopped: read, compare, tidy up."""
    at = transact(lambda: reconciliation.run(task.args["reconciliation"]))
    if not at.over:
        at, error = read(task, at)
        if error:
            task.finish(lambda: reconciliation.fail(at, error))
            return
        task.step(lambda: accruals.accrue(at.program_id))
        by_receipt = transact(lambda: reconciliation.by_receipt(at))
        task.step(lambda: reconciliation.match(at, by_receipt=by_receipt), lease_s=_MATCH_LEASE_S)
    while task.step(lambda: reconciliation.clear(at)):
        pass


@jobs.handles(WATCH)
def watch(task: jobs.Task) -> None:
    """Raise the alarm about overdue disputes, and see to files that were left alone."""
    task.step(reconciliation.alarm)

    def work() -> None:
        for run_id in reconciliation.left_alone(_AT_A_TIME):
            jobs.revive(ask(run_id))

    task.step(work)


@jobs.handles(FETCH)
def fetch(task: jobs.Task) -> None:
    """Fetch the new files of every bucket whose time has come; each becomes a reconciliation, once."""
    while feed := task.step(reconciliation.claim_feed):
        error = None
        try:
            error = _fetch(task, feed)
        except (BucketUnreachable, ports.PortNotBound, Refusal) as problem:
            error = str(problem)
        task.step(lambda feed=feed, error=error: reconciliation.note_fetch(feed.id, error))  # type: ignore[misc]


def read(task: jobs.Task, at: Reconciliation) -> tuple[Reconciliation, str | None]:
    """Lay the rest of the file out; the reconciliation after it, and the code of what is wrong with the file."""
    written = transact(lambda: reconciliation.layout(at))
    try:
        with ports.get(FileStore).open(at.file_key) as file, no_search_for_cycles() as search:
            for part in reconciliation.parts(file, at, written):
                at = _lay(task, at, part)
                search()
    except (FileNotFoundError, Unreadable) as problem:
        return at, problem.code if isinstance(problem, Unreadable) else "file_missing"
    return at, None


def _lay(task: jobs.Task, at: Reconciliation, part: Part) -> Reconciliation:
    def work() -> Reconciliation:
        if part.chunk.position == at.position:
            return at  # nothing but a sign of life
        laid = reconciliation.stage(at, part)
        task.progress(laid.lines)
        return laid

    return task.step(work)


def _fetch(task: jobs.Task, feed: Feed) -> str | None:
    buckets, after, large = ports.get(RegistryBucket), "", None
    while found := buckets.list_objects(feed.bucket, feed.prefix, after):
        after = found[-1].key
        for one in task.step(lambda found=found: reconciliation.not_fetched(feed.id, found)):  # type: ignore[misc]
            if one.size > FILE_MAX:
                large = f"{one.key} is larger than {FILE_MAX} bytes"
                continue
            with suppress(FileNotFoundError):  # it has become another, which is listed next time
                _take(task, feed, buckets.open(feed.bucket, one), one)
    return large


def _take(task: jobs.Task, feed: Feed, content: BinaryIO, one: BucketObject) -> None:
    """Copy a file into our store; a process that dies here leaves a copy that nobody asks for."""
    with content:
        stored = ports.get(FileStore).put(f"reconciliations/{uuid.uuid4().hex}", content)

    def work() -> None:
        if opened := reconciliation.take_fetched(feed, one, stored):
            ask(opened.id)

    task.step(work)


jobs.every(WATCH, 60, WATCH)
jobs.every(FETCH, 60, FETCH)
