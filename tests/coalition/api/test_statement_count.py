"""What an online purchase asks of the database: counted on the wire, with real commits and warm memories."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel.config import Config
from coalition.kernel.db import db, raw, transact
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_body, a_shop
from tests.wire import statements
from wsgi import create_app

MOST = 6


@pytest.mark.processes
def test_a_purchase_takes_at_most_six_statements(fresh_database: Config, tmp_path: Path) -> None:
    app = create_app(fresh_database)
    with app.app_context():
        till = transact(lambda: a_till(a_shop(), app.test_client()))
        db.session.remove()
    _purchase(till, 0)

    counted = [_counted(app, till, number, tmp_path / "wire") for number in range(1, 7)]

    with app.app_context():
        db.engine.dispose()
    assert 0 < min(counted) <= MOST  # what is remembered for a second is read again once in a second


def _counted(app: Flask, till: Till, number: int, wire: Path) -> int:
    with app.app_context():
        connection = raw().pgconn  # the pool hands the same one out again
        db.session.remove()
        count, plain = statements(connection, wire, lambda: _purchase(till, number))
    assert plain == ["BEGIN", "COMMIT"]
    return count


def _purchase(till: Till, number: int) -> None:
    assert till.post("/purchases", a_body(899, 455), Idempotency_Key=f"key {number}").status_code == 201
