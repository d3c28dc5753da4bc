"""The same purchase from many tills at once, and a registry whose process dies: once is once. Real commits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from coalition import purchases
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.ledger import posting
from coalition.purchases import Recorded, Refused
from coalition.purchases.recording import storing
from tests import guards, racing
from tests.books import a_book
from tests.coalition.api.till import a_till
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_hold, a_receipt, a_shop, public_hold
from tests.coalition.purchases.registries.test_sheets import TITLES, a_sheets_row
from tests.coalition.purchases.registries.test_tables import HEADER, a_definition, a_row
from tests.conftest import ROOT

CLIENTS, ROUNDS = 8, 20
KEYS = (("purchase", "uq_purchase_external_id"), ("entry", "uq_entry_business_key"))


@pytest.mark.parametrize("batch", [1, 30])
def test_eight_tills_send_the_same_purchases_and_each_is_recorded_once(live: Flask, batch: int) -> None:
    with live.app_context():
        shop = transact(a_shop)
    for _ in range(ROUNDS):
        receipts = [a_receipt(1000) for _ in range(batch)]

        results = racing.at_once(live, [lambda receipts=receipts: transact(lambda: shop.record(*receipts))] * CLIENTS)  # type: ignore[misc]

        assert all(isinstance(one, Recorded) for answer in results for one in answer)
        fresh = [one.external_id for answer in results for one in answer if not one.replayed]
        assert sorted(fresh) == sorted(receipt.external_id for receipt in receipts)
        assert len({one.id for answer in results for one in answer}) == batch
    with live.app_context():
        assert transact(shop.available) == ROUNDS * batch * 5


def test_of_different_bodies_under_one_external_id_exactly_one_is_recorded(live: Flask) -> None:
    with live.app_context():
        shop = transact(a_shop)
    for at in range(ROUNDS):
        receipts = [a_receipt(1000 + client, external_id=f"SAME-{at}") for client in range(CLIENTS)]
        works = [lambda receipt=receipt: transact(lambda: shop.record(receipt)) for receipt in receipts]

        results = [one for (one,) in racing.at_once(live, works)]  # type: ignore[arg-type]

        assert sum(isinstance(one, Recorded) for one in results) == 1
        assert {one.refusal.code for one in results if isinstance(one, Refused)} == {"external_id_conflict"}


def test_one_hold_pays_exactly_one_of_eight_purchases(live: Flask) -> None:
    with live.app_context():
        shop = transact(a_shop)
        transact(lambda: shop.record(a_receipt(1_000_000)))
    for _ in range(ROUNDS):
        with live.app_context():
            hold = transact(lambda: a_hold(shop, 100))
        receipts = [a_receipt(1000, hold_id=public_hold(hold)) for _ in range(CLIENTS)]
        works = [lambda receipt=receipt: transact(lambda: shop.record(receipt)) for receipt in receipts]

        results = [one for (one,) in racing.at_once(live, works)]  # type: ignore[arg-type]

        assert sum(isinstance(one, Recorded) for one in results) == 1
        codes = {one.refusal.code for one in results if isinstance(one, Refused)}
        assert codes <= {"hold_closed", "hold_exceeded"}


@pytest.fixture
def unguarded(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, of whose laws nobody asks afterwards."""
    from wsgi import create_app

    app = create_app(fresh_database)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


