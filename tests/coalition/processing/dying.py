"""Processes that are forked off, do one command and die at a hook; and what can be counted of a database afterwards."""

from __future__ import annotations

import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from coalition.kernel import crash
from coalition.kernel.db import db, fetch_all, fetch_one, transact
from coalition.kernel.jobs import queue
from tests.coalition.processing.commands import Command, World

_OURS = re.compile(r"^[a-z]{3}_[0-9A-Za-z]{13,}$")
_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT")
_TABLES = """
    SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
       AND relnamespace = 'public'::regnamespace ORDER BY 1"""
_SUMS = {
    "points booked": "SELECT coalesce(sum(amount), 0)::bigint FROM entry",
    "points in lots": "SELECT coalesce(sum(remaining), 0)::bigint FROM lot",
    "points in wallets": "SELECT coalesce(sum(undrawn), 0)::bigint FROM wallet",
    "points held": "SELECT coalesce(sum(held), 0)::bigint FROM wallet",
    "points owed": "SELECT coalesce(sum(arrears), 0)::bigint FROM wallet",
}
Killer = Callable[[str], None]


class Armed(frozenset[str]):
    """Several hooks at once: equal to the name of each."""

    def __eq__(self, other: object) -> bool:
        return other in self if isinstance(other, str) else super().__eq__(other)

    __hash__ = frozenset.__hash__


def run(world: World, command: Command, key: str, hooks: Iterable[str], kill: Killer | None = None) -> bool:
    """Do the command in a process of its own with these hooks armed; whether it was killed there by SIGKILL.

    The process is warm: it has opened its connection and knows its token. `kill` is what a hook does instead of dying.
    AssertionError if it ended in any third way.
    """
    db.session.remove()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            db.engine.dispose(close=False)
            world.till.get("/purchases?external_id=warm")
            _arm(command, Armed(hooks), kill)
            command.do(world, key)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), (code, hooks)
    return code != 0


def counted() -> dict[str, int]:
    """How many rows each table has, and how many points there are of each sort."""

    def work() -> dict[str, int]:
        names = [name for (name,) in fetch_all(_TABLES)]
        columns = [f'(SELECT count(*) FROM "{name}") AS "{name}"' for name in names]
        columns += [f'({sql}) AS "{name}"' for name, sql in _SUMS.items()]
        row = fetch_one("SELECT " + ", ".join(columns))
        assert row is not None
        return dict(row._mapping)

    return transact(work)


def difference(before: dict[str, int]) -> dict[str, int]:
    """What has come since, and what has gone."""
    return {name: count - before[name] for name, count in counted().items() if count != before[name]}


def masked(answer: Any) -> Any:
    """An answer without what no two worlds share: our ids and instants."""
    if isinstance(answer, dict):
        return {name: masked(value) for name, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [masked(value) for value in answer]
    if isinstance(answer, str) and (_OURS.match(answer) or _INSTANT.match(answer)):
        return answer[:4]
    return answer


def _arm(command: Command, hooks: Armed, kill: Killer | None) -> None:
    """A job's command is armed when its handler begins: what comes before is the queue's, whatever the job."""

    def arm() -> None:
        crash._ARMED = hooks  # type: ignore[assignment]
        if kill is not None:
            crash.point = lambda name: kill(name) if name in hooks else None  # type: ignore[assignment]

    if not command.job:
        arm()
        return
    handler = queue.handler(command.job)

    def armed(task: queue.Task) -> None:
        arm()
        handler(task)

    queue.handles(command.job)(armed)
