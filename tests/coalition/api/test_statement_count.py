"""What an online purchase asks of the database: counted on the wire, with real commits and warm memories."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel.config import Config
from coalition.kernel.db import db, raw, transact
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_body, a_shop
from wsgi import create_app

MOST = 8


@pytest.mark.processes
def test_a_purchase_takes_at_most_eight_statements(fresh_database: Config, tmp_path: Path) -> None:
    app = create_app(fresh_database)
    with app.app_context():
        till = transact(lambda: a_till(a_shop(), app.test_client()))
        db.session.remove()
    assert till.post("/purchases", a_body(899), Idempotency_Key="first").status_code == 201

    counted = [_statements(app, till, number, tmp_path / "wire") for number in range(6)]

    with app.app_context():
        db.engine.dispose()
    assert 0 < min(counted) <= MOST  # what is remembered for a second is read again once in a second


def _statements(app: Flask, till: Till, number: int, wire: Path) -> int:
    with app.app_context():
        connection = raw().pgconn  # the pool hands the same one out again
        db.session.remove()
        with wire.open("wb") as trace:
            connection.trace(trace.fileno())
            answer = till.post("/purchases", a_body(899, 455), Idempotency_Key=f"key {number}")
            connection.untrace()
    lines = [line.split(b"\t") for line in wire.read_bytes().splitlines()]
    sent = [line[3:] for line in lines if len(line) > 4 and line[1] == b"F"]  # a line of an SQL text is no message
    assert answer.status_code == 201
    assert [told.strip() for kind, told, *_ in sent if kind == b"Query"] == [b'"BEGIN"', b'"COMMIT"']
    return sum(kind == b"Execute" for kind, *_ in sent)
