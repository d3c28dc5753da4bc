"""Followers take events in the order of their ids, many in one transaction; who else consumes them knows no order.

Of two events whose transactions waited for the same lock (a wallet's, a member's) the earlier has the smaller id and is
seen first, so a follower sees what happened to one member in the order in which it happened. The relay puts the events
of a follower's kinds into its line, in the transaction in which it hands them over; a job takes them out together with
their effect. One job at a time serves a line, and none reads behind an event that the relay has not handed over yet.

An event that cannot be taken stands aside with its error and holds nobody up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy.exc import OperationalError

from coalition.kernel.db import RacingKey, execute, fetch_all, fetch_one, session
from coalition.kernel.jobs import queue
from coalition.kernel.logs import logger

log = logger(__name__)
_CHUNK = 500
_WEIGHT = 128 * 1024  # bytes of payloads: one event may tell of thousands of purchases
_BUSY_S = 0.2
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended(:follower, 43)) AS mine"
_NEXT = """
    SELECT id, kind, key, payload FROM (
           SELECT o.id, o.kind, o.key, o.payload,
                  sum(pg_column_size(o.payload)) OVER (ORDER BY o.id) - pg_column_size(o.payload) AS before
             FROM (SELECT l.event_id FROM outbox_line l
                    WHERE l.follower = :follower AND l.error IS NULL AND l.event_id < coalesce(
                          (SELECT min(w.id) FROM outbox w WHERE w.delivered_at IS NULL), l.event_id + 1)
                    ORDER BY l.event_id LIMIT :chunk) n JOIN outbox o ON o.id = n.event_id) x
     WHERE before < :weight ORDER BY id"""
_WAITING = "SELECT FROM outbox_line WHERE follower = :follower AND error IS NULL LIMIT 1"
_OUT = "DELETE FROM outbox_line WHERE follower = :follower AND event_id = ANY(:ids) AND error IS NULL"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened. `key` names the aggregate it happened to."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Follower:
    kinds: Callable[[], Collection[str]]
    take: Callable[[Sequence[Event]], None]


_followers: dict[str, _Follower] = {}


def follow(name: str, kinds: Callable[[], Collection[str]], take: Callable[[Sequence[Event]], None]) -> None:
    """Let `take` have the events of these kinds in order, up to 500 at once, in one transaction with their leaving.

    Fewer at once where they are heavy, so that what one transaction does is bounded.

    `kinds` is asked whenever events are handed over, so that higher floors may add to them while doors open.
    """
    _followers[name] = _Follower(kinds, take)


def line_up(events: Sequence[tuple[int, str]]) -> None:
    """Put events (id, kind) that are being handed over into the lines of their followers, in this transaction."""
    for name, follower in _followers.items():
        kinds = follower.kinds()
        if ids := [number for number, kind in events if kind in kinds]:
            sql = "INSERT INTO outbox_line (follower, event_id) SELECT :follower, unnest(CAST(:ids AS bigint[]))"
            execute(sql, {"follower": name, "ids": ids})
            queue.enqueue("outbox.follow", {"follower": name}, key=f"{name}:{max(ids)}")


@queue.handles("outbox.follow")
def serve(task: queue.Task) -> None:
    """Let a follower take what waits in its line, a chunk a transaction. Retry while another job is at it, and while
    something waits behind an event that is not handed over: if nobody follows that one, no other job comes for it.

    The job leaves no row behind: how many there are depends on how the relay came by, and says nothing.
    """
    name = task.args["follower"]
    while task.step(lambda: _take(name, _followers[name].take)):
        pass
    task.finish(lambda: execute("DELETE FROM job WHERE id = :id", {"id": task.id}))


def _take(name: str, take: Callable[[Sequence[Event]], None]) -> int:
    mine = fetch_one(_ALONE, {"follower": name})
    if mine is None or not mine.mine:
        raise queue.Retry(_BUSY_S, "another job serves this line")
    events = [Event(*row) for row in fetch_all(_NEXT, {"follower": name, "chunk": _CHUNK, "weight": _WEIGHT})]
    if events and not _taken(take, events):
        for event in events:
            if error := _refused(take, [event]):
                log.error("outbox.aside", follower=name, event_id=event.id, why=error)
                sql = "UPDATE outbox_line SET error = :error WHERE follower = :follower AND event_id = :id"
                execute(sql, {"error": error[:2000], "follower": name, "id": event.id})
    if events:
        execute(_OUT, {"follower": name, "ids": [event.id for event in events]})
    elif fetch_one(_WAITING, {"follower": name}) is not None:
        raise queue.Retry(_BUSY_S, "an earlier event is not handed over yet")
    return len(events)


def _taken(take: Callable[[Sequence[Event]], None], events: Sequence[Event]) -> bool:
    return _refused(take, events) is None


def _refused(take: Callable[[Sequence[Event]], None], events: Sequence[Event]) -> str | None:
    """Why the events cannot be taken; None if they were. What another try may heal is raised."""
    try:
        with session().begin_nested():
            take(events)
    except (OperationalError, psycopg.OperationalError, RacingKey):
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
