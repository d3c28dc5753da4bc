"""A real process killed and started again: one supplier order, one capture. Every single point: `test_mortality`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel.config import ROOT, Config
from coalition.kernel.db import db, execute, fetch_one, transact
from tests.catalog.orders.builders import World, a_world, assert_laws_hold

pytestmark = pytest.mark.processes


@dataclass(frozen=True, slots=True)
class Workshop:
    """A database of its own and processes that work on it."""

    world: World
    config: Config
    folder: Path

    def run(self, *order: object, crash_at: str = "") -> int:
        command = [sys.executable, "-m", "tests.catalog.orders.crashing", str(self.folder), *map(str, order)]
        environment = {
            **os.environ,
            "COALITION_ENV": "test",
            "SECRET_KEY": self.config.secret_key,
            "DATABASE_URL": self.config.database_url,
            "DATABASE_OWNER_URL": self.config.owner_url,
            "CRASH_AT": crash_at,
        }
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode


@pytest.fixture
def workshop(fresh_database: Config, tmp_path: Path) -> Iterator[Workshop]:
    from wsgi import create_app

    app: Flask = create_app(fresh_database)
    folder = tmp_path / "supplier"
    folder.mkdir()
    with app.app_context():
        yield Workshop(transact(a_world), fresh_database, folder)
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("point", ["after_rpc_before_record", "after_effect_before_ack"])
def test_a_worker_killed_anywhere_orders_and_captures_once(workshop: Workshop, point: str) -> None:
    order = transact(workshop.world.place)

    assert workshop.run(crash_at=point) == -signal.SIGKILL
    assert_laws_hold()
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE state IN ('due', 'running')"))
    workshop.run()

    now = workshop.world.find(order)
    assert (now.state, now.points_captured, workshop.world.balance().held) == ("placed", 1390, 0)
    requests = [line for file in workshop.folder.iterdir() for line in file.read_text().splitlines()]
    assert requests == ["request"]
    assert fetch_one("SELECT count(*) AS n FROM job WHERE state <> 'done'").n == 0


@pytest.mark.parametrize("point", ["before_commit", "after_commit_before_reply"])
def test_a_killed_request_sent_again_places_one_order(workshop: Workshop, point: str) -> None:
    world, quoted = workshop.world, transact(workshop.world.quote)
    order = (world.program.id, world.member_id, world.partner.id, quoted.id, "R-1")

    assert workshop.run(*order, crash_at=point) == -signal.SIGKILL
    assert workshop.run(*order) == 0

    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 1
    assert (world.balance().held, world.reward().available) == (1390, 4)
