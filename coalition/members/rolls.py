"""The roll of a program's members, page by page, for those who look at all of them."""

from __future__ import annotations

import datetime as dt

from coalition.kernel.db import raw

_ROLL = (
    "SELECT id FROM member WHERE program_id = %s AND state = 'active' AND enrolled_at < %s AND id > %s"
    " ORDER BY id LIMIT %s"
)


def roll(program_id: int, before: dt.datetime, after: int, limit: int) -> list[int]:
    """The next active members who were enrolled before an instant, by their numbers behind `after`."""
    return [member_id for (member_id,) in raw().execute(_ROLL, (program_id, before, after, limit)).fetchall()]
