"""The members whom a partner has enrolled: its own list and their number, nobody else's."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from coalition.kernel.db import fetch_all
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.members.searching import FOUND, Found, as_found

_PATTERNS = {"day": "YYYY-MM-DD", "month": "YYYY-MM"}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Which of a partner's members: with this number of its own, of this state, enrolled in a stretch of time."""

    partner_id: int
    external_id: str = ""
    state: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def enrolled(sought: Enrolled, cursor: str | None, limit: int) -> Page[Found]:
    """Members that a partner has enrolled, the latest first. Raises Invalid for a cursor that is not ours."""
    (before,) = decode_cursor(cursor, int) or (2**63 - 1,)
    rows = fetch_all(
        f"{FOUND} WHERE m.enrolled_by = :partner AND m.id < :before"
        " AND (:external_id = '' OR m.external_id = :external_id)"
        " AND (:state = '' OR m.state = :state)"
        " AND (CAST(:since AS timestamptz) IS NULL OR m.enrolled_at >= :since)"
        " AND (CAST(:until AS timestamptz) IS NULL OR m.enrolled_at < :until)"
        " ORDER BY m.id DESC LIMIT :limit",
        {
            "partner": sought.partner_id,
            "before": before,
            "external_id": sought.external_id,
            "state": sought.state,
            "since": sought.since,
            "until": sought.until,
            "limit": limit + 1,
        },
    )
    found = [as_found(row) for row in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1].member.id) if len(found) > limit else None)


def enrolments(
    partner_id: int, zone: str, since: dt.datetime, until: dt.datetime, by: Literal["day", "month"]
) -> Counter[str]:
    """How many members a partner enrolled from `since` until before `until`, by the local day (2026-11-20) of `zone`
    or by its month (2026-11)."""
    rows = fetch_all(
        "SELECT to_char(enrolled_at AT TIME ZONE :zone, :pattern) AS part, count(*) AS many FROM member"
        " WHERE enrolled_by = :partner AND enrolled_at >= :since AND enrolled_at < :until GROUP BY 1",
        {"partner": partner_id, "zone": zone, "since": since, "until": until, "pattern": _PATTERNS[by]},
    )
    return Counter({row.part: row.many for row in rows})
