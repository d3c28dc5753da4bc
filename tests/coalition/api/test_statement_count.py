"""What an online purchase asks of the database: counted on the wire, with real commits and warm memories."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalition.kernel.config import Config
from coalition.kernel.db import db, raw, transact
from tests.coalition.api.till import a_till
from tests.coalition.purchases.builders import a_body, a_shop
from wsgi import create_app

MOST = 8


@pytest.mark.processes
def test_a_purchase_takes_at_most_eight_statements(fresh_database: Config, tmp_path: Path) -> None:
    app = create_app(fresh_database)
    with app.app_context():
        till = transact(lambda: a_till(a_shop(), app.test_client()))
        db.session.remove()
    for key in ("first", "second"):
        assert till.post("/purchases", a_body(899), Idempotency_Key=key).status_code == 201

    with app.app_context():
        wire = raw().pgconn  # the pool hands the same one out again
        db.session.remove()
        with (tmp_path / "wire").open("wb") as trace:
            wire.trace(trace.fileno())
            answer = till.post("/purchases", a_body(899, 455), Idempotency_Key="third")
            wire.untrace()
        db.engine.dispose()

    lines = [line.split(b"\t") for line in (tmp_path / "wire").read_bytes().splitlines()]
    sent = [line[3:] for line in lines if len(line) > 4 and line[1] == b"F"]  # a line of an SQL text is no message
    controls = [told.strip() for kind, told, *_ in sent if kind == b"Query"]
    statements = [kind for kind, *_ in sent if kind == b"Execute"]
    assert answer.status_code == 201
    assert controls == [b'"BEGIN"', b'"COMMIT"']
    assert 0 < len(statements) <= MOST
