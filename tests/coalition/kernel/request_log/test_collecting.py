"""The log of requests: collected beside them, written in batches of its own, and never in their way."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel import clock, request_log
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_all, raw, transact
from coalition.kernel.request_log import Wanted, collector, search
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import CARD, a_body, a_shop
from tests.wire import statements
from wsgi import create_app

MOST = 8


def _logged(till: Till, **wanted: object) -> list[request_log.Logged]:
    collector().flush()
    clients = [row.id for row in fetch_all("SELECT id FROM oauth_client LIMIT 100")]
    return list(search(clients, Wanted(**wanted)).items)  # type: ignore[arg-type]


def test_a_request_is_kept_with_its_answer_and_without_its_body(till: Till) -> None:
    till.post("/purchases", a_body(discount_for=CARD), X_Request_Id="a-till-s-own-id")
    till.get(f"/purchases?external_id={CARD}")

    found, refused = _logged(till)

    assert (found.method, found.path, found.status) == ("GET", "/api/v1/purchases", 200)
    assert (refused.status, refused.code, refused.request_id) == (422, "invalid", "a-till-s-own-id")
    assert "/discount_for unknown_field" in refused.pointers
    assert CARD not in f"{found} {refused}"


def test_a_replay_is_said_to_be_one(till: Till) -> None:
    body = a_body()
    till.post("/purchases", body)
    till.post("/purchases", body)

    assert [one.replayed for one in _logged(till)] == [True, False]


def test_it_is_searched_by_status_path_id_and_time(till: Till) -> None:
    till.post("/purchases", a_body())
    till.get("/purchases/pur_0000000000zzz")
    till.post("/members/lookup", {"kind": "card", "value": CARD}, X_Request_Id="look-me-up")
    now = clock.now()

    assert [one.status for one in _logged(till, least=400)] == [404]
    assert [one.path for one in _logged(till, path="lookup")] == ["/api/v1/members/lookup"]
    assert [one.path for one in _logged(till, request_id="look-me-up")] == ["/api/v1/members/lookup"]
    assert _logged(till, since=now + dt.timedelta(seconds=5)) == []
    assert len(_logged(till, until=now + dt.timedelta(seconds=5))) == 3
    assert search([], Wanted()).items == []


def test_its_pages_join_without_a_gap(till: Till) -> None:
    for _ in range(3):
        till.get("/purchases/pur_0000000000zzz")
    collector().flush()
    clients = [row.id for row in fetch_all("SELECT id FROM oauth_client LIMIT 100")]

    first = search(clients, Wanted(), None, 2)
    last = search(clients, Wanted(), first.next_cursor, 2)

    assert [len(first.items), len(last.items), last.next_cursor] == [2, 1, None]
    assert len({one.id for one in (*first.items, *last.items)}) == 3


def test_after_thirty_days_it_is_forgotten(till: Till) -> None:
    till.get("/purchases/pur_0000000000zzz")
    till.get("/purchases/pur_0000000000zzz")
    collector().flush()
    execute("UPDATE request_log SET at = at - interval '31 days' WHERE id = (SELECT min(id) FROM request_log)")

    assert transact(lambda: request_log.clear_old(10)) == 1
    assert len(_logged(till)) == 1


def test_who_was_not_let_in_is_not_logged(till: Till) -> None:
    till.client.get("/api/v1/purchases/pur_0000000000zzz", headers={"Authorization": "Bearer wrong"})

    assert _logged(till) == []


def test_the_memory_that_waits_has_an_end(app: Flask, till: Till) -> None:
    till.get("/purchases/pur_0000000000zzz")
    entry = collector().waiting.pop()

    for _ in range(30_000):
        collector().take(entry)

    assert len(collector().waiting) == 20_000
    collector().waiting.clear()


@pytest.mark.processes
def test_a_purchase_spends_eight_statements_at_most_while_a_thread_writes_the_log(
    fresh_database: Config, tmp_path: Path
) -> None:
    app = create_app(replace(fresh_database, environment="demo"))
    with app.app_context():
        till = transact(lambda: a_till(a_shop(), app.test_client()))
        db.session.remove()
    till.post("/purchases", a_body())
    counts = []
    for number in range(6):
        with app.app_context():
            connection = raw().pgconn
            db.session.remove()
            bought = a_body(899, 455)
            counts.append(statements(connection, tmp_path / "wire", lambda body=bought: _bought(till, body))[0])  # type: ignore[misc]
        time.sleep(0.2 * (number % 2))

    with app.app_context():
        deadline = time.monotonic() + 10
        while not (rows := fetch_all("SELECT status FROM request_log LIMIT 100"))[6:] and time.monotonic() < deadline:
            db.session.rollback()
            time.sleep(0.1)
        db.session.remove()
        db.engine.dispose()
    assert 0 < min(counts) <= MOST
    assert [row.status for row in rows] == [201] * 7


def _bought(till: Till, body: dict[str, object]) -> None:
    assert till.post("/purchases", body, Idempotency_Key=str(body["external_id"])).status_code == 201
