"""A feed run from its request to its verdict: what the record says at every step.

A run is `waiting` until a job takes it, `running` until its verdict, and never changes after that. All functions
belong inside the door's transaction; the file itself is read outside of any.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from catalog.ports import Validators
from catalog.suppliers import directory
from catalog.suppliers.feeds import NEWS, Feed, get_feed
from coalition.kernel import audit, clock, jobs, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

_FINAL = ("applied", "held", "unchanged", "previewed", "refused")
_COUNTS = (
    "rows_read",
    "rows_ok",
    "rows_quarantined",
    "rows_new",
    "rows_changed",
    "rows_missing",
    "rows_jumped",
    "stock_total",
)
_GOOD = ("applied", "held", "unchanged")
_NO_FAULT = ("held_already", "run_superseded")  # refused, but not for anything that is wrong with the file


@dataclass(frozen=True, slots=True)
class FeedRun:
    """One attempt to make a file the catalog. `issues` counts rows by code; `reason_code` is set if refused or held.

    While it is running, `rows_read` and `bytes_read` say how far it has come. `holds` are the parts that wait for a
    person's `decision`; `waived` the guards that a person has lifted for this run, which repeats the one `of_run_id`.
    """

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
    rows_jumped: int
    stock_total: int | None
    bytes_read: int
    issues: dict[str, int]
    reason_code: str | None
    reason: str | None
    snapshot_at: dt.datetime | None
    source_at: dt.datetime | None
    holds: Sequence[str]
    waived: Sequence[str]
    of_run_id: int | None
    decision: str | None
    decided_by: str | None
    decided_at: dt.datetime | None
    decision_reason: str | None
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


_RUN = "SELECT " + ", ".join(field.name for field in fields(FeedRun)) + " FROM feed_run"


def open_run(
    feed_id: int,
    *,
    file_key: str | None = None,
    dry_run: bool = False,
    of_run: FeedRun | None = None,
    waived: Sequence[str] = (),
) -> FeedRun:
    """A waiting run over an uploaded file in the file store, over whatever the feed's address will give, or once more
    over the file of an earlier run, with the guards in `waived` lifted and its stock as old as it was.

    Raises Conflict `partner_suspended` for a file that was not there before.
    """
    if of_run is None:
        directory.let_send(get_feed(feed_id).supplier_id)
    row = fetch_one(
        "INSERT INTO feed_run (feed_id, file_key, dry_run, of_run_id, waived, source_at) VALUES (:feed_id, :file_key,"
        " :dry_run, :of_run, CAST(:waived AS text[]), :source_at) RETURNING id",
        {
            "feed_id": feed_id,
            "file_key": of_run.file_key if of_run else file_key,
            "dry_run": dry_run,
            "of_run": of_run and of_run.id,
            "waived": list(waived),
            "source_at": of_run and of_run.snapshot_at,
        },
    )
    assert row is not None
    return run(row.id)


def request_run(
    feed_id: int,
    *,
    file_key: str | None = None,
    dry_run: bool = False,
    of_run: FeedRun | None = None,
    waived: Sequence[str] = (),
) -> FeedRun:
    """Open a run and, in the same transaction, the job that will carry it out."""
    opened = open_run(feed_id, file_key=file_key, dry_run=dry_run, of_run=of_run, waived=waived)
    jobs.enqueue("feeds.run", {"run_id": opened.id}, key=str(opened.id))
    return opened


def run(run_id: int, *, feed_id: int | None = None) -> FeedRun:
    """The run, if `feed_id` is given only if it is that feed's. Raises NotFound."""
    row = fetch_one(f"{_RUN} WHERE id = :id", {"id": run_id})
    if row is None or feed_id not in (None, row.feed_id):
        raise NotFound()
    return FeedRun(**row._mapping)


def runs(feed_id: int, *, before: int | None = None, limit: int = 50) -> Sequence[FeedRun]:
    """A feed's runs, the latest first, behind the run `before`."""
    rows = fetch_all(
        f"{_RUN} WHERE feed_id = :feed AND (CAST(:before AS bigint) IS NULL OR id < :before)"
        " ORDER BY id DESC LIMIT :limit",
        {"feed": feed_id, "before": before, "limit": limit},
    )
    return [FeedRun(**row._mapping) for row in rows]


def undecided(supplier_ids: Sequence[int], limit: int = 200) -> Sequence[FeedRun]:
    """The held runs of suppliers' feeds that wait for a person, the oldest first."""
    rows = fetch_all(
        f"{_RUN} WHERE state = 'held' AND decision IS NULL"
        " AND feed_id IN (SELECT id FROM feed WHERE supplier_id = ANY(:suppliers)) ORDER BY id LIMIT :limit",
        {"suppliers": list(supplier_ids), "limit": limit},
    )
    return [FeedRun(**row._mapping) for row in rows]


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
        _clear(run_id)
    return found


def archive(run_id: int, file_key: str, sha256: str, size_bytes: int) -> bool:
    """Note where the raw file lies. True if its bytes are those of the feed's last good run."""
    found = fetch_one(
        "UPDATE feed_run n SET file_key = :key, sha256 = :sha256, size_bytes = :size FROM feed f"
        " LEFT JOIN feed_run g ON g.id = f.last_good_run_id"
        " WHERE n.id = :id AND f.id = n.feed_id RETURNING g.sha256 = :sha256"
        f" AND (f.mapped_at IS NULL OR g.started_at > f.mapped_at) AND NOT {NEWS} AS same",
        {"id": run_id, "key": file_key, "sha256": sha256, "size": size_bytes},
    )
    return bool(found and found.same)


