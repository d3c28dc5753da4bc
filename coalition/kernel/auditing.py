"""Reading the trail as a whole: who did what to what, and when; by any of these, the latest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import fetch_all
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_BROWSE = """
    SELECT id, at, actor, host(ip) AS ip, request_id, action, subject, details FROM audit
     WHERE (CAST(:before AS bigint) IS NULL OR id < :before)
       AND (CAST(:actor AS text) IS NULL OR actor = :actor)
       AND (CAST(:action AS text) IS NULL OR action LIKE :action)
       AND (CAST(:subject AS text) IS NULL OR subject = :subject)
       AND (CAST(:since AS timestamptz) IS NULL OR at >= :since)
       AND (CAST(:until AS timestamptz) IS NULL OR at < :until)
     ORDER BY id DESC LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class Footprint:
    """One row of the trail, with the network address and the request that it came with."""

    id: int
    at: dt.datetime
    actor: str
    ip: str | None
    request_id: str | None
    action: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; None for any. `action` may be the beginning of one, `until` is the first instant after."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def browse(wanted: Wanted, cursor: str | None, limit: int) -> Page[Footprint]:
    """The rows that fit, the latest first."""
    (before,) = decode_cursor(cursor, int) or (None,)
    begins = wanted.action and wanted.action.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    rows = fetch_all(
        _BROWSE,
        {
            "before": before,
            "actor": wanted.actor,
            "action": begins or None,
            "subject": wanted.subject,
            "since": wanted.since,
            "until": wanted.until,
            "limit": limit + 1,
        },
    )
    found = [Footprint(**row._mapping) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].id) if len(rows) > limit else None)
