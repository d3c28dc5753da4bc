"""Programs in any state of their life. Call inside a transaction."""

from __future__ import annotations

import datetime as dt

from coalition import programs
from coalition.kernel import clock
from coalition.kernel.db import execute
from tests.builders import a_program


def today() -> dt.date:
    """Today, in the zone of the builders' programs."""
    return clock.local_date(clock.now(), "Europe/Riga")


def in_state(state: programs.State, program: programs.Program | None = None) -> programs.Program:
    """A program put into a state by hand; a sunset's last day is tomorrow, an ended one's was yesterday."""
    program = program or a_program(state="draft")
    last = {"sunset": today() + dt.timedelta(days=1), "ended": today() - dt.timedelta(days=1)}.get(state)
    execute(
        "UPDATE program SET state = :state, sunset_ends_on = :last WHERE id = :id",
        {"state": state, "last": last, "id": program.id},
    )
    programs.change(program.id)  # everybody forgets what was
    return programs.get(program.id)
