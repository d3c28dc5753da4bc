"""Whose day it is: members with a birthday, or an anniversary of joining, on a day of their program's zone."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import NamedTuple

from coalition.kernel.db import raw

_CELEBRANTS = """
    SELECT id, birthday, CASE WHEN joined THEN %(year)s - extract(year FROM since)::int ELSE 0 END
      FROM (SELECT m.id, m.enrolled_at AT TIME ZONE %(zone)s AS since,
                   coalesce(to_char(p.birth_date, 'MM-DD') = ANY(%(days)s), false) AS birthday,
                   to_char(m.enrolled_at AT TIME ZONE %(zone)s, 'MM-DD') = ANY(%(days)s) AS joined
              FROM member m LEFT JOIN profile p ON p.member_id = m.id
             WHERE m.program_id = %(program)s AND m.state = 'active' AND m.id > %(after)s) x
     WHERE since::date <= %(day)s AND (birthday OR joined AND since::date < %(day)s)
     ORDER BY id LIMIT %(limit)s"""


class Celebrant(NamedTuple):
    """A member whose day it is: its birthday, or `years` (0: none) since it joined, or both."""

    member_id: int
    birthday: bool
    years: int


def celebrants(program_id: int, zone: str, day: dt.date, after: int, limit: int) -> list[Celebrant]:
    """Active members who had come by that day and whose day it is, by id, from above `after` on, at most `limit`.

    Who was born on 29 February has its day on the 28th of other years. Reads all members of the program.
    """
    days = [f"{day:%m-%d}"]
    if days == ["02-28"] and not calendar.isleap(day.year):
        days.append("02-29")
    params = {"program": program_id, "zone": zone, "day": day, "year": day.year, "days": days}
    return [Celebrant(*row) for row in raw().execute(_CELEBRANTS, {**params, "after": after, "limit": limit})]
