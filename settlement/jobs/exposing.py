"""Limits of what partners may fund follow their agreements and their payments, minute by minute."""

from __future__ import annotations

from functools import partial

from coalition import programs
from coalition.kernel import jobs
from coalition.kernel.db import transact
from coalition.partners import exposure
from settlement import statements, terms

FOLLOW = "settlement.limits"


@jobs.handles(FOLLOW)
def follow(task: jobs.Task) -> None:
    """Set the limits of the agreements in force today, free what was paid, and even out what is left of them."""
    for program in transact(programs.list_programs):
        task.step(partial(terms.apply_limits, program.id))
        task.step(partial(statements.free_paid, program.id))
        for entity_id in transact(partial(exposure.limits, program.id)):
            task.step(partial(exposure.spread, entity_id))


jobs.every(FOLLOW, 60, FOLLOW)
