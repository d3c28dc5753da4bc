"""A letter's way: posted with a job of its own, sent at least once, or given up after a day of trying.

Sending happens outside of every transaction; a letter that was sent and not marked as sent is sent again under the
same message number, so that a mailbox can tell.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from coalition.kernel import audit, clock, sealing
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.jobs import enqueue
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

JOB = "letters.send"
LANGUAGES = ("en", "ru")
_PAUSES_S = (5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 28800)  # a day in all
_KEPT = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that waits to be sent; `facts` are what its template asks for."""

    id: int
    kind: str
    recipient: str
    language: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dead:
    """A letter that was given up at `closed_at` after so many `attempts`; what it says stays sealed."""

    id: int
    kind: str
    recipient: str
    attempts: int
    error: str | None
    closed_at: dt.datetime


def post(kind: str, recipient: str, language: str, **facts: Any) -> int:
    """Write a letter in the running transaction; a job sends it after the commit. Facts must be JSON-able."""
    row = fetch_one(
        "INSERT INTO letter (kind, recipient, language, sealed, created_at)"
        " VALUES (:kind, :recipient, :language, :sealed, :now) RETURNING id",
        {
            "kind": kind,
            "recipient": recipient,
            "language": language if language in LANGUAGES else LANGUAGES[0],
            "sealed": sealing.seal(json.dumps(facts)),
            "now": clock.now(),
        },
    )
    assert row is not None
    enqueue(JOB, {"letter_id": row.id}, key=str(row.id))
    return int(row.id)


def opened(letter_id: int) -> Letter | None:
    """The letter, if it still waits."""
    row = fetch_one(
        "SELECT id, kind, recipient, language, sealed FROM letter WHERE id = :id AND state = 'waiting'",
        {"id": letter_id},
    )
    if row is None:
        return None
    return Letter(row.id, row.kind, row.recipient, row.language, json.loads(sealing.unseal(row.sealed)))


def sent(letter_id: int) -> None:
    """The mail server has taken it: forget what it said."""
    execute(
        "UPDATE letter SET state = 'sent', sealed = NULL, closed_at = :now, error = NULL, attempts = attempts + 1"
        " WHERE id = :id AND state = 'waiting'",
        {"id": letter_id, "now": clock.now()},
    )


def failed(letter_id: int, why: str) -> float | None:
    """Nobody took it now: the seconds until the next attempt, or None when it was given up after the last one."""
    row = fetch_one(
        "UPDATE letter SET attempts = attempts + 1, error = :why WHERE id = :id AND state = 'waiting'"
        " RETURNING attempts",
        {"id": letter_id, "why": why[:500]},
    )
    if row is None:
        return None
    if row.attempts > len(_PAUSES_S):
        give_up(letter_id, why)
        return None
    return float(_PAUSES_S[row.attempts - 1])


def refused(letter_id: int, why: str) -> None:
    """The mail server will never take it: count the attempt and give the letter up."""
    execute("UPDATE letter SET attempts = attempts + 1 WHERE id = :id AND state = 'waiting'", {"id": letter_id})
    give_up(letter_id, why)


def give_up(letter_id: int, why: str) -> None:
    """Put the letter among the dead, where somebody may look at it and `revive` it."""
    execute(
        "UPDATE letter SET state = 'dead', closed_at = :now, error = :why WHERE id = :id AND state = 'waiting'",
        {"id": letter_id, "now": clock.now(), "why": why[:500]},
    )


def revive(letter_id: int) -> None:
    """Let a dead letter be tried again from the beginning; it stands in the trail. NotFound if it is not dead."""
    change = "state = 'waiting', closed_at = NULL, attempts = 0, error = NULL"
    if not execute(f"UPDATE letter SET {change} WHERE id = :id AND state = 'dead'", {"id": letter_id}):
        raise NotFound()
    enqueue(JOB, {"letter_id": letter_id}, key=f"{letter_id}:{clock.now().isoformat()}")
    audit.record("letter.revived", f"letter:{letter_id}")


def dead(cursor: str | None = None, limit: int = 50) -> Page[Dead]:
    """The letters that were given up, the latest first."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        "SELECT id, kind, recipient, attempts, error, closed_at FROM letter WHERE state = 'dead'"
        " AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit",
        {"before": before, "limit": limit + 1},
    )
    found = [Dead(**row._mapping) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def clear_old(limit: int) -> int:
    """Forget letters that were sent or given up a month ago, at most `limit`; how many there were."""
    return execute(
        "DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE state <> 'waiting' AND closed_at < :before"
        " ORDER BY closed_at LIMIT :limit)",
        {"before": clock.now() - _KEPT, "limit": limit},
    )
