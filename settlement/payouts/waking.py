"""The sweeper's questions: which requests have nobody to carry them out, which payments to look at, what is over."""

from __future__ import annotations

from coalition.kernel import jobs
from coalition.kernel.db import fetch_all
from settlement.payouts.moving import conclude
from settlement.payouts.requesting import JOB

_LOOK_EVERY_S = 3600


def wake(limit: int) -> int:
    """See to it that every undecided request of more than a minute has a job that can run; how many were woken."""
    return jobs.wake_requests("payout_request", JOB, limit)


def to_look_at(limit: int) -> list[int]:
    """Payments whose news may have been lost: those that a provider has and that nobody has looked at for an hour."""
    rows = fetch_all(
        "SELECT id FROM payout_payment WHERE state IN ('accepted', 'partly_paid')"
        " AND coalesce(looked_at, recorded_at) < now() - make_interval(secs => :every)"
        " ORDER BY looked_at NULLS FIRST, id LIMIT :limit",
        {"every": _LOOK_EVERY_S, "limit": limit},
    )
    return [row.id for row in rows]


def conclude_all(limit: int) -> int:
    """Settle committed runs that have nothing open any more; how many there were."""
    rows = fetch_all(
        "SELECT r.id FROM payout_run r WHERE r.state = 'committed' AND NOT EXISTS (SELECT FROM payout_payment p"
        "  WHERE p.run_id = r.id AND p.state NOT IN ('settled', 'dropped', 'aborted')) ORDER BY r.id LIMIT :limit",
        {"limit": limit},
    )
    return sum(conclude(row.id) for row in rows)
