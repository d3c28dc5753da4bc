"""When a delivery is tried again, and when nobody tries any longer. Pure; all in seconds or instants of UTC.

The pauses grow from five seconds to eight hours and differ by up to a tenth, so that a thousand deliveries that failed
together do not come back together. The last attempt falls on the end of three days.
"""

from __future__ import annotations

import datetime as dt

PATIENCE = dt.timedelta(days=3)
_PAUSES_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800)
_SPREAD = 10
_LONGEST_ASKED_S = 3_600
_FREE_FAILURES = 5  # in a row, before an endpoint is left in peace for a while
_FIRST_REST_S = 10
_LONGEST_REST_S = 600


def next_attempt(
    attempts: int, now: dt.datetime, give_up_at: dt.datetime, seed: int, asked_s: int | None = None
) -> dt.datetime | None:
    """When to try again after `attempts` failures; None once the end of patience is reached.

    `seed` spreads; `asked_s` is what the receiver's Retry-After asks for, followed up to an hour.
    """
    if now >= give_up_at:
        return None
    pause_s = _PAUSES_S[min(attempts, len(_PAUSES_S)) - 1]
    spread_s = pause_s * (seed % (_SPREAD + 1)) / 100
    wait_s = max(pause_s + spread_s, min(asked_s or 0, _LONGEST_ASKED_S))
    return min(now + dt.timedelta(seconds=wait_s), give_up_at)


def rest_until(failures: int, now: dt.datetime) -> dt.datetime | None:
    """Until when an endpoint is left in peace after so many failures in a row; None: it is not."""
    if failures < _FREE_FAILURES:
        return None
    rest_s = min(_FIRST_REST_S * 2 ** min(failures - _FREE_FAILURES, 10), _LONGEST_REST_S)
    return now + dt.timedelta(seconds=rest_s)


def probing(failures: int) -> bool:
    """Whether an endpoint has failed so often that one delivery at a time is tried."""
    return failures >= _FREE_FAILURES
