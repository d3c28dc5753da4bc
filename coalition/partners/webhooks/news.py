"""Turning what has happened in the house into news for the partners concerned, in the order in which it happened.

Each floor's jobs register translators: a function that is given events of the outbox and what is wanted, and says what
whom concerns. Nobody who has not asked costs anything: without an endpoint or a change feed no translator is called.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel import following
from coalition.kernel.db import fetch_all
from coalition.kernel.following import Event
from coalition.partners.webhooks.asking import listeners
from coalition.partners.webhooks.types import event_types

FOLLOWER = "webhooks"
Wanted = Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class News:
    """That one thing has happened, for one partner.

    `about` is whom or what it is about (a public id): what a partner is told about one comes in order. `cause` names
    it for good: the same type and cause is told to a partner once. `event_id` is the event it comes from, its place.
    """

    type: str
    partner_id: int
    about: str
    cause: str
    occurred_at: dt.datetime
    data: Mapping[str, Any]
    event_id: int


Translator = Callable[[Sequence[Event], Wanted], Iterable[News]]
_translators: dict[str, Translator] = {}


def translates(*kinds: str) -> Callable[[Translator], Translator]:
    """Let a function say what events of these kinds mean to partners."""

    def register(function: Translator) -> Translator:
        _translators.update(dict.fromkeys(kinds, function))
        return function

    return register


def start(store: Callable[[Sequence[News]], None]) -> None:
    """Follow the outbox, and hand the news of each chunk to `store`, in order."""
    following.follow(FOLLOWER, lambda: _translators.keys(), lambda events: store(news_of(events)))


def news_of(events: Sequence[Event]) -> list[News]:
    """What partners are to be told of these events, in the events' order."""
    known = wanted()
    by_translator: defaultdict[Translator, list[Event]] = defaultdict(list)
    for event in events:
        by_translator[_translators[event.kind]].append(event)
    found = [one for translator, own in by_translator.items() if known for one in translator(own, known)]
    told = [one for one in found if one.partner_id in known.get(one.type, ())]
    return sorted(told, key=lambda one: one.event_id)


def wanted() -> Wanted:
    """Which partners want to be told of which types: those with an endpoint for it, whether it is on or not,
    and of every type those with a change feed."""
    rows = fetch_all(
        "SELECT DISTINCT t.type, e.partner_id FROM webhook_endpoint e, unnest(e.event_types) t(type)"
        " WHERE e.state <> 'deleted' LIMIT 100000"
    )
    partners: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        partners[row.type].add(row.partner_id)
    if everything := listeners():
        for one in event_types():
            partners[one.name] |= everything
    return {name: frozenset(found) for name, found in partners.items()}
