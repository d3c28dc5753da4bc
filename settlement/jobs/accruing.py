"""Accruals follow the ledger, minute by minute, so that a close has little left to do."""

from __future__ import annotations

from coalition import programs
from coalition.kernel import jobs
from coalition.kernel.db import transact
from settlement import accruals

ACCRUE = "settlement.accrue"


@jobs.handles(ACCRUE)
def accrue(task: jobs.Task) -> None:
    """Bring every program's accruals up to the watermark; a program whose accruals another run holds is left to it."""
    found = transact(programs.list_programs)
    for done, program in enumerate(found, 1):
        task.step(lambda program=program: accruals.accrue(program.id, wait=False))  # type: ignore[misc]
        task.step(lambda done=done: task.progress(done, len(found)))  # type: ignore[misc]


jobs.every("settlement.accrue", 60, ACCRUE)
