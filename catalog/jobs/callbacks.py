"""Understanding what suppliers and carriers have called in."""

from __future__ import annotations

from catalog import shipments
from coalition.kernel import jobs
from coalition.kernel.jobs import Retry, Task


@jobs.handles("callbacks.understand")
def understand(task: Task) -> None:
    """Let one stored message take effect; what it speaks of may still be on its way to us."""
    wait = task.step(lambda: shipments.understand(task.args["callback_id"]))
    if wait is not None:
        raise Retry(wait.after_s, "it speaks of something that we do not know yet")
