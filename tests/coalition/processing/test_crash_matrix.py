"""Every money command, killed by SIGKILL at every hook it passes and sent again under its key: one effect, one answer.

Each command runs in a process of its own that is forked off and dies there; what it leaves behind is what the next one
finds. What a command did is compared, table by table, with what it does in peace. The last tests are the controls:
with a guard switched off, the same story has two effects or another answer.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from coalition.kernel import ports
from coalition.kernel.config import Config, load
from coalition.kernel.db import db, transact
from coalition.kernel.laws import laws, offending
from coalition.ports import ForeignProgram
from tests import guards
from tests.coalition.processing import dying
from tests.coalition.processing.commands import CHANGES_NOTHING, COMMANDS, HOOKS, Command, World, a_world
from tests.coalition.processing.foreign import Folder
from tests.conftest import _environment
from tests.databases import clone, drop

pytestmark = pytest.mark.processes
CELLS = [(name, hook) for name, command in COMMANDS.items() for hook in command.hooks]
MOVED = ("entry", "hold", "purchase", "wallet_deed", "audit")
Effect = tuple[dict[str, int], Any, int]


@dataclass
class Ground:
    """A database with real commits, on which many worlds live one beside the other."""

    app: Flask
    folder: Folder
    peaceful: dict[str, Effect] = field(default_factory=dict)

    def world(self, command: Command) -> World:
        """A world of its own, in which the command can be given."""
        world = transact(lambda: a_world(self.app))
        command.before(world)
        return world

    def expected(self, name: str) -> Effect:
        """What the command does in peace: rows and points, its answer, and the calls of the outside."""
        if name not in self.peaceful:
            command = COMMANDS[name]
            world = self.world(command)
            self.peaceful[name] = self.observed(lambda: command.do(world, "K-1"))
        return self.peaceful[name]

    def observed(self, story: Callable[[], Any]) -> Effect:
        """What a story did, and what its last answer was."""
        before, calls = dying.counted(), self.folder.lines()
        answer = story()
        return dying.difference(before), dying.masked(answer), self.folder.lines() - calls


def _ground(url: str, folder: Path) -> Iterator[Ground]:
    from wsgi import create_app

    config: Config = replace(load(_environment(url)), files_dir=folder / "files")
    app = create_app(config)
    book = folder / "northmiles"
    book.mkdir()
    with app.app_context():
        ports.bind(ForeignProgram, Folder(book))
        yield Ground(app, Folder(book))
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def ground(base_config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One database for all cells; every law is asked after each of them."""
    url = clone(f"crashes_{os.getpid()}")
    yield from _ground(url, tmp_path_factory.mktemp("crashes"))
    drop(url)


@pytest.fixture
def unguarded(fresh_database: Config, tmp_path: Path) -> Iterator[Ground]:
    """A database of one's own, in which guards may be switched off."""
    yield from _ground(fresh_database.owner_url, tmp_path)


@pytest.mark.parametrize(("name", "hook"), CELLS)
def test_a_command_killed_at_a_hook_and_sent_again_has_one_effect_and_one_answer(
    ground: Ground, name: str, hook: str
) -> None:
    command, expected = COMMANDS[name], ground.expected(name)
    world = ground.world(command)

    def story() -> Any:
        died = ground.observed(lambda: dying.run(world, command, "K-1", [hook]))
        assert died[1], "nobody passed there"
        if hook in CHANGES_NOTHING:
            assert died[0] == {}
        elif not command.job:
            assert died[0] == expected[0]
        answer = command.do(world, "K-1")
        assert command.do(world, "K-1") == answer
        return answer

    assert ground.observed(story) == expected
    assert _offended() == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_hooks_that_a_command_is_not_killed_at_are_those_it_does_not_pass(ground: Ground, name: str) -> None:
    command, expected = COMMANDS[name], ground.expected(name)
    world = ground.world(command)

    done = ground.observed(lambda: dying.run(world, command, "K-1", set(HOOKS) - set(command.hooks)))

    assert done == (expected[0], False, expected[2])


@dataclass(frozen=True, slots=True)
class Guard:
    """How a guard is switched off, and where a crash shows it. `spoil`: the key that the retry changes."""

    hook: str
    spoil: str = ""
    forget: tuple[tuple[str, str], ...] = ()
    kill: Callable[[str], None] | None = None


def _commit_half_and_die(_: str) -> None:
    db.session.commit()
    os.kill(os.getpid(), signal.SIGKILL)


LATE = "after_commit_before_reply"
FORGETFUL = (("entry", "external_id"), ("hold", "external_id"), ("wallet_deed", "external_id"))
GUARDS = {
    "the Idempotency-Key's row": Guard(LATE, "external_id_ending", (("idempotency", "key"),)),
    "the business key": Guard(LATE, "idempotency_key_ending", (*FORGETFUL, ("purchase", "external_id"))),
    "the one transaction": Guard("after_lock", kill=_commit_half_and_die),
}


@pytest.mark.parametrize("switched_off", [False, True])
@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("name", ["purchase", "hold", "donation"])
def test_without_its_guard_the_same_story_is_another(
    unguarded: Ground, fresh_database: Config, name: str, guard: str, switched_off: bool
) -> None:
    off, command = GUARDS[guard], COMMANDS[name]
    expected, world = _essence(unguarded.expected(name)), unguarded.world(command)
    for table, column in off.forget if switched_off else ():
        guards.forgetting(fresh_database.owner_url, table, column)

    def story() -> Any:
        assert dying.run(world, command, "K-1", [off.hook], off.kill if switched_off else None)
        if off.spoil:
            setattr(world, off.spoil, "-again")
        return command.do(world, "K-1")

    assert (_essence(unguarded.observed(story)) == expected) is not switched_off


def _essence(effect: Effect) -> dict[str, int]:
    """What is moved: rows that may be left beside it (of a spoilt key) are no second effect."""
    return {name: count for name, count in effect[0].items() if name.startswith("points") or name in MOVED}


def _offended() -> list[str]:
    """The laws that do not hold, but for D1: nobody hands events over here, and a minute passes on a slow machine."""
    return [law.code for law in laws() if law.code != "D1" and offending(law)]
