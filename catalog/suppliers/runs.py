"""A feed run from its request to its verdict: what the record says at every step.

A run is `waiting` until a job takes it, `running` until its verdict, and never changes after that. All functions
belong inside the door's transaction; the file itself is read outside of any.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from catalog.suppliers.directory import Feed
from coalition.kernel import clock, jobs, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

_FINAL = ("applied", "held", "unchanged", "previewed", "refused")
_COUNTS = "rows_read, rows_ok, rows_quarantined, rows_new, rows_changed, rows_missing"


@dataclass(frozen=True, slots=True)
class FeedRun:
    """One attempt to make a file the catalog. `issues` counts rows by code; `reason_code` is set if refused or held."""

    id: int
    feed_id: int
    state: str
    dry_run: bool
    file_key: str | None
    sha256: str | None
    size_bytes: int | None
    rows_read: int
    rows_ok: int
    rows_quarantined: int
    rows_new: int
    rows_changed: int
    rows_missing: int
    issues: dict[str, int]
    reason_code: str | None
    reason: str | None
    snapshot_at: dt.datetime | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None

    @property
    def finished(self) -> bool:
        """Whether the verdict is there."""
        return self.state in _FINAL


@dataclass(frozen=True, slots=True)
class RowIssue:
    """What is wrong with one row: the offer's number in the file, a code, and the field with its value."""

    line_no: int
    code: str
    severity: str
    sku: str | None
    field: str
    value: str | None


def open_run(feed_id: int, *, file_key: str | None = None, dry_run: bool = False) -> FeedRun:
    """A waiting run over an uploaded file in the file store, or over whatever the feed's address will give."""
    row = fetch_one(
        "INSERT INTO feed_run (feed_id, file_key, dry_run) VALUES (:feed_id, :file_key, :dry_run) RETURNING id",
        {"feed_id": feed_id, "file_key": file_key, "dry_run": dry_run},
    )
    assert row is not None
    return run(row.id)


def request_run(feed_id: int, *, file_key: str | None = None, dry_run: bool = False) -> FeedRun:
    """Open a run and, in the same transaction, the job that will carry it out."""
    opened = open_run(feed_id, file_key=file_key, dry_run=dry_run)
    jobs.enqueue("feeds.run", {"run_id": opened.id}, key=str(opened.id))
    return opened


def run(run_id: int, *, feed_id: int | None = None) -> FeedRun:
    """The run, if `feed_id` is given only if it is that feed's. Raises NotFound."""
    row = fetch_one(
        f"SELECT id, feed_id, state, dry_run, file_key, sha256, size_bytes, {_COUNTS}, issues, reason_code, reason,"
        " snapshot_at, created_at, started_at, finished_at FROM feed_run WHERE id = :id",
        {"id": run_id},
    )
    if row is None or feed_id not in (None, row.feed_id):
        raise NotFound()
    return FeedRun(**row._mapping)


def issues(run_id: int, limit: int = 200) -> Sequence[RowIssue]:
    """The run's first row issues in the file's order."""
    rows = fetch_all(
        "SELECT line_no, code, severity, sku, field, value FROM feed_row_issue WHERE run_id = :run_id"
        " ORDER BY line_no, code LIMIT :limit",
        {"run_id": run_id, "limit": limit},
    )
    return [RowIssue(**row._mapping) for row in rows]


def start(run_id: int) -> FeedRun:
    """Take a run into work, forgetting what an interrupted attempt had staged. A finished run is only returned."""
    execute(
        "UPDATE feed_run SET state = 'running', started_at = coalesce(started_at, now())"
        " WHERE id = :id AND state IN ('waiting', 'running')",
        {"id": run_id},
    )
    found = run(run_id)
    if not found.finished:
        execute("DELETE FROM feed_stage WHERE run_id = :id", {"id": run_id})
    return found


def archive(run_id: int, file_key: str, sha256: str, size_bytes: int) -> bool:
    """Note where the raw file lies. True if its bytes are those of the feed's last good run."""
    found = fetch_one(
        "UPDATE feed_run n SET file_key = :key, sha256 = :sha256, size_bytes = :size FROM feed f"
        " LEFT JOIN feed_run g ON g.id = f.last_good_run_id"
        " WHERE n.id = :id AND f.id = n.feed_id RETURNING g.sha256 = :sha256 AS same",
        {"id": run_id, "key": file_key, "sha256": sha256, "size": size_bytes},
    )
    return bool(found and found.same)


def dated(run_id: int, feed: Feed, written_at: str | None) -> dt.datetime:
    """Set when the file's stock was counted: the file's own date (in the feed's zone if it names none), at most now."""
    snapshot_at = min(_instant(written_at, feed.zone) or clock.now(), clock.now())
    execute("UPDATE feed_run SET snapshot_at = :at WHERE id = :id", {"id": run_id, "at": snapshot_at})
    return snapshot_at


def count(run_id: int, counts: dict[str, int], by_code: dict[str, int]) -> None:
    """Write down what was found in the file."""
    assignments = ", ".join(f"{name} = :{name}" for name in counts)
    params: dict[str, Any] = {**counts, "id": run_id, "issues": json.dumps(by_code)}
    execute(f"UPDATE feed_run SET {assignments}, issues = CAST(:issues AS jsonb) WHERE id = :id", params)


def close(run_id: int, state: str, reason_code: str | None = None, reason: str | None = None) -> FeedRun:
    """Give the run its verdict, once; a good one becomes the feed's last good run. News of a bad one is published."""
    closed = execute(
        "UPDATE feed_run SET state = :state, reason_code = :code, reason = left(:reason, 500), finished_at = now()"
        " WHERE id = :id AND state IN ('waiting', 'running')",
        {"id": run_id, "state": state, "code": reason_code, "reason": reason},
    )
    execute("DELETE FROM feed_stage WHERE run_id = :id", {"id": run_id})
    found = run(run_id)
    if closed and state in ("applied", "held"):
        execute("UPDATE feed SET last_good_run_id = :id WHERE id = :feed_id", {"id": run_id, "feed_id": found.feed_id})
    if closed and state in ("held", "refused"):
        payload = {"run": run_id, "feed": found.feed_id, "state": state, "code": reason_code}
        outbox.publish("feed.needs_approval", payload, key=f"feed:{found.feed_id}")
    return found


def as_counts(comparison: Any) -> dict[str, int]:
    """The numbers of a comparison that a run keeps."""
    names = _COUNTS.split(", ")
    return {name: value for name, value in asdict(comparison).items() if name in names}


def _instant(text: str | None, zone: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    if not 2000 <= found.year < 2100:
        return None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
