"""Statements whose cursor stays with the connection: each run is a run of its own, whatever the one before it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest
from flask import Flask

from coalition.kernel.config import Config
from coalition.kernel.db import db, hot, raw, session, transact
from wsgi import create_app

_ECHO = "SELECT %s::bigint, %s::text"
_DIVIDE = "SELECT 12 / %s::int"


def _echoes(*rows: tuple[int | None, str | None]) -> list[object]:
    return [hot(_ECHO, row).fetchone() for row in rows]


def test_each_run_has_its_own_values_of_whatever_type(app: Flask) -> None:
    rows = [(1, "a"), (None, "б"), (2**40, None), (70_000, "d"), (None, None)]

    assert transact(lambda: _echoes(*rows)) == rows
    assert transact(lambda: _echoes(*rows)) == rows


def test_values_go_by_name_too(app: Flask) -> None:
    sql = "SELECT %(a)s::int - %(b)s::int"

    assert transact(lambda: [hot(sql, {"b": b, "a": 9}).fetchone() for b in (1, 2)]) == [(8,), (7,)]


def test_one_that_has_failed_can_be_run_again(app: Flask) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.DivisionByZero):
            transact(lambda: hot(_DIVIDE, (0,)))

        assert transact(lambda: hot(_DIVIDE, (4,)).fetchone()) == (3,)


def test_more_statements_than_a_connection_keeps_cursors_for_all_work(app: Flask) -> None:
    def work() -> list[object]:
        return [hot(f"SELECT {n} + %s::int", (1,)).fetchone() for n in range(250)]

    assert transact(work) == transact(work) == [(n + 1,) for n in range(250)]


@pytest.mark.parametrize("run", [hot, lambda *given: raw().execute(*given)], ids=["hot", "raw"])
def test_a_savepoint_takes_back_what_went_past_the_session(app: Flask, run: Callable[..., object]) -> None:
    def work() -> list[int]:
        raw()  # it is known from here on
        for n in range(3):
            with suppress(psycopg.errors.DivisionByZero), session().begin_nested():
                run("INSERT INTO outbox (kind, key, payload) VALUES ('test.told', 'a', to_jsonb(%s::int))", (n,))
                run(_DIVIDE, (n % 2,))
        return [n for (n,) in raw().execute("SELECT payload FROM outbox WHERE key = 'a' ORDER BY id")]

    assert transact(work) == [1]


@pytest.mark.processes
def test_the_cursor_stays_with_its_connection(fresh_database: Config) -> None:
    def cursor() -> tuple[psycopg.Cursor[object], bool]:
        found = hot(_ECHO, (1, "a"))
        return found, found.connection is raw()

    with create_app(fresh_database).app_context():
        (first, own), (again, still) = transact(cursor), transact(cursor)
        db.engine.dispose()
        other, its_own = transact(cursor)
        db.session.remove()
        db.engine.dispose()

    assert first is again is not other
    assert own and still and its_own
