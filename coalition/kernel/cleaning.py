"""Rows that nobody will ask for again: answers under idempotency keys, finished jobs, events that were handed over.

Each function removes at most `limit` rows, the oldest first, and says how many there were. An event outlives every job
that it made, so that the law "a consumer has one job for an event that happened" stays true of what is left.
"""

from __future__ import annotations

from coalition.kernel.db import execute

KEYS_DAYS = 30  # as long as the API promises
JOBS_DAYS = 30
EVENTS_DAYS = 90


def clear_keys(limit: int) -> int:
    """Forget stored answers older than thirty days; what moves points stays guarded by its business key."""
    return execute(
        "DELETE FROM idempotency WHERE (client_id, key) IN (SELECT client_id, key FROM idempotency"
        " WHERE created_at < now() - make_interval(days => :days) ORDER BY created_at LIMIT :limit)",
        {"days": KEYS_DAYS, "limit": limit},
    )


def clear_jobs(limit: int) -> int:
    """Forget jobs that were done thirty days ago; those given up or cancelled stay for people to see."""
    return execute(
        "DELETE FROM job WHERE id = ANY (ARRAY(SELECT id FROM job WHERE state = 'done'"
        " AND finished_at < now() - make_interval(days => :days)"
        " ORDER BY finished_at LIMIT :limit FOR UPDATE SKIP LOCKED))",
        {"days": JOBS_DAYS, "limit": limit},
    )


def clear_events(limit: int) -> int:
    """Forget events that were handed over and have no job left, ninety days after they happened."""
    return execute(
        "DELETE FROM outbox WHERE id IN (SELECT o.id FROM outbox o WHERE o.delivered_at IS NOT NULL"
        " AND o.created_at < now() - make_interval(days => :days) AND NOT EXISTS (SELECT FROM job j"
        " WHERE j.kind = 'outbox.consume' AND j.key >= o.id || ':' AND j.key < o.id || ';')"
        " ORDER BY o.created_at LIMIT :limit)",
        {"days": EVENTS_DAYS, "limit": limit},
    )
