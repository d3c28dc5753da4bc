"""Reports that were asked for as files: from being asked for to being thrown away after thirty days.

    asked -> running -> done -> expired, or cancelled, or failed

Every change is one conditional UPDATE: whoever comes second finds that it was not possible any more. The file itself
lies in the `FileStore` under a key that only this row knows.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel import audit, jobs
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.ports import StoredFile
from settlement.reports import registry, selection

MAKE = "reports.make"
FORMATS = ("csv", "xlsx")
KEPT_DAYS = 30
_MOST = 200
_COLUMNS = """id, program_id, report, format, params, state, job_id, done, total, asked_by, asked_at, finished_at,
    keep_until, file_key, size, sha256, error"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that was asked for; `params` are the texts of its selection, with the `language` of who asked."""

    id: int
    program_id: int
    report: str
    format: str
    params: dict[str, str]
    state: str
    job_id: int | None
    done: int
    total: int | None
    asked_by: str
    asked_at: dt.datetime
    finished_at: dt.datetime | None
    keep_until: dt.datetime | None
    file_key: str | None
    size: int | None
    sha256: str | None
    error: str | None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in ("asked", "running")


def ask(report: str, form: str, args: Mapping[str, str], *, language: str = "en") -> int:
    """Ask for a report as a file, made in the background; the number under which it is found.

    Raises NotFound and Invalid for what could never be made.
    """
    registry.kind(report)
    if form not in FORMATS:
        raise Invalid("invalid", "No such file.", [FieldError("/format", "invalid", "A file is csv or xlsx.")])
    chosen = selection.select(args)
    params = {**chosen.args(), "table": args.get("table", ""), "language": language}
    row = fetch_one(
        "INSERT INTO report_job (program_id, report, format, params, asked_by)"
        " VALUES (:program, :report, :form, CAST(:params AS jsonb), :actor) RETURNING id",
        {
            "program": chosen.program.id,
            "report": report,
            "form": form,
            "params": json.dumps(params),
            "actor": audit.origin().actor,
        },
    )
    assert row is not None
    job_id = jobs.enqueue(MAKE, {"report": row.id})
    execute("UPDATE report_job SET job_id = :job WHERE id = :id", {"job": job_id, "id": row.id})
    audit.record("report.ask", f"program:{chosen.program.id}", report=report, format=form, number=row.id)
    return int(row.id)


def get(number: int) -> Asked:
    """What became of a report that was asked for. Raises NotFound."""
    row = fetch_one(f"SELECT {_COLUMNS} FROM report_job WHERE id = :id", {"id": number})
    if row is None:
        raise NotFound()
    return Asked(**row._mapping)


def listed() -> list[Asked]:
    """The reports that were asked for, the latest first; at most two hundred."""
    rows = fetch_all(f"SELECT {_COLUMNS} FROM report_job ORDER BY id DESC LIMIT {_MOST}")
    return [Asked(**row._mapping) for row in rows]


def cancel(number: int) -> None:
    """Have it no more; its worker stops at the next sign of life. Raises NotFound, and Conflict `report_over`."""
    if not _change(number, "state = 'cancelled', finished_at = now()", "state IN ('asked', 'running')"):
        raise Conflict("report_over", f"This report is {get(number).state}.")
    audit.record("report.cancel", f"report:{number}")


def start(number: int) -> Asked | None:
    """Begin, or begin again after a worker that died; None if it is not wanted any more."""
    begun = _change(number, "state = 'running', done = 0, total = NULL", "state IN ('asked', 'running')")
    return get(number) if begun else None


def advance(number: int, done: int, total: int | None) -> bool:
    """Say how far it is; False once it is not wanted any more."""
    return _change(number, "done = :done, total = :total", "state = 'running'", done=done, total=total)


def finish(number: int, stored: StoredFile) -> bool:
    """The file is there, and kept for thirty days; False if it is not wanted any more."""
    return _change(
        number,
        "state = 'done', finished_at = now(), keep_until = now() + make_interval(days => :days),"
        " file_key = :key, size = :size, sha256 = :sha256, done = coalesce(total, done)",
        "state = 'running'",
        days=KEPT_DAYS,
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
    )


def fail(number: int, code: str) -> bool:
    """It cannot be made, for this reason (a stable code)."""
    change = "state = 'failed', finished_at = now(), error = :code"
    return _change(number, change, "state IN ('asked', 'running')", code=code)


def lapsed(limit: int) -> list[tuple[int, str]]:
    """Files whose time is over: their numbers and keys, the oldest first."""
    rows = fetch_all(
        "SELECT id, file_key FROM report_job WHERE state = 'done' AND keep_until <= now() ORDER BY keep_until LIMIT :n",
        {"n": limit},
    )
    return [(row.id, row.file_key) for row in rows]


def expire(number: int) -> bool:
    """The file is gone."""
    return _change(number, "state = 'expired', file_key = NULL", "state = 'done' AND keep_until <= now()")


def fail_orphans() -> int:
    """Say of every report whose job was given up that it failed; how many there were."""
    rows = fetch_all(f"SELECT id, job_id FROM report_job WHERE state IN ('asked', 'running') ORDER BY id LIMIT {_MOST}")
    found = [(row.id, jobs.get(row.job_id) if row.job_id else None) for row in rows]
    return sum(fail(number, "worker_died") for number, job in found if job is None or job.state in ("dead", "done"))


def _change(number: int, change: str, condition: str, **params: Any) -> bool:
    query = f"UPDATE report_job SET {change} WHERE id = :id AND {condition}"
    return execute(query, {"id": number, **params}) == 1
