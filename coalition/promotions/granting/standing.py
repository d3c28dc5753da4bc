"""The counters of limits as they stood at an instant, for whoever plays what came afterwards once more.

What a counter says today, less what evaluations of later events have used of it and returns of those have not given
back. Keys of members who were merged since count as the survivor's, as the counters do. Rolling ones are told by the
days before. One statement each, which sees one moment; nothing is locked, nothing is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from coalition.kernel.db import raw
from coalition.promotions.engine.periods import PERIODS, called
from coalition.promotions.granting.laws import TODAY

_MINE = "split_part(x.key, '/', 1) = ANY(%(owners)s)"
_STOOD = f"""
    WITH later AS (
      SELECT e.kind, e.of_id, e.used FROM evaluation e
       WHERE e.program_id = %(program)s AND (e.facts ->> 'occurred_at')::timestamptz >= %(at)s),
    since AS (
      SELECT {TODAY} AS key, sum(x.amount) AS used FROM (
        SELECT u.key, u.value::bigint AS amount FROM later CROSS JOIN LATERAL jsonb_each_text(later.used) u
         UNION ALL
        SELECT r.key, -r.amount FROM limit_release r
          JOIN later ON later.kind = 'purchase' AND later.of_id = r.purchase_id) x WHERE {_MINE} GROUP BY 1)
    SELECT x.key, (x.used - coalesce(since.used, 0) - coalesce((
             SELECT sum(l.left_over) FROM limit_lease l
              WHERE l.program_id = x.program_id AND l.key = x.key), 0))::bigint
      FROM limit_counter x LEFT JOIN since ON since.key = x.key
     WHERE x.program_id = %(program)s AND {_MINE}
       AND (substring(x.key from '[^/]+$') = ANY(%(periods)s) OR x.key ~ '/campaign:[^/]+$')"""
_DAYS = f"""
    SELECT x.key, x.day, x.used FROM limit_day x
     WHERE x.program_id = %(program)s AND {_MINE} AND x.day < %(day)s AND x.used > 0"""


Used = dict[str, int]
ByDay = dict[str, dict[dt.date, int]]


def stood(program_id: int, owners: Collection[str], at: dt.datetime, day: dt.date) -> tuple[Used, ByDay]:
    """What counters of these promotions (and campaigns: `campaign:autumn`) had used before an instant, with which `day`
    began: by key, and of rolling ones by key and day of business.

    Of those that count by a period only the period of that day: others begin unused.
    """
    periods = [f"{period}:{called(period, day)}" for period in PERIODS]
    asked = {"program": program_id, "owners": sorted(owners), "at": at, "day": day, "periods": ["life:*", *periods]}
    used = {key: left for key, left in raw().execute(_STOOD.encode(), asked) if left > 0}
    by_day: ByDay = {}
    for key, on, amount in raw().execute(_DAYS.encode(), asked):
        by_day.setdefault(key, {})[on] = amount
    return used, by_day
