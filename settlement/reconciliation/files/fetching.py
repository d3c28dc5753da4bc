"""A partner's bucket from which its files are fetched: which, how often, and what was taken from it, each file once.

The period of a file is written in its name (`stores/2026-11.csv.gz`, `2026-W47/all.ndjson`); one without is left.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from coalition import purchases
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.ports import BucketObject, StoredFile
from settlement.reconciliation.files.run import Reconciliation, open_run

_PERIOD = re.compile(r"(?<!\d)(\d{4}-(?:\d{2}-\d{2}|\d{2}|Q[1-4]|W\d{2}))(?!\d)")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_EVERY_MAX_S = 31_536_000
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a partner's files are fetched from, every `every_s` seconds; tables are read by `mapping`."""

    id: int
    program_id: int
    partner_id: int
    bucket: str
    prefix: str
    mapping: str | None
    every_s: int
    last_run_at: dt.datetime | None
    last_error: str | None


_COLUMNS = ", ".join(field.name for field in fields(Feed))


def define_feed(
    program_id: int, partner_id: int, bucket: str, prefix: str, *, mapping: str | None, every_s: int
) -> Feed:
    """Fetch a partner's files from here; the same place again changes how often and how. Raises Invalid."""
    problems = []
    if not _BUCKET.fullmatch(bucket):
        problems.append(FieldError("/bucket", "invalid", "Write the bucket's name."))
    if not 1 <= every_s <= _EVERY_MAX_S:
        problems.append(FieldError("/every_s", "invalid", "Fetch every second to every year."))
    if problems:
        raise Invalid("invalid", "Nothing can be fetched so.", problems)
    if mapping:
        purchases.mapping_by_name(partner_id, mapping)
    row = fetch_one(
        f"""INSERT INTO reconciliation_feed (program_id, partner_id, bucket, prefix, mapping, every_s)
            VALUES (:program, :partner, :bucket, :prefix, :mapping, :every_s)
            ON CONFLICT (partner_id, bucket, prefix)
            DO UPDATE SET mapping = excluded.mapping, every_s = excluded.every_s, next_run_at = now()
            RETURNING {_COLUMNS}""",
        {
            "program": program_id,
            "partner": partner_id,
            "bucket": bucket,
            "prefix": prefix,
            "mapping": mapping,
            "every_s": every_s,
        },
    )
    assert row is not None
    audit.record("reconciliation_feed.define", f"reconciliation_feed:{row.id}", partner_id=partner_id, bucket=bucket)
    return Feed(**row._mapping)


def feeds(program_id: int) -> list[Feed]:
    """From where a program's partners are fetched, by partner; at most 1,000."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM reconciliation_feed WHERE program_id = :program ORDER BY partner_id, id LIMIT {_MOST}",
        {"program": program_id},
    )
    return [Feed(**row._mapping) for row in rows]


def claim_feed() -> Feed | None:
    """What is to be fetched now, if anything; it will be due again after its interval, whatever happens."""
    row = fetch_one(
        "UPDATE reconciliation_feed SET last_run_at = now(), next_run_at = now() + make_interval(secs => every_s)"
        " WHERE id = (SELECT id FROM reconciliation_feed WHERE next_run_at <= now() ORDER BY next_run_at, id LIMIT 1"
        f" FOR UPDATE SKIP LOCKED) RETURNING {_COLUMNS}"
    )
    return Feed(**row._mapping) if row else None


def note_fetch(feed_id: int, error: str | None) -> None:
    """Keep why fetching failed, or that it did not."""
    change = {"id": feed_id, "error": error and error[:500]}
    execute("UPDATE reconciliation_feed SET last_error = :error WHERE id = :id", change)


def not_fetched(feed_id: int, objects: Sequence[BucketObject]) -> list[BucketObject]:
    """Those of the listed objects that name a period and were not taken yet."""
    rows = fetch_all(
        "SELECT key, etag FROM reconciliation_fetched WHERE feed_id = :id AND key = ANY(:keys)",
        {"id": feed_id, "keys": [one.key for one in objects]},
    )
    taken = {(row.key, row.etag) for row in rows}
    return [one for one in objects if (one.key, one.etag) not in taken and period_in(one.key)]


def take_fetched(feed: Feed, one: BucketObject, stored: StoredFile) -> Reconciliation | None:
    """A reconciliation of a file that was copied into our store; None if it was taken meanwhile. Locks the feed."""
    execute("SELECT FROM reconciliation_feed WHERE id = :id FOR UPDATE", {"id": feed.id})
    if not not_fetched(feed.id, [one]):
        return None
    chosen = purchases.mapping_by_name(feed.partner_id, feed.mapping).id if feed.mapping else None
    period = period_in(one.key)
    assert period is not None
    opened = open_run(feed.program_id, feed.partner_id, period, stored, mapping_id=chosen, file_name=one.key)
    execute(
        "INSERT INTO reconciliation_fetched (feed_id, key, etag, reconciliation_id) VALUES (:feed, :key, :etag, :run)",
        {"feed": feed.id, "key": one.key, "etag": one.etag, "run": opened.id},
    )
    return opened


def period_in(key: str) -> str | None:
    """The period that a file's name says, the last one in it."""
    found = _PERIOD.findall(key)
    return str(found[-1]) if found else None
