"""Partners' endpoints are told: the turns of endpoints, what is forgotten in time, and points that will expire soon."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from coalition.kernel import crash, jobs, ports
from coalition.partners import webhooks
from coalition.ports import WebhookSender

_AT_ONCE = 8
_TURN_S = 10.0
_LEASE_S = 90
_CHUNK = 1000


@jobs.handles(webhooks.JOB)
def turn(task: jobs.Task) -> None:
    """Send what is due to one endpoint, for ten seconds at most; then others have their turn."""
    endpoint_id, began = task.args["endpoint"], time.monotonic()
    while time.monotonic() - began < _TURN_S:
        due = task.step(lambda: webhooks.pick(endpoint_id), lease_s=_LEASE_S)
        if not due.messages:
            break
        sender = ports.get(WebhookSender)
        crash.point("before_rpc")
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            answers = list(threads.map(sender.send, due.messages))
        crash.point("after_rpc_before_record")
        task.step(lambda due=due, answers=answers: webhooks.record(due, answers))  # type: ignore[misc]
    task.finish(lambda: webhooks.proceed(endpoint_id))


@jobs.handles("webhooks.heal")
def heal(task: jobs.Task) -> None:
    """Ask again for turns that were lost with their job."""
    task.finish(webhooks.heal)


@jobs.handles("webhooks.forget")
def forget(task: jobs.Task) -> None:
    """Blank old answers and contents, and drop the oldest rows."""
    while task.step(lambda: webhooks.forget(_CHUNK)):
        pass


webhooks.start(webhooks.store)
jobs.every("webhooks.heal", 60, "webhooks.heal")
jobs.every("webhooks.forget", 3600, "webhooks.forget")
