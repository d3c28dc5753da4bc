"""How often a test client has sent the same magic value: what fails twice has to know that it was asked twice."""

from __future__ import annotations

import datetime as dt

from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_one

_LONGEST = 200
_KEPT = dt.timedelta(days=1)


def attempt(client_id: int, value: str) -> int:
    """Count another attempt of a client with a value; the how-manieth it is."""
    row = fetch_one(
        "INSERT INTO test_attempt AS t (client_id, value, attempts, last_at) VALUES (:client, :value, 1, :now)"
        " ON CONFLICT (client_id, value) DO UPDATE SET attempts = t.attempts + 1, last_at = :now RETURNING attempts",
        {"client": client_id, "value": value[:_LONGEST], "now": clock.now()},
    )
    assert row is not None
    return int(row.attempts)


def clear_attempts(limit: int) -> int:
    """Forget attempts of yesterday, at most `limit`; how many there were."""
    return execute(
        "DELETE FROM test_attempt WHERE (client_id, value) IN"
        " (SELECT client_id, value FROM test_attempt WHERE last_at < :before LIMIT :limit)",
        {"before": clock.now() - _KEPT, "limit": limit},
    )
