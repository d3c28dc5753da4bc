"""The sweeper's questions: which requests have nobody to carry them out, which payments to look at again."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.payments.reading import COLUMNS
from catalog.payments.requesting import JOB
from catalog.payments.types import Payment
from coalition.kernel import jobs
from coalition.kernel.db import fetch_all

_LOOK_EVERY_S = 60
_LOOK_HELD_EVERY_S = 6 * 3600
_LOOKS = f"""
    SELECT {COLUMNS} FROM payment
     WHERE (state = 'opened' AND coalesce(looked_at, created_at) < now() - make_interval(secs => :every))
        OR (state IN ('authorized', 'partly_captured') AND looked_at < now() - make_interval(secs => :held))
     ORDER BY looked_at NULLS FIRST, id LIMIT :limit"""


def wake(limit: int) -> int:
    """See to it that every undecided request of more than a minute has a job that can run; how many were woken."""
    return jobs.wake_requests("payment_request", JOB, limit)


def to_look_at(limit: int) -> Sequence[Payment]:
    """Payments whose news may have been lost: open ones after a minute, reserved ones after six hours."""
    rows = fetch_all(_LOOKS, {"every": _LOOK_EVERY_S, "held": _LOOK_HELD_EVERY_S, "limit": limit})
    return [Payment(**row._mapping) for row in rows]
