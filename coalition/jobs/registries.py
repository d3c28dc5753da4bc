"""Registries: a file of purchases is recorded a chunk at a time, a transaction a chunk."""

from __future__ import annotations

from collections.abc import Sequence

from coalition import purchases
from coalition.kernel import jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.garbage import no_search_for_cycles
from coalition.ports import FileStore


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
