"""What people look at before they decide: what a run would change, and the rows that could not be used, to download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import execute, fetch_all
from coalition.kernel.web.sheets import BOM, guarded, line

_AT_ONCE = 500
_COLUMNS = (
    "sku",
    "title",
    "price",
    "old_price",
    "currency",
    "quantity",
    "category",
    "brand",
    "mpn",
    "gtin",
    "weight",
    "available",
    "picture_url",
    "delivery_days",
    "description",
)
_CELL = 1_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One offer that a run changes: `kind` is `new`, `changed`, `missing` or `jump`; None for no such side."""

    kind: str
    sku: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def samples(run_id: int, kind: str | None = None) -> Sequence[Sample]:
    """Up to fifty offers of each kind, by kind and article."""
    rows = fetch_all(
        "SELECT kind, sku, before, after FROM feed_run_sample WHERE run_id = :run"
        " AND (CAST(:kind AS text) IS NULL OR kind = :kind) ORDER BY kind, sku",
        {"run": run_id, "kind": kind},
    )
    return [Sample(**row._mapping) for row in rows]


def quarantine_csv(run_id: int, after_line: int = 0) -> tuple[str, int | None]:
    """The next piece of a run's unusable rows as CSV, and the line behind which the next piece begins, if there is one.

    Each row as it was sent, with its number in the file and its codes; the first piece has the byte order mark by which
    Excel knows UTF-8, and the titles. A cell that a spreadsheet would take for a formula is made a text.
    """
    rows = fetch_all(
        "SELECT line_no, codes, row_as_sent FROM feed_quarantine WHERE run_id = :run AND line_no > :after"
        " ORDER BY line_no LIMIT :limit",
        {"run": run_id, "after": after_line, "limit": _AT_ONCE},
    )
    lines = [BOM + line(("row", "codes", *_COLUMNS))] if after_line == 0 else []
    for row in rows:
        cells = (guarded(_text(row.row_as_sent.get(name))) for name in _COLUMNS)
        lines.append(line((str(row.line_no), " ".join(row.codes), *cells)))
    return "".join(lines), rows[-1].line_no if len(rows) == _AT_ONCE else None


def tidy(after_days: int, limit: int = 20) -> int:
    """Forget the rows and samples of runs that ended so long ago; the runs with their counts stay. How many rows."""
    gone = 0
    for table in ("feed_quarantine", "feed_run_sample", "feed_row_issue"):
        gone += execute(
            f"DELETE FROM {table} WHERE run_id IN (SELECT DISTINCT t.run_id FROM {table} t JOIN feed_run r"
            " ON r.id = t.run_id WHERE r.finished_at < now() - make_interval(days => :days) LIMIT :limit)",
            {"days": after_days, "limit": limit},
        )
    return gone


def _text(value: object) -> str:
    return "" if value is None else str(value)[:_CELL]
