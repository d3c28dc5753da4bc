"""Forgetting what was said to suppliers more than thirty days ago."""

from __future__ import annotations

from catalog import suppliers
from coalition.kernel import jobs
from coalition.kernel.jobs import Task


@jobs.handles("suppliers.prune")
def prune(task: Task) -> None:
    """Remove old calls, chunk by chunk."""
    while task.step(suppliers.prune_calls):
        pass


jobs.every("suppliers.prune", 3600, "suppliers.prune")
