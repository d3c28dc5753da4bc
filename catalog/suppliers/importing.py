"""Staging a file's rows and turning them into offers, set by set; never more than one chunk of rows in memory.

All functions belong inside the door's transaction. The order is `stage` (many times), `check`, then `apply`, which
does what the verdict allows: on a refusal nothing of the catalog has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from catalog.suppliers import runs
from catalog.suppliers.directory import Feed
from catalog.suppliers.guarding import Comparison, Verdict, judge
from catalog.suppliers.yml import RawOffer
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql, raw

_CHUNK = 5_000
_KEPT_PER_CODE = 1_000
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
    """Validate what was staged, keep the row issues, compare with the catalog, and judge by the feed's guards.

    Locks the feed, so that two runs of it are concluded one after the other.
    """
    fetch_one("SELECT id FROM feed WHERE id = :id FOR UPDATE", {"id": feed.id})
    execute("ANALYZE feed_stage")
    execute(
        load_sql(__file__, "check.sql"),
        {"run_id": run_id, "supplier_id": feed.supplier_id, "currency": feed.currency},
    )
    execute(load_sql(__file__, "issues.sql"), {"run_id": run_id, "keep": _KEPT_PER_CODE})
    found = _compare(run_id, feed)
    runs.count(run_id, runs.as_counts(found), _by_code(run_id))
    return judge(found, feed.guards)


def apply(run_id: int, feed: Feed, verdict: Verdict) -> None:
    """Create and update the offers that differ; unless removals are held, count the missing ones as missing."""
    if verdict.state == "refused":
        return
    params = {"run_id": run_id, "supplier_id": feed.supplier_id}
    execute(load_sql(__file__, "upsert.sql"), params)
    if verdict.state == "applied":
        execute(load_sql(__file__, "missing.sql"), params)


def _compare(run_id: int, feed: Feed) -> Comparison:
    row = fetch_one(load_sql(__file__, "compare.sql"), {"run_id": run_id, "supplier_id": feed.supplier_id})
    assert row is not None
    return Comparison(**row._mapping)


def _by_code(run_id: int) -> dict[str, int]:
    rows = fetch_all(
        "SELECT code, count(*) AS n FROM feed_stage CROSS JOIN LATERAL unnest(codes) AS c (code)"
        " WHERE run_id = :run_id GROUP BY code ORDER BY code",
        {"run_id": run_id},
    )
    return {row.code: row.n for row in rows}
