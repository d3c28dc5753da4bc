"""Yesterday for reporting tools: every view as a file in the store, each day once it is over."""

from __future__ import annotations

import datetime as dt
import tempfile

from coalition import reporting
from coalition.kernel import jobs, ports
from coalition.kernel.db import transact
from coalition.ports import FileStore

_LEASE_S = 1800  # for one view of a busy day


@jobs.handles("reporting.extract")
def extract(task: jobs.Task) -> None:
    """Write the files of the days that are over, and forget those of three months ago.

    A job that dies begins its day again: the same files under the same keys.
    """
    views = task.step(reporting.views)
    for day in task.step(reporting.days_due):
        rows = {}
        for view in views:
            task.step(lambda: None, lease_s=_LEASE_S)
            rows[view.name] = keep(view.name, day)
        task.step(lambda day=day, rows=rows: reporting.note_day(day, rows))  # type: ignore[misc]
    for day in task.step(reporting.days_over):
        for view in views:
            ports.get(FileStore).delete(reporting.key_of(view.name, day))
        task.step(lambda day=day: reporting.forget_day(day))  # type: ignore[misc]


def keep(view: str, day: dt.date) -> int:
    """Write one day of a view into the store; how many rows. Outside of the job's own transaction."""
    with tempfile.TemporaryFile() as file:
        rows = transact(lambda: reporting.extract(view, day, file))
        file.seek(0)
        ports.get(FileStore).put(reporting.key_of(view, day), file)
    return rows


jobs.every("reporting.extract", 3600, "reporting.extract")
