"""The transactional outbox: news travels upwards as rows written in the transaction that made them true.

The relay turns each event into one job per consumer, keyed by event and consumer, so that every consumer sees every
event at least once and its effect exactly once. Publishing never touches the queue or the network.

A follower (`kernel/following.py`) takes the events of its kinds in the order of their ids instead, many at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from coalition.kernel.db import at_end, execute, fetch_all, transact
from coalition.kernel.following import Event, line_up
from coalition.kernel.jobs import queue

__all__ = ["Event", "consume", "publish", "relay", "subscribe"]
_RELAY_CHUNK = 500
_PUBLISH, _NEWS = "INSERT INTO outbox (kind, key, payload)", "(%(kind)s, %(key)s, %(payload)s::jsonb)"
_consumers: dict[str, dict[str, Callable[[Event], None]]] = {}


def publish(kind: str, payload: dict[str, Any], *, key: str) -> None:
    """Announce, in the running transaction, that something has happened."""
    at_end(_PUBLISH, {"kind": kind, "key": key, "payload": json.dumps(payload)}, row=_NEWS)


def subscribe(kind: str, *, consumer: str) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """Let a function consume events of a kind: it runs once per event in a transaction of its own."""

    def register(function: Callable[[Event], None]) -> Callable[[Event], None]:
        _consumers.setdefault(kind, {})[consumer] = function
        return function

    return register


@queue.feed
def relay() -> int:
    """Hand the waiting events to their consumers as jobs; the number of events handed over."""
    return transact(_relay)


@queue.handles("outbox.consume")
def consume(task: queue.Task) -> None:
    """Give one event to one consumer, in one transaction with the job's completion."""
    event = Event(**task.args["event"])
    task.finish(lambda: _consumers[event.kind][task.args["consumer"]](event))


def _relay() -> int:
    rows = fetch_all(
        "SELECT id, kind, key, payload FROM outbox WHERE delivered_at IS NULL"
        " ORDER BY id LIMIT :chunk FOR UPDATE SKIP LOCKED",
        {"chunk": _RELAY_CHUNK},
    )
    for row in rows:
        event = {"id": row.id, "kind": row.kind, "key": row.key, "payload": row.payload}
        for consumer in _consumers.get(row.kind, {}):
            queue.enqueue("outbox.consume", {"event": event, "consumer": consumer}, key=f"{row.id}:{consumer}")
    line_up([(row.id, row.kind) for row in rows])
    if rows:
        execute("UPDATE outbox SET delivered_at = now() WHERE id = ANY(:ids)", {"ids": [row.id for row in rows]})
    return len(rows)
