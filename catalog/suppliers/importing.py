"""Staging a file's rows and turning them into offers, set by set; never more than one chunk of rows in memory.

All functions belong inside the door's transaction. The order is `stage` (many times), `check`, then `apply`, which
does what the verdict allows: on a refusal nothing of the catalog has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from catalog.suppliers import runs
from catalog.suppliers.feeds import COUNTS, Feed
from catalog.suppliers.formats import ENDLESS, RawOffer
from catalog.suppliers.guarding import Comparison, Verdict, judge, judge_counts
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql, raw

_CHUNK = 5_000
_KEPT_PER_CODE = 1_000
_KEPT_ROWS = 10_000
_SAMPLES = 50
_COPY = f"COPY feed_stage (run_id, line_no, {', '.join(RawOffer._fields)}) FROM STDIN"


def chunks(offers: Iterable[RawOffer]) -> Iterator[list[tuple[int, RawOffer]]]:
    """The file's offers with their numbers from 1, in chunks of which each fits into one transaction."""
    numbered = enumerate(offers, 1)
    while chunk := list(islice(numbered, _CHUNK)):
        yield chunk


def stage(run_id: int, chunk: Sequence[tuple[int, RawOffer]]) -> None:
    """Copy one chunk of rows to the staging table, as they stand in the file."""
    with raw().cursor() as cursor, cursor.copy(_COPY) as copy:
        for line_no, offer in chunk:
            copy.write_row((run_id, line_no, *offer))


def check(run_id: int, feed: Feed) -> Verdict:
    """Judge and value every staged row, keep what is wrong with them, compare with the catalog, and judge the run.

    Locks the feed, so that two runs of it are concluded one after the other.
    """
    fetch_one("SELECT id FROM feed WHERE id = :id FOR UPDATE", {"id": feed.id})
    run = runs.run(run_id)
    execute("SET LOCAL work_mem = '64MB'")
    execute("SET LOCAL jit = off")
    execute("ANALYZE feed_stage (run_id, line_no, sku)")
    if feed.scope == COUNTS:
        execute(load_sql(__file__, "counts.sql"), _params(run_id, feed))
    else:
        execute(load_sql(__file__, "rows.sql"), _params(run_id, feed) | _price_limits(feed, run))
    execute("ANALYZE feed_row (run_id, line_no, sku, change, jump)")
    execute(load_sql(__file__, "issues.sql"), {"run_id": run_id, "keep": _KEPT_PER_CODE})
    execute(load_sql(__file__, "quarantine.sql"), {"run_id": run_id, "keep": _KEPT_ROWS})
    execute(load_sql(__file__, "samples.sql"), _params(run_id, feed) | {"keep": _SAMPLES})
    found, by_code = _compare(run, feed), _by_code(run_id)
    runs.count(run_id, found, by_code)
    if feed.scope == COUNTS:
        return judge_counts(found, by_code.get("W06", 0), feed.guards, run.waived)
    return judge(found, feed.guards, run.waived)


def apply(run_id: int, feed: Feed, verdict: Verdict) -> None:
    """Create and update the offers that differ, put aside the prices that jump, and count what is missing as missing;
    nothing on a refusal, and of a held run all but what is held. A feed of counts has no offers to create or miss."""
    if verdict.state == "refused" or "all" in verdict.holds or feed.scope == COUNTS:
        return
    params = _params(run_id, feed)
    execute(load_sql(__file__, "superseded.sql"), params)
    execute(load_sql(__file__, "upsert.sql"), params)
    execute(load_sql(__file__, "jumps.sql"), params)
    run = runs.run(run_id)
    if "removals" in verdict.holds:
        return
    if run.rows_missing:
        execute(load_sql(__file__, "missing.sql"), params | {"approved": "removals" in run.waived})
    else:
        execute(
            "UPDATE offer SET missing_runs = 0, updated_at = now() WHERE supplier_id = :supplier_id"
            " AND feed_id = :feed_id AND state = 'active' AND missing_runs > 0",
            params,
        )


def count_missing_again(feed_id: int) -> int:
    """The same file once more: what it lacks is missing once more; how many offers went off sale or nearer to it."""
    return execute(
        "UPDATE offer SET missing_runs = missing_runs + 1, updated_at = now(),"
        " state = CASE WHEN missing_runs >= 2 THEN 'suspended' ELSE state END"
        " WHERE supplier_id = (SELECT supplier_id FROM feed WHERE id = :feed) AND feed_id = :feed"
        "   AND state = 'active' AND missing_runs > 0",
        {"feed": feed_id},
    )


def archive_missing(after_days: int, limit: int = 10_000) -> int:
    """Archive offers that have been off sale for so long; they are never deleted, and come back if they are fed."""
    return execute(
        "UPDATE offer SET state = 'archived', updated_at = now() WHERE id = ANY (ARRAY(SELECT id FROM offer"
        " WHERE state = 'suspended' AND updated_at < now() - make_interval(days => :days) ORDER BY id LIMIT :limit"
        " FOR UPDATE SKIP LOCKED))",
        {"days": after_days, "limit": limit},
    )


def _params(run_id: int, feed: Feed) -> dict[str, object]:
    return {"run_id": run_id, "supplier_id": feed.supplier_id, "feed_id": feed.id, "currency": feed.currency}


def _price_limits(feed: Feed, run: runs.FeedRun) -> dict[str, object]:
    guards = feed.guards
    return {
        "jumps": "prices" not in run.waived,
        "down": guards.price_down_percent,
        "up": guards.price_up_percent,
        "floor": guards.price_floor_minor,
    }


def _compare(run: runs.FeedRun, feed: Feed) -> Comparison:
    row = fetch_one(load_sql(__file__, "compare.sql"), _params(run.id, feed))
    assert row is not None
    before = fetch_one(
        "SELECT r.stock_total, r.bytes_read FROM feed f JOIN feed_run r ON r.id = f.last_good_run_id WHERE f.id = :id",
        {"id": feed.id},
    )
    found = Comparison(**row._mapping, bytes_read=run.bytes_read)
    if before is None:
        return found
    return replace(
        found,
        stock_before=before.stock_total,
        bytes_before=before.bytes_read if feed.format in ENDLESS else None,
    )


def _by_code(run_id: int) -> dict[str, int]:
    rows = fetch_all(
        "SELECT code, count(*) AS n FROM feed_row CROSS JOIN LATERAL unnest(codes) AS c (code)"
        " WHERE run_id = :run_id GROUP BY code ORDER BY code",
        {"run_id": run_id},
    )
    return {row.code: row.n for row in rows}
