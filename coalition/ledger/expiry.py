"""The sweeps that time asks for. A job calls them chunk by chunk, one transaction each, until they return 0.

Nothing depends on them being punctual: expired points cannot be spent, and a hold past its time not captured, before.
"""

from __future__ import annotations

import datetime as dt

from coalition.kernel import crash
from coalition.kernel.db import raw

_IDLE = """
    SELECT account_id, idle_at <= now() FROM wallet
     WHERE program_id = %(program)s AND currency_id = %(currency)s AND idle_at IS NOT NULL
     ORDER BY account_id FOR NO KEY UPDATE"""
_STAY = "UPDATE wallet SET idle_at = NULL, version = version + 1 WHERE account_id = ANY(%s) AND idle_at IS NOT NULL"


def expire(as_of: dt.datetime, limit: int) -> int:
    """Book the expiry of lots whose last usable day is over by `as_of`; the lots of one chunk (about `limit`) expired.

    Booked on the last usable day, at its last instant. A wallet that another transaction holds is left for the next
    chunk. An `as_of` in the future takes points that are still good: the caller answers for it.
    """
    ended = _count("SELECT ledger_expire(%s, %s)", (as_of, limit))
    return ended or _count("SELECT ledger_expire_idle(%s, %s)", (as_of, limit))


def wind_down(program_id: int, as_of: dt.datetime, limit: int) -> int:
    """Let every lot of a program that is over end, at `as_of` at the latest; the lots of one chunk (about `limit`).

    Pending and restricted ones, too. What open holds pin is left until they are closed.
    """
    return _count("SELECT ledger_wind_down(%s, %s, %s)", (program_id, as_of, limit))


def forget_idleness(program_id: int, currency_id: int) -> None:
    """Let points of a currency end by idleness no longer: what has ended by now is booked, the rest stays.

    Locks every wallet of the currency that idleness would end, in the order of their ids.
    """
    params = {"program": program_id, "currency": currency_id}
    idle = raw().execute(_IDLE, params).fetchall()
    over = [account_id for account_id, is_over in idle if is_over]
    if over:
        raw().execute("SELECT ledger_end(%s, now(), false)", (over,))
    raw().execute(_STAY, ([account_id for account_id, _ in idle],))


def expire_holds(limit: int) -> int:
    """Put back the points of at most `limit` holds whose time is over; how many there were."""
    return _count("SELECT ledger_expire_holds(%s)", (limit,))


def _count(sql: str, params: tuple[object, ...]) -> int:
    row = raw().execute(sql.encode(), params).fetchone()
    crash.point("after_lock")
    return int(row[0]) if row else 0
