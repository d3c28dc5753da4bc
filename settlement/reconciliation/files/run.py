"""A reconciliation as a row of ours: a partner's file for a period, opened, followed, finished or failed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

from coalition import programs
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.ports import StoredFile
from settlement import accruals

STATES = ("waiting", "reading", "finished", "failed")
_LEFT_ALONE_S = 300


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A partner's file of the days `starts_on` through `ends_on`. `state`: waiting, reading, finished or failed.

    `position` is how far the file was read, in unpacked bytes; `lines` how many were laid out, `rejected` how many
    could not be read. `error` is a stable code. With a `mapping_id` the file is a table.
    """

    id: int
    program_id: int
    partner_id: int
    period: str
    starts_on: dt.date
    ends_on: dt.date
    mapping_id: int | None
    file_name: str
    file_key: str
    size_bytes: int
    sha256: str
    state: str
    position: int
    last_line: int
    lines: int
    rejected: int
    error: str | None
    opened_by: str
    created_at: dt.datetime
    finished_at: dt.datetime | None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("finished", "failed")


COLUMNS = ", ".join(field.name for field in fields(Reconciliation))


def open_run(
    program_id: int, partner_id: int, period: str, stored: StoredFile, *, mapping_id: int | None, file_name: str = ""
) -> Reconciliation:
    """A reconciliation of a file that lies in the store; the door asks for the job that works through it.

    Raises Invalid `bad_period`, Conflict `period_in_future`.
    """
    starts_on, ends_on = accruals.days_of(period)
    if starts_on > clock.local_date(clock.now(), programs.get(program_id).zone):
        raise Conflict("period_in_future", f"{period} has not begun.")
    row = fetch_one(
        f"""
        INSERT INTO reconciliation (program_id, partner_id, period, starts_on, ends_on, mapping_id, file_name, file_key,
               size_bytes, sha256, opened_by)
        VALUES (:program, :partner, :period, :starts_on, :ends_on, :mapping, :name, :key, :size, :sha256, :actor)
        RETURNING {COLUMNS}""",
        {
            "program": program_id,
            "partner": partner_id,
            "period": period,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "mapping": mapping_id,
            "name": file_name.replace("\0", "")[:200],
            "key": stored.key,
            "size": stored.size,
            "sha256": stored.sha256,
            "actor": audit.origin().actor,
        },
    )
    assert row is not None
    audit.record("reconciliation.open", f"reconciliation:{row.id}", partner_id=partner_id, sha256=stored.sha256)
    return Reconciliation(**row._mapping)


def run(run_id: int, *, partner_id: int | None = None) -> Reconciliation:
    """A reconciliation, of this partner if one is named. Raises NotFound."""
    row = fetch_one(
        f"SELECT {COLUMNS} FROM reconciliation WHERE id = :id AND partner_id = coalesce(:partner, partner_id)",
        {"id": run_id, "partner": partner_id},
    )
    if row is None:
        raise NotFound()
    return Reconciliation(**row._mapping)


def list_runs(
    program_id: int, cursor: str | None, limit: int, *, partner_id: int | None = None, period: str = ""
) -> Page[Reconciliation]:
    """A program's reconciliations, the latest first; of one partner, of one period."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"""SELECT {COLUMNS} FROM reconciliation WHERE program_id = :program
               AND (CAST(:before AS bigint) IS NULL OR id < :before)
               AND (CAST(:partner AS int) IS NULL OR partner_id = :partner) AND (:period = '' OR period = :period)
             ORDER BY id DESC LIMIT :limit""",
        {"program": program_id, "before": before, "partner": partner_id, "period": period, "limit": limit + 1},
    )
    found = [Reconciliation(**row._mapping) for row in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def left_alone(limit: int) -> list[int]:
    """Reconciliations that nobody has worked on for five minutes, the oldest first; they count as touched now."""
    rows = fetch_all(
        "UPDATE reconciliation SET touched_at = now() WHERE id = ANY (ARRAY(SELECT id FROM reconciliation"
        " WHERE state IN ('waiting', 'reading') AND touched_at < now() - make_interval(secs => :rest)"
        " ORDER BY touched_at, id LIMIT :limit FOR UPDATE SKIP LOCKED)) RETURNING id",
        {"rest": _LEFT_ALONE_S, "limit": limit},
    )
    return sorted(row.id for row in rows)


def fail(at: Reconciliation, code: str) -> None:
    """The file cannot be used: nothing of it is kept but what was wrong with it."""
    changed = execute(
        "UPDATE reconciliation SET state = 'failed', error = :code, finished_at = now(), touched_at = now()"
        " WHERE id = :id AND state IN ('waiting', 'reading')",
        {"id": at.id, "code": code},
    )
    if changed:
        execute("DELETE FROM reconciliation_line WHERE reconciliation_id = :id", {"id": at.id})
        audit.record("reconciliation.fail", f"reconciliation:{at.id}", code=code)
