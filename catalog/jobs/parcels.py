"""The hourly rounds: parcels of which nothing is heard any more, and returns that were not sent in time."""

from __future__ import annotations

from functools import partial

from catalog import orders, shipments
from coalition.kernel import jobs
from coalition.kernel.jobs import Task

_CHUNK = 200


@jobs.handles("parcels.silence")
def silence(task: Task) -> None:
    """Let parcels expire that their carriers have not spoken of for too long, each in a transaction of its own."""
    for shipment_id in task.step(lambda: shipments.silent(_CHUNK)):
        task.step(partial(shipments.fall_silent, shipment_id))


@jobs.handles("returns.expire")
def expire(task: Task) -> None:
    """Let permissions lapse whose goods were not sent, each in a transaction of its own."""
    for return_id in task.step(lambda: orders.returns_overdue(_CHUNK)):
        task.step(partial(orders.expire_return, return_id))


@jobs.handles("returns.close")
def close(task: Task) -> None:
    """Close the returns whose payers have their cash back, each in a transaction of its own."""
    found, after_id = [0], 0
    while found:
        found = task.step(partial(orders.returns_unpaid, _CHUNK, after_id))
        for after_id in found:
            task.step(partial(orders.close_if_paid, after_id))


jobs.every("returns.close", 3600, "returns.close")
jobs.every("returns.expire", 3600, "returns.expire")
jobs.every("parcels.silence", 3600, "parcels.silence")
