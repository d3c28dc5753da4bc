"""The hourly rounds: parcels of which nothing is heard any more, and returns that were not sent in time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from catalog import orders, shipments
from coalition.kernel import jobs
from coalition.kernel.jobs import Task

_CHUNK = 200


@jobs.handles("parcels.silence")
def silence(task: Task) -> None:
    """Let parcels expire that their carriers have not spoken of for too long, each in a transaction of its own."""
    _each(task, shipments.silent, shipments.fall_silent)


@jobs.handles("returns.expire")
def expire(task: Task) -> None:
    """Let permissions lapse whose goods were not sent, each in a transaction of its own."""
    _each(task, orders.returns_overdue, orders.expire_return)


@jobs.handles("returns.close")
def close(task: Task) -> None:
    """Close the returns whose payers have their cash back, each in a transaction of its own."""
    found, after_id = [0], 0
    while found:
        found = task.step(partial(orders.returns_unpaid, _CHUNK, after_id))
        for after_id in found:
            task.step(partial(orders.close_if_paid, after_id))


def _each(task: Task, overdue: Callable[[int], list[int]], settle: Callable[[int], None]) -> None:
    """Settle what is overdue, a chunk at a time, until nothing is, or the same is as before."""
    before: list[int] = []
    while (found := task.step(lambda: overdue(_CHUNK))) and found != before:
        for one in found:
            task.step(partial(settle, one))
        before = found


jobs.every("returns.close", 3600, "returns.close")
jobs.every("returns.expire", 3600, "returns.expire")
jobs.every("parcels.silence", 3600, "parcels.silence")