def held_already(run_id: int) -> bool:
    """Whether a run brings, by itself, the very file of which everything was held and nobody has approved it."""
    found = fetch_one(
        "SELECT EXISTS (SELECT FROM feed_run h WHERE h.feed_id = n.feed_id AND h.state = 'held'"
        " AND 'all' = ANY(h.holds) AND h.decision IS DISTINCT FROM 'approved' AND h.sha256 = n.sha256"
        " AND h.id < n.id) AS held"
        " FROM feed_run n WHERE n.id = :id AND n.of_run_id IS NULL AND NOT n.dry_run",
        {"id": run_id},
    )
    return bool(found and found.held)


def fetched(run_id: int, validators: Validators, modified_at: dt.datetime | None) -> None:
    """Note what the place said of the file that came from it."""
    execute(
        "UPDATE feed_run SET etag = :etag, modified = :modified, source_at = :at WHERE id = :id",
        {"id": run_id, "etag": validators.etag, "modified": validators.modified, "at": modified_at},
    )


def progressed(run_id: int, rows: int, size_bytes: int) -> None:
    """Say how far the reading of the file has come."""
    execute(
        "UPDATE feed_run SET rows_read = :rows, bytes_read = :bytes WHERE id = :id",
        {"id": run_id, "rows": rows, "bytes": size_bytes},
    )


def dated(run_id: int, feed: Feed, written_at: str | None) -> dt.datetime:
    """Set when the file's stock was counted, at most now: the file's own date (in the feed's zone if it names none),
    or else when its place says it was written. A file that is read once more is as old as it was."""
    now, of = clock.now(), run(run_id)
    told = None if of.of_run_id else _instant(written_at, feed.zone)
    snapshot_at = min(told or of.source_at or now, now)
    execute("UPDATE feed_run SET snapshot_at = :at WHERE id = :id", {"id": run_id, "at": snapshot_at})
    return snapshot_at


def count(run_id: int, found: Any, by_code: dict[str, int]) -> None:
    """Write down what was found in the file: the numbers of a comparison, and the rows by code."""
    assignments = ", ".join(f"{name} = :{name}" for name in _COUNTS)
    numbers = {name: value for name, value in asdict(found).items() if name in _COUNTS}
    params: dict[str, Any] = {**numbers, "id": run_id, "issues": json.dumps(by_code)}
    execute(f"UPDATE feed_run SET {assignments}, issues = CAST(:issues AS jsonb) WHERE id = :id", params)


def close(
    run_id: int,
    state: str,
    reason_code: str | None = None,
    reason: str | None = None,
    holds: Sequence[str] = (),
) -> FeedRun:
    """Give the run its verdict, once; its feed remembers it. News of a bad one is published."""
    closed = execute(
        "UPDATE feed_run SET state = :state, reason_code = :code, reason = left(:reason, 500), finished_at = now(),"
        " holds = CAST(:holds AS text[]) WHERE id = :id AND state IN ('waiting', 'running')",
        {"id": run_id, "state": state, "code": reason_code, "reason": reason, "holds": list(holds)},
    )
    _clear(run_id)
    found = run(run_id)
    if closed and not found.dry_run:
        _remember(found)
    return found


def _clear(run_id: int) -> None:
    for table in ("feed_stage", "feed_row"):
        execute(f"DELETE FROM {table} WHERE run_id = :id", {"id": run_id})


def _remember(done: FeedRun) -> None:
    """What a feed's next runs need to know of this one."""
    if done.state in _GOOD and "all" not in done.holds:
        execute(
            "UPDATE feed f SET failures = 0, last_error = NULL, good_at = now(), freshness = 'fresh',"
            " etag = CASE WHEN r.state = 'unchanged' THEN coalesce(r.etag, f.etag) ELSE r.etag END,"
            " modified = CASE WHEN r.state = 'unchanged' THEN coalesce(r.modified, f.modified) ELSE r.modified END,"
            " last_good_run_id = CASE WHEN r.state = 'unchanged' THEN last_good_run_id"
            "   ELSE r.id END, to_publish_since = coalesce(to_publish_since, now()),"
            " stock_at = CASE WHEN 'stock' = ANY(r.holds) THEN stock_at ELSE greatest(stock_at, r.snapshot_at) END"
            " FROM feed_run r WHERE r.id = :id AND f.id = r.feed_id",
            {"id": done.id},
        )
    elif done.state == "refused" and done.reason_code not in _NO_FAULT:
        _note_failure(done)
    if done.state in ("held", "refused") and done.reason_code not in _NO_FAULT:
        payload = {"run": done.id, "feed": done.feed_id, "state": done.state, "code": done.reason_code}
        outbox.publish("feed.needs_approval", payload, key=f"feed:{done.feed_id}")


def _note_failure(done: FeedRun) -> None:
    """Count it; after too many in a row the feed is no longer fetched."""
    row = fetch_one(
        "UPDATE feed SET failures = failures + 1, last_error = :why, state = CASE WHEN failures + 1 >= disable_after"
        " AND every_s IS NOT NULL THEN 'disabled' ELSE state END WHERE id = :feed"
        " RETURNING state = 'disabled' AND failures = disable_after AS disabled",
        {"feed": done.feed_id, "why": f"{done.reason_code}: {done.reason}"[:500]},
    )
    if row is not None and row.disabled:
        audit.record("feed.disable", f"feed:{done.feed_id}", why=done.reason_code)
        outbox.publish("feed.disabled", {"feed": done.feed_id, "code": done.reason_code}, key=f"feed:{done.feed_id}")


def _instant(text: str | None, zone: str) -> dt.datetime | None:
    """ISO 8601, or as RSS has it (RFC 822); None for anything else."""
    try:
        found = dt.datetime.fromisoformat((text or "").strip())
    except ValueError:
        try:
            found = parsedate_to_datetime(text or "")
        except ValueError:
            return None
    if not 2000 <= found.year < 2100:
        return None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