CONTROLS: dict[str, tuple[Callable[[Flask], None], tuple[tuple[str, str], ...]]] = {
    "one by one": (partial(test_eight_tills_send_the_same_purchases_and_each_is_recorded_once, batch=1), KEYS),
    "in bulk": (partial(test_eight_tills_send_the_same_purchases_and_each_is_recorded_once, batch=30), KEYS),
    "different bodies": (test_of_different_bodies_under_one_external_id_exactly_one_is_recorded, KEYS),
    "a hold": (test_one_hold_pays_exactly_one_of_eight_purchases, ()),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_without_its_guard_a_race_is_lost(
    unguarded: Flask, fresh_database: Config, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Purchases are known again by their keys' rows, so that only the race for the hold is won in turn."""
    race, keys = CONTROLS[name]
    for table, key in keys:
        guards.without_constraint(fresh_database.owner_url, table, key)
    monkeypatch.setitem(globals(), "ROUNDS", 5)
    if not keys:
        guards.without_locks(fresh_database.owner_url)
        monkeypatch.setattr(posting, "LOCK", "SELECT FROM wallet WHERE account_id = ANY(%s)")
        unheld = storing.load_sql(storing.__file__, "insert_one.sql").replace(" FOR NO KEY UPDATE OF w", "")
        monkeypatch.setattr(storing, "load_sql", lambda *_: unheld)
        racing.assert_lost(lambda: race(unguarded), at_once=False)
    guards.dawdling(fresh_database.owner_url, "purchase" if keys else "entry")

    racing.assert_lost(lambda: race(unguarded), at_once=True)


@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "k"}])
def test_a_wallet_that_somebody_holds_too_long_is_busy_and_nothing_is_changed(
    live: Flask, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    with live.app_context():
        till = transact(lambda: a_till(a_shop(), live.test_client()))
        assert till.post("/purchases", a_body(1000)).status_code == 201
        body = a_body(1000)
        with db.engine.connect() as holder:
            holder.execute(db.text("SELECT FROM wallet FOR UPDATE"))

            answer = till.post("/purchases", body, **headers)

        assert (answer.status_code, answer.json["code"]) == (503, "busy")
        assert answer.headers["Retry-After"]
        again = till.post("/purchases", body, **headers)
        assert (again.status_code, again.json["balances"][0]["available"]) == (201, 10)


def test_a_purchase_over_http_takes_at_most_eight_statements(live: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with live.app_context():
        till = transact(lambda: a_till(a_shop(), live.test_client()))
    sent = _statements(monkeypatch)
    patience = time.monotonic() + 30

    def send() -> None:
        sent.clear()
        assert till.post("/purchases", a_body(1000)).status_code == 201

    send()
    while len(sent) > 8 and time.monotonic() < patience:
        time.sleep(0.1)  # accounts are remembered once no older transaction runs, in no test beside this one either
        send()

    assert len(sent) <= 8, "\n".join(sent)


@pytest.mark.processes
@pytest.mark.parametrize("form", ["lines", "table", "workbook"])
def test_a_registry_whose_process_is_killed_goes_on_without_loss_or_repetition(
    live: Flask, fresh_database: Config, tmp_path: Path, form: str
) -> None:
    with live.app_context():
        shop = transact(a_shop)
        transact(lambda: purchases.save_mapping(shop.partner.id, "till", a_definition()))
    lines, mapping = 12_000, None if form == "lines" else "till"
    file = tmp_path / "purchases"
    if form == "workbook":
        sheet = [a_sheets_row(f"R{at // 3}", 5 if at % 3 else 0, card=CARD) for at in range(3 * lines)]
        file.write_bytes(a_book(TITLES, *sheet, shared=True))
    elif form == "table":
        rows = [a_row(f"R{at // 3}", "10,00" if at % 3 else "0,00", card=CARD) for at in range(3 * lines)]
        file.write_text("\n".join((HEADER, *(row.replace("10,00", "5,00") for row in rows))), "windows-1251")
    else:
        file.write_text("".join(json.dumps(a_body(1000)) + "\n" for _ in range(lines)))

    process = _import(fresh_database, shop, file, mapping)
    with live.app_context():
        while not (counts := _counts()) or counts[0].lines == 0:
            db.session.remove()
            assert process.poll() is None, process.stderr and process.stderr.read()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        (broken,) = _counts()
        assert 0 < broken.lines < lines
        transact(lambda: db.session.execute(db.text("UPDATE job SET due_at = now() WHERE state = 'running'")))

    process = _import(fresh_database, shop, file, mapping)  # brings the first one to its end, too
    _, errors = process.communicate(timeout=120)

    assert process.returncode == 0, errors
    with live.app_context():
        first, second = _counts()
        assert (first.state, first.lines, first.accepted) == ("finished", lines, lines)
        assert (second.state, second.lines, second.replayed) == ("finished", lines, lines)
        assert transact(shop.available) == 5 * lines


def _import(config: Config, shop: Shop, file: Path, mapping: str | None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "flask", "coalition", "import-registry", str(file)]
    command += ["--partner", shop.partner.code, "--json", *(["--mapping", mapping] if mapping else [])]
    environment = {
        **os.environ,
        "COALITION_ENV": "test",
        "SECRET_KEY": config.secret_key,
        "DATABASE_URL": config.database_url.replace("+psycopg", ""),
        "DATABASE_OWNER_URL": config.owner_url.replace("+psycopg", ""),
        "FILES_DIR": str(config.files_dir),
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=environment, **pipes)  # type: ignore[call-overload, no-any-return]


def _counts() -> list[purchases.Registry]:
    def work() -> list[purchases.Registry]:
        ids = db.session.execute(db.text("SELECT id FROM registry ORDER BY id")).scalars()
        return [purchases.registry(number) for number in ids]

    return transact(work)


def _statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    import psycopg

    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def note(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(" ".join((query.decode() if isinstance(query, bytes) else str(query)).split())[:90])
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", note)
    return sent
