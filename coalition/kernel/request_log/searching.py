"""Reading the log: the requests of some clients by status, path, id and time, the latest first."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

KEPT_DAYS = 30
_SEARCH = """
    SELECT id, at, client_id, method, path, status, code, pointers, took_ms, request_id, replayed FROM request_log
     WHERE client_id = ANY(:clients) AND (CAST(:before AS bigint) IS NULL OR id < :before)
       AND status BETWEEN :least AND :most
       AND (:path = '' OR strpos(path, :path) > 0) AND (:request_id = '' OR request_id = :request_id)
       AND (CAST(:since AS timestamptz) IS NULL OR at >= :since)
       AND (CAST(:until AS timestamptz) IS NULL OR at < :until)
     ORDER BY id DESC LIMIT :limit"""

_REFUSED = """
    SELECT code, status >= 500 AS failed, count(*) AS times FROM request_log
     WHERE client_id = ANY(:clients) AND at >= :since AND status >= 400 GROUP BY 1, 2"""
_CODES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Refusals:
    """Requests that were not done; `codes` are the most frequent of the refused ones, each with its number."""

    refused: int
    failed: int
    codes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are wanted: from status `least` to `most`, a part of the path, an exact id, a stretch of time."""

    least: int = 0
    most: int = 999
    path: str = ""
    request_id: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A request as it was logged."""

    id: int
    at: dt.datetime
    client_id: int
    method: str
    path: str
    status: int
    code: str | None
    pointers: str
    took_ms: int
    request_id: str
    replayed: bool


def search(client_ids: Collection[int], wanted: Wanted, cursor: str | None = None, limit: int = 50) -> Page[Logged]:
    """A page of what these clients asked, the latest first."""
    position = decode_cursor(cursor, int)
    rows = fetch_all(
        _SEARCH,
        {
            "clients": list(client_ids),
            "before": position[0] if position else None,
            "least": wanted.least,
            "most": wanted.most,
            "path": wanted.path,
            "request_id": wanted.request_id,
            "since": wanted.since,
            "until": wanted.until,
            "limit": limit + 1,
        },
    )
    found = [Logged(**row._mapping) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def refusals(client_ids: Collection[int], since: dt.datetime) -> Refusals:
    """How many requests of these clients were refused (4xx) and failed (5xx) since an instant, and with which codes."""
    rows = fetch_all(_REFUSED, {"clients": list(client_ids), "since": since})
    failed = sum(row.times for row in rows if row.failed)
    codes = Counter({row.code: row.times for row in rows if row.code and not row.failed})
    return Refusals(sum(row.times for row in rows) - failed, failed, tuple(codes.most_common(_CODES_SHOWN)))


def clear_old(limit: int) -> int:
    """Forget requests of more than 30 days ago, at most `limit`; how many there were."""
    return execute(
        "DELETE FROM request_log WHERE id IN (SELECT id FROM request_log WHERE at < :before ORDER BY at LIMIT :limit)",
        {"before": clock.now() - dt.timedelta(days=KEPT_DAYS), "limit": limit},
    )
