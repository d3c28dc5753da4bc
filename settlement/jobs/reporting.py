"""Reports as files: made outside any request, stored, and thrown away when their time is over.

A worker that dies leaves a row that another takes over from the beginning: nothing was promised but the file. What
cannot be made says why: a report's own refusal at once, anything else at the third attempt.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from sqlalchemy.exc import OperationalError

from coalition.kernel import clock, jobs, ports
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Refusal
from coalition.kernel.logs import logger
from coalition.kernel.web.language import spoken
from coalition.ports import FileStore
from settlement import reports
from settlement.console.report_words import word
from settlement.reports import Report, Selection, files
from settlement.reports.files import Asked

log = logger(__name__)
SWEEP = "reports.sweep"
_STEPS = 3  # compute, write, store
_LONGEST_S = 900
_ATTEMPTS = 3
_BATCH = 100
_TOO_SLOW = "57014"  # query_canceled


class NotWanted(Exception):
    """Somebody has cancelled the report meanwhile."""


@jobs.handles(files.MAKE)
def make(task: jobs.Task) -> None:
    """Make one file; a cancelled report ends without one."""
    number = int(task.args["report"])
    asked = task.step(lambda: files.start(number))
    if asked is None:
        return
    try:
        _make(task, asked)
    except NotWanted:
        return
    except Refusal as refusal:
        code = refusal.code
        task.finish(lambda: files.fail(number, code))
    except (jobs.StaleLease, jobs.Retry):
        raise
    except Exception as error:
        code = "too_slow" if _state(error) == _TOO_SLOW else "internal_error"
        if task.attempts < _ATTEMPTS and code != "too_slow":
            raise
        log.exception("report.failed", report=number)
        task.finish(lambda: files.fail(number, code))


@jobs.handles(SWEEP)
def sweep(task: jobs.Task) -> None:
    """Throw away files whose time is over; fail reports whose job was given up."""
    for number, key in task.step(lambda: files.lapsed(_BATCH)):
        ports.get(FileStore).delete(key)
        task.step(lambda number=number: files.expire(number))  # type: ignore[misc]
    task.step(files.fail_orphans)


def _make(task: jobs.Task, asked: Asked) -> None:
    chosen = transact(lambda: reports.select(asked.params))
    _advance(task, asked, 0)
    report = task.step(lambda: _compute(asked, chosen), lease_s=_LONGEST_S)
    _advance(task, asked, 1)
    with tempfile.TemporaryFile() as target:
        with spoken(asked.params.get("language")):
            _write(report, asked, chosen, target)
        _advance(task, asked, 2)
        target.seek(0)
        key = f"reports/{asked.id}-{uuid.uuid4().hex}.{asked.format}"
        stored = ports.get(FileStore).put(key, cast(BinaryIO, target))
    if not task.finish(lambda: files.finish(asked.id, stored)):
        ports.get(FileStore).delete(key)


def _compute(asked: Asked, chosen: Selection) -> Report:
    execute(f"SET LOCAL statement_timeout = '{_LONGEST_S - 60}s'")
    return reports.build(asked.report, chosen)


def _write(report: Report, asked: Asked, chosen: Selection, target: IO[bytes]) -> None:
    if asked.format == "csv":
        target.writelines(_encoded(reports.csv_lines(report.table(asked.params.get("table", "")))))
    else:
        title, zone = word(report.code), chosen.program.zone
        reports.write_book(report, cast(BinaryIO, target), title, word, made_at=clock.now(), zone=zone)


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    return (line.encode() for line in lines)


def _advance(task: jobs.Task, asked: Asked, done: int) -> None:
    """Say how far it is. Raises NotWanted if it was cancelled."""
    if not task.step(lambda: files.advance(asked.id, done, _STEPS), lease_s=_LONGEST_S):
        raise NotWanted()


def _state(error: Exception) -> str | None:
    return getattr(error.orig, "sqlstate", None) if isinstance(error, OperationalError) else None


jobs.every("reports.sweep", 3600, SWEEP)
