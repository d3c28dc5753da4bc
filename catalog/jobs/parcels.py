"""The hourly round over parcels of which nothing is heard any more."""

from __future__ import annotations

from functools import partial

from catalog import shipments
from coalition.kernel import jobs
from coalition.kernel.jobs import Task

_CHUNK = 200


@jobs.handles("parcels.silence")
def silence(task: Task) -> None:
    """Let parcels expire that their carriers have not spoken of for too long, each in a transaction of its own."""
    for shipment_id in task.step(lambda: shipments.silent(_CHUNK)):
        task.step(partial(shipments.fall_silent, shipment_id))


jobs.every("parcels.silence", 3600, "parcels.silence")
