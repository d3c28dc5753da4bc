"""The sweeper's questions: which requests have nobody to carry them out, which payments to look at again."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.payments.reading import COLUMNS
from catalog.payments.requesting import JOB
from catalog.payments.types import Payment
from coalition.kernel import jobs
from coalition.kernel.db import fetch_all

_OVERDUE_S = 60
_LOOK_EVERY_S = 60
_LOOK_HELD_EVERY_S = 6 * 3600
_LOOKS = f"""
    SELECT {COLUMNS} FROM payment
     WHERE (state = 'opened' AND coalesce(looked_at, created_at) < now() - make_interval(secs => :every))
        OR (state IN ('authorized', 'partly_captured') AND looked_at < now() - make_interval(secs => :held))
     ORDER BY looked_at NULLS FIRST, id LIMIT :limit"""


def wake(limit: int) -> int:
    """See to it that every undecided request of more than a minute has a job that can run; how many were woken."""
    rows = fetch_all(
        "SELECT r.id, r.key FROM payment_request r LEFT JOIN job j ON j.kind = :kind AND j.key = r.key"
        " WHERE r.state IN ('created', 'asked', 'unknown') AND coalesce(j.state, 'dead') IN ('dead', 'done')"
        " AND r.created_at < now() - make_interval(secs => :s) ORDER BY r.id LIMIT :limit",
        {"kind": JOB, "s": _OVERDUE_S, "limit": limit},
    )
    for row in rows:
        jobs.revive(jobs.enqueue(JOB, {"request_id": row.id}, key=row.key))
    return len(rows)


def to_look_at(limit: int) -> Sequence[Payment]:
    """Payments whose news may have been lost: open ones after a minute, reserved ones after six hours."""
    rows = fetch_all(_LOOKS, {"every": _LOOK_EVERY_S, "held": _LOOK_HELD_EVERY_S, "limit": limit})
    return [Payment(**row._mapping) for row in rows]
