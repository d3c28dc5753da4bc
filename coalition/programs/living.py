"""The life of a program: draft, pilot, live, sunset, ended. Only forwards, and each step leaves a row in the audit.

In a draft nothing happens; in a pilot only its members take part; live is live; in the sunset nothing is earned and
points are only spent; when the last day is over the program has ended and the points that are left expire.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from coalition import ledger
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.programs.caching import policies, touch
from coalition.programs.registry import list_programs
from coalition.programs.types import Program, State

NEXT: Mapping[State, tuple[State, ...]] = {
    "draft": ("pilot", "live"),
    "pilot": ("live", "sunset"),
    "live": ("sunset",),
    "sunset": ("ended",),
    "ended": (),
}
_MOST = 1_000
_SUNSETS = """
    SELECT id FROM program WHERE state = 'sunset' AND sunset_ends_on < (now() AT TIME ZONE zone)::date
     ORDER BY id LIMIT :most"""


def move(program_id: int, state: State, *, ends_on: dt.date | None = None, reason: str = "") -> Program:
    """Lead a program into its next state. Locks its row.

    `ends_on` is the last day of spending, in the program's zone: needed for the sunset and for nothing else. Conflict
    `bad_transition` from a state that does not lead there, or out of the sunset before its last day is over; Invalid
    `policy_unsound` for a wrong `ends_on`.
    """
    touch(program_id)
    before = policies(program_id, fresh=True).program
    today = clock.local_date(clock.now(), before.zone)
    if state not in NEXT[before.state]:
        raise Conflict("bad_transition", f"A program does not go from {before.state} to {state}.")
    if state == "ended" and not is_over(before, today):
        raise Conflict("bad_transition", f"Points can be spent until {before.sunset_ends_on}.")
    if (state == "sunset") != (ends_on is not None) or (ends_on is not None and ends_on < today):
        detail = "A sunset, and nothing else, has a last day, today or later."
        raise Invalid("policy_unsound", detail, [FieldError("/ends_on", "invalid", detail)])
    execute(
        "UPDATE program SET state = :state, sunset_ends_on = coalesce(:ends_on, sunset_ends_on) WHERE id = :id",
        {"state": state, "ends_on": ends_on, "id": program_id},
    )
    version = touch(program_id)
    facts = {"was": before.state, "now": state, "ends_on": ends_on, "reason": reason, "version": version}
    audit.record("program.move", f"program:{program_id}", **facts)
    return policies(program_id, fresh=True).program


def following(program: Program) -> tuple[State, ...]:
    """The states into which a program may be led today."""
    today = clock.local_date(clock.now(), program.zone)
    return tuple(state for state in NEXT[program.state] if state != "ended" or is_over(program, today))


def end_sunsets() -> list[Program]:
    """End every program whose sunset is over; those that have just ended."""
    return [move(row.id, "ended") for row in fetch_all(_SUNSETS, {"most": _MOST})]


def wind_down(limit: int) -> int:
    """Let points of ended programs expire, on the last day of each; the lots of one chunk, 0 when none is left.

    What an open hold pins stays until the hold is closed.
    """
    for program in list_programs():
        if program.state == "ended" and program.sunset_ends_on is not None:
            ended_at = clock.end_of_last_day(program.sunset_ends_on, program.zone)
            if lots := ledger.wind_down(program.id, ended_at, limit):
                return lots
    return 0


def add_pilots(program_id: int, member_ids: Iterable[int]) -> int:
    """Let members take part in the pilot; how many of them are new to it."""
    ids = sorted(set(member_ids))
    added = execute(
        "INSERT INTO pilot_member (program_id, member_id) SELECT :program, m FROM unnest(CAST(:ids AS bigint[])) m"
        " ON CONFLICT DO NOTHING",
        {"program": program_id, "ids": ids},
    )
    audit.record("program.add_pilots", f"program:{program_id}", member_ids=ids[:_MOST], added=added)
    return added


def pilots(program_id: int, member_ids: Iterable[int]) -> set[int]:
    """Those of these members that take part in the pilot."""
    rows = fetch_all(
        "SELECT member_id FROM pilot_member WHERE program_id = :program AND member_id = ANY(:ids)",
        {"program": program_id, "ids": sorted(set(member_ids))},
    )
    return {row.member_id for row in rows}


def is_over(program: Program, today: dt.date) -> bool:
    """Whether the last day of a program's sunset has passed."""
    return program.sunset_ends_on is not None and program.sunset_ends_on < today
