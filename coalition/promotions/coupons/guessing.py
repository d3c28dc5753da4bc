"""A brake on guessing codes: who names too many that nobody knows has to wait before any of its codes is looked up.

Counted by client of the API and minute, in the transaction that looked the codes up. Files and jobs are not counted:
what an offline till has collected comes in bulk, and nobody gets an answer code by code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from coalition.kernel.db import raw

MISSES_MOST = 60
WINDOW_S = 600
MISSED = frozenset({"coupon_unknown", "coupon_mistyped"})
_CLIENT = "client:"
_COUNT = """
    INSERT INTO coupon_miss AS m (client, minute, misses) VALUES (%s, date_trunc('minute', now()), %s)
    ON CONFLICT (client, minute) DO UPDATE SET misses = m.misses + excluded.misses"""
_FORGET = "DELETE FROM coupon_miss WHERE client = %s AND minute < now() - make_interval(secs => %s)"
_WAIT = """
    SELECT sum(misses), extract(epoch FROM min(minute) + make_interval(secs => %s) - now()) FROM coupon_miss
     WHERE client = %s AND minute > now() - make_interval(secs => %s)"""


def wait_s(actor: str) -> int:
    """For how many seconds a client's codes are not looked up; 0 if they are."""
    if not actor.startswith(_CLIENT):
        return 0
    row = raw().execute(_WAIT, (WINDOW_S, actor, WINDOW_S)).fetchone()
    return max(math.ceil(row[1]), 1) if row is not None and (row[0] or 0) >= MISSES_MOST else 0


def note_misses(actor: str, refusals: Iterable[str | None]) -> None:
    """Count the codes that a client has named and nobody knows."""
    misses = sum(one in MISSED for one in refusals)
    if misses and actor.startswith(_CLIENT):
        raw().execute(_COUNT, (actor, misses))
        raw().execute(_FORGET, (actor, WINDOW_S))
