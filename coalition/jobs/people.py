"""What time does to members: tiers and subscriptions run out, points follow a merge."""

from __future__ import annotations

from coalition import members
from coalition.kernel import jobs

_CHUNK = 1000


@jobs.handles("members.lapse")
def lapse(task: jobs.Task) -> None:
    """End subscriptions and let members fall whose tiers have run out, a chunk a transaction."""
    for end in (members.lapse_subscriptions, members.lapse):
        while task.step(lambda end=end: end(_CHUNK)):  # type: ignore[misc]
            pass


@jobs.handles("members.follow")
def follow(task: jobs.Task) -> None:
    """Let points that were on their way to a member while it was merged follow it."""
    task.finish(lambda: members.follow(_CHUNK))


jobs.every("members.follow", 60, "members.follow")
jobs.every("members.lapse", 3600, "members.lapse")
