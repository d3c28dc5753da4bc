"""A connection that breaks on the way, or while it waits in the pool, is replaced, and the work is done once more."""

from __future__ import annotations

import psycopg
import pytest

from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, raw, transact
from wsgi import create_app


def _kill(config: Config, pid: int) -> None:
    with psycopg.connect(config.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


@pytest.mark.processes
@pytest.mark.parametrize("statement", [lambda: raw().execute("SELECT 1"), lambda: execute("SELECT 1")])
def test_work_whose_connection_is_cut_in_the_middle_is_done_again(fresh_database: Config, statement) -> None:
    app, pids = create_app(fresh_database), []

    def work() -> str:
        pids.append(raw().pgconn.backend_pid)
        if len(pids) == 1:
            _kill(fresh_database, pids[0])
        statement()
        return "done"

    with app.app_context():
        assert transact(work) == "done"
        db.engine.dispose()

    assert len(set(pids)) == len(pids) == 2


@pytest.mark.processes
def test_a_connection_that_died_in_the_pool_a_moment_ago_costs_nobody_an_answer(fresh_database: Config) -> None:
    app = create_app(fresh_database)
    with app.app_context():
        pid = transact(lambda: raw().pgconn.backend_pid)
        db.session.remove()
        _kill(fresh_database, pid)

        assert transact(lambda: raw().execute("SELECT 1").fetchone()) == (1,)
        db.engine.dispose()


@pytest.mark.processes
def test_a_connection_that_died_while_it_idled_is_found_out_before_it_is_used(
    fresh_database: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coalition.kernel.db._PING_AFTER_S", 0.0)
    app, tries = create_app(fresh_database), []
    with app.app_context():
        pid = transact(lambda: raw().pgconn.backend_pid)
        db.session.remove()
        _kill(fresh_database, pid)

        transact(lambda: tries.append(raw().execute("SELECT 1").fetchone()))
        db.engine.dispose()

    assert tries == [(1,)]
