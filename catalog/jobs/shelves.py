"""What is done to the shelves in the background: making new and changed rewards findable, piece by piece."""

from __future__ import annotations

from catalog import rewards
from coalition.kernel import jobs

_AT_ONCE = 1_000
_EVERY_S = 60
_CODES_EVERY_S = 900


@jobs.handles("rewards.index")
def index_rewards(task: jobs.Task) -> None:
    """Index until the queue is empty, one transaction for each thousand."""
    done = 0

    def piece() -> int:
        taken = rewards.index(_AT_ONCE)
        task.progress(done + taken)
        return taken

    while taken := task.step(piece):
        done += taken
    task.finish(lambda: None)


@jobs.handles("rewards.codes")
def expire_codes(task: jobs.Task) -> None:
    """Take codes whose last day is over off the shelf."""
    task.finish(rewards.expire_codes)


jobs.every("rewards.codes", _CODES_EVERY_S, "rewards.codes")
jobs.every("rewards.index", _EVERY_S, "rewards.index")
