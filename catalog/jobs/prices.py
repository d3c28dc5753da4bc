"""Prices that follow what changed elsewhere: whatever no publishing has computed anew is found and computed here; what
promotions give members of the catalog is granted, in the order in which it was given and taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from catalog import pricing
from coalition.kernel import following, jobs, outbox
from coalition.kernel.jobs import Task

_EVERY_S = 300
_MOST = 1_000
_GIVEN, _ENDED = "promotions.perk", "promotions.perk_ended"


@jobs.handles("prices.rebuild")
def rebuild(task: Task) -> None:
    """Compute the prices of every program with a base that has changed since."""
    task.finish(lambda: pricing.rebuild_stale(_MOST))


@outbox.subscribe("member.merged", consumer="prices")
def follow(event: outbox.Event) -> None:
    """What a merged member was granted goes over to the survivor."""
    pricing.follow_merge(event.payload["from_id"], event.payload["into_id"])


def heed(events: Sequence[outbox.Event]) -> None:
    """One after another: a grant is the sum of its perks, and none is taken back before it was given."""
    for event in events:
        (give if event.kind == _GIVEN else end)(event)


def give(event: outbox.Event) -> None:
    """A promotion gave a member a personal price, or delivery for nothing."""
    until = event.payload["until"]
    pricing.give_perk(pricing.Perk(**{**event.payload, "until": dt.datetime.fromisoformat(until) if until else None}))


def end(event: outbox.Event) -> None:
    """All of the purchase that brought it was returned."""
    pricing.end_perk(event.payload["cause"])


following.follow("perks", lambda: (_GIVEN, _ENDED), heed)
jobs.every("prices.rebuild", _EVERY_S, "prices.rebuild")
