"""The counters of limits in the database: read without waiting, used within their limits or not at all, held and set.

Locks: counters in the order of their keys, until the transaction ends. A hot budget's use comes out of leases that
nobody else holds (see the migration 0036): a budget may then seem used up while a lease of it is held by a transaction
that has not ended; never is more used than there is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from coalition.kernel.db import raw

_READ = """
    SELECT c.key, c.used - coalesce((SELECT sum(l.left_over) FROM limit_lease l
                                      WHERE l.program_id = c.program_id AND l.key = c.key), 0)::bigint
      FROM limit_counter c WHERE c.program_id = %s AND c.key = ANY(%s)"""
_USE = "SELECT limit_use(%s, %s, %s, %s, %s)"
_LOCK = "SELECT * FROM limit_lock(%s, %s)"
_DAYS = "SELECT key, day, used FROM limit_day WHERE program_id = %s AND key = ANY(%s) AND day > %s"
_ADD = """
    UPDATE limit_counter c SET used = c.used + x.amount,
                               most = CASE WHEN x.most IS NOT NULL THEN greatest(x.most, c.used + x.amount) END
      FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) x(key, amount, most)
     WHERE c.program_id = %s AND c.key = x.key"""
_HOLD = """
    SELECT key FROM limit_counter WHERE program_id = %s AND key = ANY(%s) ORDER BY key FOR UPDATE"""
_ADD_DAYS = """
    INSERT INTO limit_day AS d (program_id, key, day, used)
    SELECT %s, x.* FROM unnest(%s::text[], %s::date[], %s::bigint[]) x(key, day, used)
        ON CONFLICT (program_id, key, day) DO UPDATE SET used = d.used + excluded.used"""
_RELEASE = """
    WITH held AS MATERIALIZED (
      SELECT c.key, x.amount FROM unnest(%s::text[], %s::bigint[]) x(key, amount)
        JOIN limit_counter c ON c.program_id = %s AND c.key = x.key ORDER BY c.key FOR UPDATE OF c)
    UPDATE limit_counter c SET used = c.used - h.amount FROM held h WHERE c.program_id = %s AND c.key = h.key"""
_RELEASE_DAY = """
    UPDATE limit_day d SET used = d.used - x.amount FROM unnest(%s::text[], %s::bigint[]) x(key, amount)
     WHERE d.program_id = %s AND d.key = x.key AND d.day = %s"""

Used = dict[str, int]


@dataclass(frozen=True, slots=True)
class Ask:
    """A counter that is asked for: its limit, over how many days it rolls (0: not at all), whether it is a budget that
    all members share."""

    most: int
    days: int = 0
    shared: bool = False


@dataclass(slots=True)
class Known:
    """What is known of counters: their use, that of rolling ones day by day."""

    used: Used = field(default_factory=dict)
    by_day: dict[str, dict[dt.date, int]] = field(default_factory=dict)

    def at(self, asked: Mapping[str, Ask], day: dt.date) -> Used:
        """What the counters say on a day. A rolling one counts what was used later, too: it never lets too much by."""
        found = {}
        for key, ask in asked.items():
            if ask.days:
                since = day - dt.timedelta(days=ask.days)
                found[key] = sum(used for on, used in self.by_day.get(key, {}).items() if on > since)
            else:
                found[key] = self.used.get(key, 0)
        return {key: used for key, used in found.items() if used}

    def add(self, asked: Mapping[str, Ask], used: Mapping[str, int], day: dt.date) -> None:
        """Count what was used on a day."""
        for key, amount in used.items():
            self.used[key] = self.used.get(key, 0) + amount
            if asked[key].days:
                on = self.by_day.setdefault(key, {})
                on[day] = on.get(day, 0) + amount


def read(program_id: int, asked: Mapping[str, Ask]) -> Known:
    """What the counters say now, in one statement (two with rolling ones); nothing is locked."""
    rows = raw().execute(_READ.encode(), (program_id, list(asked))).fetchall() if asked else []
    return Known(dict(rows), _days(program_id, asked))


def use(program_id: int, asked: Mapping[str, Ask], used: Mapping[str, int], known: Mapping[str, int]) -> bool:
    """Take what was used, all of it or nothing: False where a counter has moved too far since it was read."""
    if not used:
        return True
    keys = sorted(used)
    hot = [asked[key].shared and asked[key].most - known.get(key, 0) >= 100 * used[key] for key in keys]
    columns = ([used[key] for key in keys], [asked[key].most for key in keys], hot)
    row = raw().execute(_USE.encode(), (program_id, keys, *columns)).fetchone()
    return bool(row and row[0])


def lock(program_id: int, asked: Mapping[str, Ask]) -> Known:
    """Hold the counters until the transaction ends, leases called in, and read them."""
    rows = raw().execute(_LOCK.encode(), (program_id, sorted(asked))).fetchall()
    return Known(dict(rows), _days(program_id, asked))


def add(
    program_id: int,
    asked: Mapping[str, Ask],
    used: Mapping[str, int],
    by_day: Sequence[tuple[str, dt.date, int]] = (),
) -> None:
    """Count what was used of counters that are held."""
    if used:
        most = [None if asked[key].days else asked[key].most for key in used]
        raw().execute(_ADD.encode(), (list(used), list(used.values()), most, program_id))
    if by_day:
        raw().execute(_ADD_DAYS.encode(), (program_id, *map(list, zip(*by_day, strict=True))))


def hold(program_id: int, keys: Collection[str]) -> set[str]:
    """Hold counters until the transaction ends, in the order of their keys; those that there are."""
    rows = raw().execute(_HOLD.encode(), (program_id, sorted(keys))).fetchall() if keys else ()
    return {key for (key,) in rows}


def release(program_id: int, amounts: Mapping[str, int], day: dt.date) -> None:
    """Give back what was used on a day; locks the counters in the order of their keys."""
    if amounts:
        columns = (list(amounts), list(amounts.values()))
        raw().execute(_RELEASE.encode(), (*columns, program_id, program_id))
        raw().execute(_RELEASE_DAY.encode(), (*columns, program_id, day))


def _days(program_id: int, asked: Mapping[str, Ask]) -> dict[str, dict[dt.date, int]]:
    rolling = [key for key, ask in asked.items() if ask.days]
    found: dict[str, dict[dt.date, int]] = {}
    if rolling:
        for key, day, used in raw().execute(_DAYS.encode(), (program_id, rolling, dt.date(1970, 1, 1))):
            found.setdefault(key, {})[day] = used
    return found
