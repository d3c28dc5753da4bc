"""Feed runs: fetch the file, archive it, stage it chunk by chunk, then conclude in one transaction.

The same steps serve the job and the command. No transaction is open while a file is fetched, archived or read; an
interrupted run starts over from its archived file, and until the last step nothing of the catalog has changed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, cast

from catalog import pricing, rewards, suppliers
from catalog.ports import FeedSource, FeedUnreachable, Validators
from coalition.kernel import jobs, ports
from coalition.kernel.db import transact
from coalition.ports import FileStore

Step = Callable[[Callable[[], Any]], Any]
Progress = Callable[[int, int | None], None] | None
_CHUNK = 1 << 20
_PULSE_S = 10.0


class NotModified(Exception):
    """The feed's place says that its file is the one we took last."""


@jobs.handles("feeds.run")
def run_feed(task: jobs.Task) -> None:
    """Carry out one feed run."""
    carry_out(task.args["run_id"], task.step, task.progress)


def carry_out(run_id: int, step: Step = transact, progress: Progress = None) -> suppliers.FeedRun:
    """Take a run from wherever it stands to its verdict and, if its file was taken, to the shelves; `step` runs one
    piece of it in a transaction. (Should we die in between, the shelves are seen to a little later.)"""
    run = to_verdict(run_id, step, progress)
    if run.state in ("applied", "held", "unchanged") and "all" not in run.holds:
        step(lambda: publish_feed(run.feed_id))
    return run


def to_verdict(run_id: int, step: Step, progress: Progress = None) -> suppliers.FeedRun:
    """Take a run to its verdict: offers, prices and stock."""
    run: suppliers.FeedRun = step(lambda: suppliers.start(run_id))
    if run.finished:
        return run
    feed: suppliers.Feed = step(lambda: suppliers.get_feed(run.feed_id))
    try:
        with tempfile.TemporaryFile() as spool:
            local = cast(BinaryIO, spool)
            same = _bring(run, feed, local, step)
            if same and not run.dry_run and run.of_run_id is None:
                return cast(suppliers.FeedRun, step(lambda: _conclude_unchanged(run_id, feed)))
            if step(lambda: suppliers.held_already(run_id)):
                raise suppliers.FeedRefused("held_already", "This very file waits for a decision, or was rejected.")
            snapshot_at = read_into_stage(run_id, feed, local, step, progress)
        return cast(suppliers.FeedRun, step(lambda: _conclude(run, feed, snapshot_at)))
    except NotModified:
        return cast(suppliers.FeedRun, step(lambda: _conclude_unchanged(run_id, feed)))
    except (suppliers.FeedRefused, FeedUnreachable) as refusal:
        code, reason = refusal.code, str(refusal)
        return cast(suppliers.FeedRun, step(lambda: suppliers.close(run_id, "refused", code, reason)))


def read_into_stage(
    run_id: int, feed: suppliers.Feed, file: BinaryIO, step: Step, progress: Progress = None
) -> dt.datetime:
    """Stage the whole file; the instant as of which its stock was counted. Raises FeedRefused."""
    mapping: suppliers.TableMapping | None = step(lambda: suppliers.mapping(feed.mapping_id))
    source = suppliers.open_feed(feed.format, file, mapping, counts=feed.scope == suppliers.COUNTS)
    for chunk in suppliers.chunks(source):
        step(partial(_stage, run_id, chunk, source.read_bytes, progress))
        chunk.clear()  # or it would still be in memory while the next one is read
    return cast(dt.datetime, step(lambda: suppliers.dated(run_id, feed, source.written_at)))


def _stage(run_id: int, chunk: list[tuple[int, suppliers.RawOffer]], read_bytes: int, progress: Progress) -> None:
    suppliers.stage(run_id, chunk)
    suppliers.progressed(run_id, chunk[-1][0], read_bytes)
    if progress:
        progress(chunk[-1][0], None)


def _bring(run: suppliers.FeedRun, feed: suppliers.Feed, local: BinaryIO, step: Step) -> bool:
    """Archive the file and copy it to `local`, at its beginning. True if these are the last good run's bytes."""
    store, alive = ports.get(FileStore), _pulse(step)
    with _open(run, feed, store, alive, step) as source:
        sha256 = _copy(source, local, alive)
    size = local.tell()
    if size > feed.max_bytes:
        raise suppliers.FeedRefused("too_large", f"The file has {size} bytes; this feed may have {feed.max_bytes}.")
    local.seek(0)
    key = run.file_key or store.put(f"feeds/{feed.id}/{run.id}.{feed.format}", local).key
    local.seek(0)
    return cast(bool, step(lambda: suppliers.archive(run.id, key, sha256, size)))


def _pulse(step: Step) -> Callable[[], None]:
    """What keeps a run ours while a file is on its way for longer than a lease: an empty step now and then."""
    last = time.monotonic()

    def alive() -> None:
        nonlocal last
        if time.monotonic() - last >= _PULSE_S:
            step(lambda: None)
            last = time.monotonic()

    return alive


def _open(
    run: suppliers.FeedRun, feed: suppliers.Feed, store: FileStore, alive: Callable[[], None], step: Step
) -> BinaryIO:
    """The file where it lies: what was uploaded, or archived by an interrupted attempt, or else behind the address.

    Raises NotModified, FeedUnreachable.
    """
    if run.file_key is not None:
        return store.open(run.file_key)
    found = step(lambda: suppliers.place(feed.id))
    if found is None:
        raise suppliers.FeedRefused("no_source", "The feed has no address, and no file was uploaded.")
    place, known = found
    if run.dry_run:
        known = Validators()
    fetched = ports.get(FeedSource).fetch(place, known, feed.max_bytes, alive)
    if fetched is None:
        raise NotModified
    step(lambda: suppliers.fetched(run.id, fetched.validators, fetched.modified_at))
    return fetched.file


def _copy(source: BinaryIO, target: BinaryIO, alive: Callable[[], None]) -> str:
    """Copy everything and answer its SHA-256."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
        alive()
    return digest.hexdigest()


def _conclude(run: suppliers.FeedRun, feed: suppliers.Feed, snapshot_at: dt.datetime) -> suppliers.FeedRun:
    verdict = suppliers.check(run.id, feed)
    if run.dry_run and verdict.state != "refused":
        return suppliers.close(run.id, "previewed", verdict.code, verdict.detail)
    if verdict.state != "refused" and suppliers.overtaken(run.id):
        return suppliers.close(run.id, "refused", "run_superseded", "A newer file was taken meanwhile.")
    suppliers.apply(run.id, feed, verdict)
    taken = verdict.state != "refused" and "all" not in verdict.holds
    if taken and "stock" not in verdict.holds:
        rewards.apply_feed_stock(run.id, snapshot_at, every=feed.scope == suppliers.COUNTS)
    return suppliers.close(run.id, verdict.state, verdict.code, verdict.detail, verdict.holds)


def _conclude_unchanged(run_id: int, feed: suppliers.Feed) -> suppliers.FeedRun:
    """The offers are those we have, and what was missing is missing once more; only that, or a category mapped or a
    margin set since then, can change what is on sale."""
    suppliers.count_missing_again(feed.id)
    return suppliers.close(run_id, "unchanged")


def publish_feed(feed_id: int) -> None:
    """Bring what a feed's last good run has changed to the shelves."""
    publish(suppliers.published(feed_id))


def publish(supplier_id: int) -> None:
    """What is on sale, and what every rule makes of it, change together."""
    if rewards.publish(supplier_id):
        pricing.rebuild(suppliers.get(supplier_id).program_id)
