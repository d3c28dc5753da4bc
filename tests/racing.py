"""Running works at once, in sessions of their own that start together; or, for a negative control, in turn.

A race whose guard is switched off must be lost at once, and nothing but the haste may be to blame: in turn it is fine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from flask import Flask

from coalition.kernel.db import db, fetch_one

_in_turn = False
# Other databases of the server have waiters of their own; who waits here holds a lock on something of ours.
_WAITERS = """
    SELECT count(*) AS n FROM pg_locks w WHERE NOT w.granted AND EXISTS (
           SELECT FROM pg_locks o WHERE o.pid = w.pid
              AND o.database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""


def until_somebody_waits(count: int = 1) -> None:
    """Until so many sessions of this database wait for another one, ten seconds at most. Call it in a transaction."""
    for _ in range(500):
        row = fetch_one(_WAITERS)
        if row is not None and row.n >= count:
            return
        sleep(0.02)
    raise AssertionError("nobody waits")


@contextmanager
def in_turn() -> Iterator[None]:
    """Inside, whatever is meant to happen at once happens one after the other."""
    global _in_turn
    _in_turn = True
    try:
        yield
    finally:
        _in_turn = False


def at_once(app: Flask, works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do every work in a thread and session of its own, all starting together; what each returned."""
    count = 1 if _in_turn else len(works)
    start = Barrier(count, timeout=60)

    def one(work: Callable[[], Any]) -> Any:
        with app.app_context():
            try:
                start.wait()
                return work()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, works))


def assert_lost(race: Callable[[], object], *, at_once: bool) -> None:
    """A race without its guard is lost where it is run at once, by whatever the loss is seen; in turn it is won."""
    if at_once:
        with pytest.raises(Exception):  # noqa: B017 - a wrong count, a broken law, or what the schema forbids
            race()
    else:
        with in_turn():
            race()
