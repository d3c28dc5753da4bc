"""The views of the schema `reporting`, and one day of one of them as a gzipped CSV file.

What happens (purchases, movements, orders) is extracted by the UTC day on which it was recorded; what there is
(partners, members, lots) whole, as it stands. The same day again makes the same file under the same key.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from psycopg import sql

from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, raw
from coalition.kernel.errors import NotFound

_LASTS = dt.timedelta(days=90)
_BEHIND = 7  # days that are made up for after a pause
_SETTLES = dt.timedelta(hours=1)  # after midnight: what was recorded before it is committed by then


@dataclass(frozen=True, slots=True)
class View:
    """A view: what its rows mean, its columns in order, and whether they have a day."""

    name: str
    meaning: str
    columns: tuple[str, ...]
    daily: bool


def views() -> Sequence[View]:
    """Every view of the schema, by name."""
    rows = fetch_all(
        "SELECT c.relname AS name, obj_description(c.oid) AS meaning,"
        " array_agg(a.attname::text ORDER BY a.attnum) AS columns FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'reporting'"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relkind = 'v' GROUP BY c.oid ORDER BY 1"
    )
    return [View(row.name, row.meaning or "", tuple(row.columns), "recorded_at" in row.columns) for row in rows]


def extract(name: str, day: dt.date, target: IO[bytes]) -> int:
    """Write one day of a view into `target` as gzipped CSV with its titles; how many rows. NotFound for no such view.

    Its transaction reads and may take long; it holds up nobody. Tried again after a broken connection, it begins the
    file anew.
    """
    found = next((one for one in views() if one.name == name), None)
    if found is None:
        raise NotFound()
    target.seek(0)
    target.truncate()
    with gzip.GzipFile(fileobj=target, mode="wb", mtime=0) as packed, raw().cursor() as cursor:
        with cursor.copy(_copying(found, day)) as copied:
            for chunk in copied:
                packed.write(chunk)
        return cursor.rowcount


def key_of(name: str, day: dt.date) -> str:
    """Where the file of a day is kept."""
    return f"extracts/{day.isoformat()}/{name}.csv.gz"


def days_due() -> list[dt.date]:
    """The days that are over and have no files yet: yesterday at first, and at most a week of them later."""
    last = (clock.now() - _SETTLES).astimezone(dt.UTC).date() - dt.timedelta(days=1)
    rows = fetch_all(
        "SELECT d::date AS day FROM generate_series("
        "   greatest(CAST(:last AS date) - CAST(:behind AS int), (SELECT coalesce(min(day), :last) FROM extract_day)),"
        "   CAST(:last AS date), interval '1 day') d"
        " WHERE NOT EXISTS (SELECT FROM extract_day made WHERE made.day = d::date) ORDER BY 1",
        {"last": last, "behind": _BEHIND - 1},
    )
    return [row.day for row in rows]


def note_day(day: dt.date, rows: Mapping[str, int]) -> None:
    """The files of a day stand, with so many rows a view."""
    execute(
        "INSERT INTO extract_day (day, rows, made_at) VALUES (:day, CAST(:rows AS jsonb), :now)"
        " ON CONFLICT (day) DO UPDATE SET rows = excluded.rows, made_at = excluded.made_at",
        {"day": day, "rows": json.dumps(rows), "now": clock.now()},
    )


def days_over() -> list[dt.date]:
    """The days whose files have stood for three months."""
    before = clock.now() - _LASTS
    return [row.day for row in fetch_all("SELECT day FROM extract_day WHERE made_at < :b ORDER BY 1", {"b": before})]


def forget_day(day: dt.date) -> None:
    """The files of a day are gone."""
    execute("DELETE FROM extract_day WHERE day = :day", {"day": day})


def _copying(view: View, day: dt.date) -> sql.Composed:
    since = dt.datetime.combine(day, dt.time(), dt.UTC)
    until = since + dt.timedelta(days=1)
    rows = sql.SQL("SELECT * FROM reporting.{}").format(sql.Identifier(view.name))
    if view.daily:
        span = sql.SQL(" WHERE recorded_at >= {} AND recorded_at < {}")
        rows = rows + span.format(sql.Literal(since), sql.Literal(until))
    return sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER)").format(rows)
