"""Sources: new files in partners' buckets become registries, each once."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import BinaryIO

from coalition import purchases
from coalition.kernel import jobs, ports
from coalition.kernel.errors import Refusal
from coalition.ports import BucketObject, BucketUnreachable, FileStore, RegistryBucket

FILE_MAX = 1 << 30  # as much as may be sent to us
_SIGN_OF_LIFE_S = 10.0


@jobs.handles("purchases.pull")
def pull_sources(task: jobs.Task) -> None:
    """Fetch the new files of every source whose time has come; each becomes a registry, once."""
    while source := task.step(purchases.claim_source):
        error = None
        try:
            error = _pull(task, source)
        except (BucketUnreachable, ports.PortNotBound, Refusal) as problem:
            error = str(problem)
        task.step(lambda source=source, error=error: purchases.note_run(source.id, error))  # type: ignore[misc]


def _pull(task: jobs.Task, source: purchases.Source) -> str | None:
    """Fetch what is new; what is too large to be sent to us is left, and named."""
    buckets, where, after = ports.get(RegistryBucket), source.location or {}, ""
    large = None
    while found := buckets.list_objects(where["bucket"], where["prefix"], after):
        after = found[-1].key
        for one in task.step(lambda found=found: purchases.not_taken(source.id, found)):  # type: ignore[misc]
            if one.size > FILE_MAX:
                large = f"{one.key} is larger than {FILE_MAX} bytes"
                continue
            with suppress(FileNotFoundError):  # it has become another, which is listed next time
                _fetch(task, source, buckets.open(where["bucket"], one), one)
    return large


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


jobs.every("purchases.pull", 30, "purchases.pull")
