"""The life of a program: only forwards, in audited steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local
from typing import get_args

import pytest
from flask import Flask

from coalition import programs
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid
from coalition.programs import living
from tests.builders import a_program
from tests.coalition.programs.builders import in_state, today

_LEGAL = {
    ("draft", "pilot"),
    ("draft", "live"),
    ("pilot", "live"),
    ("pilot", "sunset"),
    ("live", "sunset"),
    ("sunset", "ended"),
}
_STATES = get_args(programs.State)


@pytest.mark.parametrize("before", _STATES)
@pytest.mark.parametrize("after", _STATES)
def test_a_program_moves_only_forwards(app: Flask, before: programs.State, after: programs.State) -> None:
    program = in_state(before)
    ends_on = today() if after == "sunset" else None
    if before == "sunset":
        _be_over(program)

    if (before, after) in _LEGAL:
        assert programs.move(program.id, after, ends_on=ends_on).state == after
    else:
        with pytest.raises(Conflict) as refusal:
            programs.move(program.id, after, ends_on=ends_on)
        assert refusal.value.code == "bad_transition"


def test_a_launched_program_is_a_draft_and_every_step_is_audited(app: Flask) -> None:
    program = a_program(state="draft")
    assert program.state == "draft"

    programs.move(program.id, "pilot")
    programs.move(program.id, "live")

    rows = fetch_all("SELECT details FROM audit WHERE action = 'program.move' ORDER BY id")
    assert [(row.details["was"], row.details["now"]) for row in rows] == [("draft", "pilot"), ("pilot", "live")]


@pytest.mark.parametrize(("state", "days"), [("sunset", None), ("sunset", -1)])
def test_a_sunset_names_its_last_day(app: Flask, state: programs.State, days: int | None) -> None:
    program = a_program()

    with pytest.raises(Invalid) as refusal:
        programs.move(program.id, state, ends_on=days and today() + dt.timedelta(days=days))

    assert refusal.value.errors[0].pointer == "/ends_on"


def test_a_program_ends_by_itself_after_its_last_day_and_not_before(app: Flask) -> None:
    over, still = in_state("sunset"), a_program()
    _be_over(over)
    programs.move(still.id, "sunset", ends_on=today())

    with pytest.raises(Conflict):
        programs.move(still.id, "ended")
    ended = programs.end_sunsets()

    assert [program.id for program in ended] == [over.id]
    assert programs.get(still.id).state == "sunset"


def test_pilots_are_added_once(app: Flask) -> None:
    program = a_program(state="pilot")

    assert programs.add_pilots(program.id, [1, 2, 2]) == 2
    assert programs.add_pilots(program.id, [2, 3]) == 1
    assert programs.pilots(program.id, [1, 3, 4]) == {1, 3}


def _be_over(program: programs.Program) -> None:
    """Let the last day of its sunset be yesterday."""
    execute(
        "UPDATE program SET sunset_ends_on = :day WHERE id = :id",
        {"id": program.id, "day": today() - dt.timedelta(days=1)},
    )
    programs.change(program.id)


@pytest.mark.parametrize("guarded", [True, False])
def test_of_four_who_move_a_program_at_once_one_does(
    fresh_database: Config, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    from wsgi import create_app

    app, start = create_app(fresh_database), Barrier(4)
    with app.app_context():
        program = transact(lambda: a_program(state="draft"))

    def move(_: int) -> str:
        with app.app_context():
            start.wait()
            try:
                return transact(lambda: programs.move(program.id, "pilot")).state
            except Conflict as conflict:
                return conflict.code
            finally:
                db.session.remove()

    if not guarded:  # the negative control: nobody locks the row, and all look before the first one writes
        monkeypatch.setattr(living, "touch", lambda _: 0)
        monkeypatch.setattr(living, "policies", _looking_first(Barrier(4)))
    with ThreadPoolExecutor(4) as threads:
        states = list(threads.map(move, range(4)))
    with app.app_context():
        db.engine.dispose()

    assert (states.count("pilot") == 1) is guarded
    assert set(states) <= {"pilot", "bad_transition"}


def _looking_first(seen: Barrier) -> Callable[..., programs.Policies]:
    waited = local()

    def look(program_id: int, *, fresh: bool) -> programs.Policies:
        found = programs.policies(program_id, fresh=fresh)
        if not hasattr(waited, "over"):
            waited.over = True
            seen.wait(10)
        return found

    return look
