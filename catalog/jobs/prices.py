"""Prices that follow what changed elsewhere: whatever no publishing has computed anew is found and computed here; what
promotions give members of the catalog is granted."""

from __future__ import annotations

import datetime as dt

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


@outbox.subscribe("promotions.perk", consumer="prices")
def give(event: outbox.Event) -> None:
    """A promotion gave a member a personal price, or delivery for nothing."""
    until = event.payload["until"]
    pricing.give_perk(pricing.Perk(**{**event.payload, "until": dt.datetime.fromisoformat(until) if until else None}))


@outbox.subscribe("promotions.perk_ended", consumer="prices")
def end(event: outbox.Event) -> None:
    """All of the purchase that brought it was returned."""
    pricing.end_perk(event.payload["cause"])


jobs.every("prices.rebuild", _EVERY_S, "prices.rebuild")
