"""Sessions: a row for each sign-in, so that the server can end it, whatever a cookie says.

The browser keeps a random key, the row its hash. Staff and partners' people are out after half an hour without a
page, everybody after twelve hours. A new key takes the old one's place whenever rights change.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from coalition.access.clients import hash_of
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one

LASTS = dt.timedelta(hours=12)
IDLE_S = 30 * 60  # of staff and partners' people; members stay for the twelve hours
_NOTED_EVERY = dt.timedelta(minutes=1)
_AGENT_MAX = 300
_LIVING = "ended_at IS NULL AND ends_at > :now AND (idle_s IS NULL OR seen_at > :now - make_interval(secs => idle_s))"


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a user: by what it was opened (`factor`), from where, with which browser."""

    id: int
    user_id: int
    factor: str
    ip: str | None
    agent: str
    started_at: dt.datetime
    seen_at: dt.datetime
    ends_at: dt.datetime


def open_session(user_id: int, factor: str, agent: str, *, idles: bool) -> str:
    """A new session of a user, and the key that names it, which is shown once. `idles`: it ends without use, too."""
    key, now = secrets.token_urlsafe(32), clock.now()
    execute(
        "INSERT INTO user_session (key_hash, user_id, factor, ip, agent, started_at, seen_at, idle_s, ends_at)"
        " VALUES (:hash, :user, :factor, CAST(:ip AS inet), :agent, :now, :now, :idle, :ends)",
        {
            "hash": hash_of(key),
            "user": user_id,
            "factor": factor,
            "ip": audit.origin().ip,
            "agent": "".join(char for char in agent if char.isprintable())[:_AGENT_MAX],
            "now": now,
            "idle": IDLE_S if idles else None,
            "ends": now + LASTS,
        },
    )
    return key


def session_of(key: str) -> Session | None:
    """The living session that this key names, else None."""
    row = fetch_one(
        "SELECT id, user_id, factor, host(ip) AS ip, agent, started_at, seen_at, ends_at FROM user_session"
        f" WHERE key_hash = :hash AND {_LIVING}",
        {"hash": hash_of(key), "now": clock.now()},
    )
    return Session(**row._mapping) if row else None


def is_due(found: Session) -> bool:
    """Whether it is time to note that the session is still used (once a minute)."""
    return clock.now() - found.seen_at > _NOTED_EVERY


def note_use(session_id: int) -> None:
    """Note that the session is used now."""
    execute(
        "UPDATE user_session SET seen_at = greatest(seen_at, :now) WHERE id = :id AND ended_at IS NULL",
        {"now": clock.now(), "id": session_id},
    )


def renew_session(key: str, factor: str | None = None) -> str:
    """Give a living session another key, and perhaps a stronger `factor`; the key that is shown once."""
    fresh = secrets.token_urlsafe(32)
    execute(
        "UPDATE user_session SET key_hash = :fresh, factor = coalesce(:factor, factor)"
        " WHERE key_hash = :hash AND ended_at IS NULL",
        {"fresh": hash_of(fresh), "factor": factor, "hash": hash_of(key)},
    )
    return fresh


def sessions_of(user_id: int, limit: int = 100) -> list[Session]:
    """The user's living sessions, the latest first."""
    rows = fetch_all(
        "SELECT id, user_id, factor, host(ip) AS ip, agent, started_at, seen_at, ends_at FROM user_session"
        f" WHERE user_id = :user AND {_LIVING} ORDER BY id DESC LIMIT :limit",
        {"user": user_id, "now": clock.now(), "limit": limit},
    )
    return [Session(**row._mapping) for row in rows]


def end_session(key: str) -> None:
    """End the session of this key; one that is over stays over."""
    execute(
        "UPDATE user_session SET ended_at = :now WHERE key_hash = :hash AND ended_at IS NULL",
        {"now": clock.now(), "hash": hash_of(key)},
    )


def end_sessions(user_id: int, *, but: str = "", only: int | None = None) -> int:
    """End a user's sessions, all `but` the one of a key, or `only` the one of an id; how many there were."""
    return execute(
        "UPDATE user_session SET ended_at = :now WHERE user_id = :user AND ended_at IS NULL AND key_hash <> :but"
        " AND (CAST(:only AS bigint) IS NULL OR id = :only)",
        {"now": clock.now(), "user": user_id, "but": hash_of(but), "only": only},
    )


def clear_old_sessions(limit: int) -> int:
    """Forget sessions that were over a month ago, at most `limit`; how many there were."""
    return execute(
        "DELETE FROM user_session WHERE id IN (SELECT id FROM user_session WHERE ends_at < :before LIMIT :limit)",
        {"before": clock.now() - dt.timedelta(days=30), "limit": limit},
    )
