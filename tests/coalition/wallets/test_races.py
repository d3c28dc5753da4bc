"""Races with real sessions and real commits: one key has one effect, and the last points go one way only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from flask import Flask

from coalition import wallets
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Refusal
from tests.coalition.wallets.builders import World, a_world, assert_laws_hold

CLIENTS, ROUNDS = 8, 15
WAYS = {
    "donate": lambda spend, _: wallets.donate(spend, "greenfund"),
    "exchange": lambda spend, _: wallets.exchange(spend, "northmiles", "NM1234567"),
}


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()


def at_once(app: Flask, threads: ThreadPoolExecutor, works: list[Callable[[], tuple[object, bool]]]) -> list[str]:
    """Run the works in sessions of their own, all starting together; how each of them ended."""
    start = Barrier(len(works))

    def one(work: Callable[[], tuple[object, bool]]) -> str:
        with app.app_context():
            start.wait()
            try:
                _, replayed = transact(work)
            except Refusal as refused:
                return refused.code
            return "replayed" if replayed else "won"

    return list(threads.map(one, works))


@pytest.mark.parametrize("way", WAYS)
def test_eight_sessions_with_one_key_have_one_effect_and_one_answer(live: Flask, way: str) -> None:
    world = transact(lambda: a_world(100 * ROUNDS))
    with ThreadPoolExecutor(CLIENTS) as threads:
        for at in range(ROUNDS):
            spend = transact(partial(world.spend, 10, f"K-{at}"))

            ends = at_once(live, threads, [partial(WAYS[way], spend, world)] * CLIENTS)

            assert sorted(ends) == ["replayed"] * (CLIENTS - 1) + ["won"]
    assert world.balance().available == 90 * ROUNDS


@pytest.mark.parametrize("way", WAYS)
def test_eight_sessions_that_want_the_last_points_and_one_gets_them(live: Flask, way: str) -> None:
    world: World = transact(lambda: a_world(0))
    with ThreadPoolExecutor(CLIENTS) as threads:
        for at in range(ROUNDS):
            transact(lambda: world.give(10))
            wishes = [transact(partial(world.spend, 10, f"K-{at}-{n}")) for n in range(CLIENTS)]

            ends = at_once(live, threads, [partial(WAYS[way], wish, world) for wish in wishes])

            assert sorted(ends) == ["insufficient_points"] * (CLIENTS - 1) + ["won"]
    assert world.balance().available == 0
