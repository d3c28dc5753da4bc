"""Killed at any point and started again, points are moved once, and both programs' books agree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask

from coalition.kernel.config import ROOT, Config
from coalition.kernel.db import db, fetch_one, transact
from tests.coalition.wallets.builders import (
    World,
    a_world,
    another_member,
    assert_laws_hold,
    become_family,
    hurry,
    miles,
)

pytestmark = pytest.mark.processes
WORKING = ["before_begin", "before_commit", "after_commit_before_reply", "before_rpc", "after_rpc_before_record"]
WAYS = ["donate", "exchange", "transfer", "convert", "adjust"]


@dataclass(frozen=True, slots=True)
class Workshop:
    """A database of its own and processes that work on it."""

    world: World
    other_id: int
    config: Config
    folder: Path

    def move(self, way: str, crash_at: str = "") -> int:
        world = self.world
        numbers = (world.program.id, world.shop.id, world.member_id, self.other_id)
        return self.run(way, "X-1", *numbers, crash_at=crash_at)

    def run(self, *words: object, crash_at: str = "") -> int:
        command = [sys.executable, "-m", "tests.coalition.wallets.crashing", str(self.folder), *map(str, words)]
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

    def lines(self) -> list[str]:
        return [line for file in self.folder.iterdir() for line in file.read_text().splitlines()]


@pytest.fixture
def workshop(fresh_database: Config, tmp_path: Path) -> Iterator[Workshop]:
    from wsgi import create_app

    app: Flask = create_app(fresh_database)
    folder = tmp_path / "northmiles"
    folder.mkdir()
    with app.app_context():
        world = transact(a_world)
        other_id = transact(lambda: another_member(world.program, world.shop))
        transact(lambda: become_family(world.program, world.member_id, other_id))
        transact(lambda: miles(world, Decimal("0.5")))
        yield Workshop(world, other_id, fresh_database, folder)
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("point", [*WORKING, "after_effect_before_ack"])
def test_a_worker_killed_anywhere_credits_and_captures_once(workshop: Workshop, point: str) -> None:
    made = transact(lambda: workshop.world.exchange(300))

    assert workshop.run(crash_at=point) == -signal.SIGKILL
    assert_laws_hold()
    hurry()
    workshop.run()

    balance = workshop.world.balance()
    assert (workshop.world.find(made).state, balance.available, balance.held) == ("confirmed", 700, 0)
    assert workshop.lines() == ["credit 150"]
    assert fetch_one("SELECT count(*) AS n FROM job WHERE state <> 'done'").n == 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("point", ["before_begin", "before_commit", "after_commit_before_reply"])
def test_a_killed_request_sent_again_moves_the_points_once(workshop: Workshop, way: str, point: str) -> None:
    assert workshop.move(way, crash_at=point) == -signal.SIGKILL
    assert workshop.move(way) == 0

    assert workshop.world.balance().available == 700
