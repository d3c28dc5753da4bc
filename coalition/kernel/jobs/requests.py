"""Requests to others that outlive their job: rows with a key of their own, written before anybody is asked.

A room keeps them in a table of its own (`id`, `key`, `state`, `created_at`), and enqueues a job under the same key,
whose argument is `request_id`. While a request is `created`, `asked` or `unknown`, somebody has to carry it out.
"""

from __future__ import annotations

from coalition.kernel.db import fetch_all
from coalition.kernel.jobs.queue import enqueue, revive

_OVERDUE_S = 60


def wake_requests(table: str, kind: str, limit: int) -> int:
    """See to it that every undecided request of more than a minute has a job of `kind` that can run; how many had none.

    `table` is a name out of the code, never out of a request.
    """
    rows = fetch_all(
        f"SELECT r.id, r.key FROM {table} r LEFT JOIN job j ON j.kind = :kind AND j.key = r.key"
        " WHERE r.state IN ('created', 'asked', 'unknown') AND coalesce(j.state, 'dead') NOT IN ('due', 'running')"
        " AND r.created_at < now() - make_interval(secs => :s) ORDER BY r.id LIMIT :limit",
        {"kind": kind, "s": _OVERDUE_S, "limit": limit},
    )
    for row in rows:
        revive(enqueue(kind, {"request_id": row.id}, key=row.key))
    return len(rows)
