"""Foreign programs over HTTP: what an answer means, and that after any chaos both books agree."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from coalition.kernel import jobs, ports
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_all, transact
from coalition.kernel.embedded import free_port
from coalition.ports import Agreed, Declined, ForeignAccess, ForeignOutcome, ForeignProgram, NotNow, Unsure
from integrations.programs.gateway import HttpForeignProgram
from tests.coalition.wallets.builders import SECRET, World, a_world, assert_laws_hold, hurry

ROOT = Path(__file__).resolve().parents[2]
MOODS = ("timeout", "timeout_before", "error_after_accept", "reject", "pending", "unavailable", "slow")


class Simulator:
    """One simulator process, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()
        self.secret = httpx.get(f"{self.url}/control/secrets").json()["programs"]["northmiles"]

    def start(self) -> None:
        options = ["--port", str(self.port), "--callback-base", "http://127.0.0.1:9", "--state-dir", str(self.folder)]
        self.process = subprocess.Popen([sys.executable, "-m", "integrations.simulator", *options], cwd=ROOT)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}/healthz").raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise TimeoutError("the simulator does not start")

    def access(self) -> ForeignAccess:
        return ForeignAccess("northmiles", f"{self.url}/programs/northmiles", self.secret)

    def book(self) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/control/book").json()["credits"])

    def answer_next(self, answer: str, times: int = 1) -> None:
        wish = {"supplier": "northmiles", "answer": answer, "times": times}
        httpx.post(f"{self.url}/control/next", json=wish).raise_for_status()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A foreign program in a process of its own."""
    running = Simulator(tmp_path_factory.mktemp("simulator"))
    yield running
    running.process.terminate()
    assert running.process.wait(10) == 0


@pytest.fixture
def gateway() -> HttpForeignProgram:
    """Our adapter, with little patience."""
    return HttpForeignProgram(httpx.Client(timeout=httpx.Timeout(0.8), trust_env=False))


@pytest.mark.parametrize(
    ("mood", "first", "looked_up"),
    [
        ("timeout", Unsure, Agreed),
        ("timeout_before", Unsure, NotNow),
        ("error_after_accept", Unsure, Agreed),
        ("reject", Declined, Declined),
        ("pending", Unsure, Agreed),
        ("unavailable", NotNow, NotNow),
        ("slow", Agreed, Agreed),
    ],
)
def test_every_mood_is_understood_and_the_same_reference_credits_once(
    simulator: Simulator, gateway: HttpForeignProgram, mood: str, first: type, looked_up: type
) -> None:
    ref, access = f"exc_{mood}", simulator.access()
    simulator.answer_next(mood)

    answer = gateway.credit(access, ref, "NM1234567", 150)
    status = gateway.status(access, ref)
    again = gateway.credit(access, ref, "NM1234567", 150)

    assert (type(answer), type(status)) == (first, looked_up)
    assert type(again) is (Declined if mood == "reject" else Agreed)
    assert [row["state"] for row in simulator.book() if row["ref"] == ref] == [
        "refused" if mood == "reject" else "done"
    ]


def test_a_credit_is_taken_back_once_and_a_stranger_is_not_admitted(
    simulator: Simulator, gateway: HttpForeignProgram
) -> None:
    access = simulator.access()
    gateway.credit(access, "exc_a", "NM1234567", 10)

    assert isinstance(gateway.take_back(access, "exc_b", "exc_a"), Agreed)
    assert gateway.take_back(access, "exc_c", "exc_a") == Declined("already_reversed")
    assert gateway.credit(access, "exc_d", "nobody", 10) == Declined("unknown_account")
    assert gateway.credit(replace(access, secret=SECRET), "exc_e", "NM1234567", 10) == NotNow(60.0)
    assert gateway.credit(replace(access, base_url="http://127.0.0.1:9"), "exc_e", "NM1", 10) == NotNow(5.0)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"[" * 200_000, b'{"state": "done"}', b'{"state": "done", "reference": "X\\u0000"}']
)
def test_an_answer_that_cannot_be_read_or_kept_leaves_us_in_doubt(content: bytes) -> None:
    assert _answer(201, content) == Unsure()


@pytest.mark.parametrize(("status", "outcome"), [(500, Unsure()), (404, Unsure()), (422, Declined("refused"))])
def test_what_else_a_status_means(status: int, outcome: ForeignOutcome) -> None:
    assert _answer(status, b"<html>") == outcome


def _answer(status: int, content: bytes) -> ForeignOutcome:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=content)))
    access = ForeignAccess("north", "http://north.example", SECRET)
    return HttpForeignProgram(client).credit(access, "exc_1", "NM1234567", 1)


@pytest.fixture
def world(fresh_database: Config, simulator: Simulator, gateway: HttpForeignProgram) -> Iterator[World]:
    """A member whose points go to the simulator, on a database with real commits."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        ports.bind(ForeignProgram, gateway)
        made = transact(lambda: a_world(100_000))
        where = {"url": simulator.access().base_url, "secret": simulator.secret}
        transact(lambda: execute("UPDATE foreign_program SET base_url = :url, secret = :secret", where))
        yield made
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()


@pytest.mark.processes
def test_after_chaos_and_a_killed_program_both_books_agree(world: World, simulator: Simulator) -> None:
    before = {row["ref"] for row in simulator.book()}
    made = []
    for mood in (*MOODS, "timeout", "error_after_accept"):
        simulator.answer_next(mood)
        made.append(transact(lambda: world.exchange(100)))
        hurry()
        jobs.run_due(20)
    simulator.process.kill()
    simulator.process.wait()
    made.append(transact(lambda: world.exchange(100)))
    hurry()
    jobs.run_due(20)
    simulator.start()

    for _ in range(6):
        hurry()
        jobs.run_due(50)

    states = [world.find(one).state for one in made]
    theirs = [row for row in simulator.book() if row["ref"] not in before and row["state"] == "done"]
    assert sorted(states) == ["confirmed"] * 9 + ["rejected"]
    assert sum(row["amount"] for row in theirs) == 9 * 50
    ours = {row.client_ref for row in fetch_all("SELECT client_ref FROM exchange_leg WHERE state = 'confirmed'")}
    assert ours == {row["ref"] for row in theirs}
    assert (world.balance().available, world.balance().held) == (100_000 - 9 * 100, 0)
