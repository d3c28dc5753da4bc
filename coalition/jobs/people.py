"""What time does to members: tiers and subscriptions run out, points follow a merge. And what strangers asked for."""

from __future__ import annotations

from coalition import access, members
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


@jobs.handles(access.ANSWER_JOB)
def answer(task: jobs.Task) -> None:
    """Answer by mail what a stranger asked for: a new password, to join."""
    task.finish(lambda: access.answer_by_mail(**task.args))


jobs.every("members.follow", 60, "members.follow")
jobs.every("members.lapse", 3600, "members.lapse")
