"""What a transaction writes last: all of it in one statement, in its order, and nothing of what was taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel import audit, outbox
from coalition.kernel.config import Config
from coalition.kernel.db import at_end, db, fetch_all, raw, session, transact
from coalition.kernel.errors import Conflict
from tests.wire import statements
from wsgi import create_app


def _news() -> list[int]:
    return [
        row.n for row in fetch_all("SELECT CAST(payload ->> 'n' AS int) AS n FROM outbox WHERE key = 'a' ORDER BY id")
    ]


def _publish(*numbers: int) -> None:
    for n in numbers:
        outbox.publish("test.told", {"n": n}, key="a")


def test_news_stands_in_the_order_in_which_it_was_told(app: Flask) -> None:
    transact(lambda: _publish(3, 1, 2))
    transact(lambda: _publish(*range(10, 360)))  # more than one statement takes

    assert _news() == [3, 1, 2, *range(10, 360)]


def test_what_a_savepoint_takes_back_is_not_told_and_the_rest_is(app: Flask) -> None:
    def work() -> None:
        _publish(1)
        with pytest.raises(Conflict), session().begin_nested():
            _publish(2)
            raise Conflict("gone", "Not this.")
        with session().begin_nested():
            _publish(3)

    transact(work)

    assert sorted(_news()) == [1, 3]


def test_a_refusal_leaves_nothing_to_the_next_transaction(app: Flask) -> None:
    def work() -> None:
        _publish(1)
        raise Conflict("gone", "Not this.")

    with pytest.raises(Conflict):
        transact(work)
    transact(lambda: _publish(2))

    assert _news() == [2]


def test_without_a_door_it_is_written_at_once(app: Flask) -> None:
    _publish(1)

    assert _news() == [1]


@pytest.mark.processes
def test_all_of_it_goes_as_one_statement(fresh_database: Config, tmp_path: Path) -> None:
    app = create_app(fresh_database)

    def work() -> None:
        _publish(1, 2)
        audit.record("test.done", "test:1", percent="100 %")
        at_end("UPDATE outbox SET key = key WHERE key = %(key)s", {"key": "b"})
        audit.record("test.done", "test:2")

    with app.app_context():
        connection = transact(lambda: raw().pgconn)
        count, plain = statements(connection, tmp_path / "wire", lambda: transact(work))
        told = [row.subject for row in fetch_all("SELECT subject FROM audit WHERE action = 'test.done' ORDER BY id")]
        assert (_news(), told) == ([1, 2], ["test:1", "test:2"])
        db.session.remove()
        db.engine.dispose()

    assert (count, plain) == (1, ["BEGIN", "COMMIT"])
