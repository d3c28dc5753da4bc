"""Prices that follow what changed elsewhere: whatever no publishing has computed anew is found and computed here."""

from __future__ import annotations

from catalog import pricing
from coalition.kernel import jobs, outbox
from coalition.kernel.jobs import Task

_EVERY_S = 300
_MOST = 1_000


@jobs.handles("prices.rebuild")
def rebuild(task: Task) -> None:
    """Compute the prices of every program with a base that has changed since."""
    task.finish(lambda: pricing.rebuild_stale(_MOST))


@outbox.subscribe("member.merged", consumer="prices")
def follow(event: outbox.Event) -> None:
    """What a merged member was granted goes over to the survivor."""
    pricing.follow_merge(event.payload["from_id"], event.payload["into_id"])


jobs.every("prices.rebuild", _EVERY_S, "prices.rebuild")
