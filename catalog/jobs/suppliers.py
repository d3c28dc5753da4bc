"""Forgetting what was said to suppliers more than thirty days ago, and what was found and never ordered."""

from __future__ import annotations

from catalog import suppliers
from coalition.kernel import jobs
from coalition.kernel.jobs import Task

_CHUNK = 1000


@jobs.handles("suppliers.prune")
def prune(task: Task) -> None:
    """Remove old calls, chunk by chunk."""
    while task.step(suppliers.prune_calls):
        pass


@jobs.handles("suppliers.forget")
def forget(task: Task) -> None:
    """Remove finds that have lapsed, chunk by chunk."""
    while task.step(lambda: suppliers.forget_lapsed(_CHUNK)) == _CHUNK:
        pass


jobs.every("suppliers.forget", 600, "suppliers.forget")
jobs.every("suppliers.prune", 3600, "suppliers.prune")
