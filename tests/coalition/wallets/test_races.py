"""Races with real sessions and real commits: one key has one effect, and the last points go one way only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
from flask import Flask

from coalition import programs, wallets
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Refusal
from tests.coalition.wallets.builders import World, a_world, another_member, assert_laws_hold, become_family, miles

CLIENTS, ROUNDS = 8, 15
WAYS = {
    "donate": lambda spend, _: wallets.donate(spend, "greenfund"),
    "exchange": lambda spend, _: wallets.exchange(spend, "northmiles", "NM1234567"),
    "transfer": lambda spend, there: wallets.transfer(spend, there.relative_id),
    "convert": lambda spend, there: wallets.convert(spend, there.miles),
}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where points can go: a relative, and another currency at one for one."""

    world: World
    relative_id: int
    miles: programs.Currency


def elsewhere(points: int) -> Elsewhere:
    """A member with points, a relative and a second currency."""
    world = a_world(points)
    relative_id = another_member(world.program, world.shop)
    become_family(world.program, world.member_id, relative_id)
    return Elsewhere(world, relative_id, miles(world, Decimal(1)))


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
    there = transact(lambda: elsewhere(100 * ROUNDS))
    world = there.world
    with ThreadPoolExecutor(CLIENTS) as threads:
        for at in range(ROUNDS):
            spend = transact(partial(world.spend, 10, f"K-{at}"))

            ends = at_once(live, threads, [partial(WAYS[way], spend, there)] * CLIENTS)

            assert sorted(ends) == ["replayed"] * (CLIENTS - 1) + ["won"]
    assert world.balance().available == 90 * ROUNDS


@pytest.mark.parametrize("way", WAYS)
def test_eight_sessions_that_want_the_last_points_and_one_gets_them(live: Flask, way: str) -> None:
    there = transact(lambda: elsewhere(0))
    world = there.world
    with ThreadPoolExecutor(CLIENTS) as threads:
        for at in range(ROUNDS):
            transact(lambda: world.give(10))
            wishes = [transact(partial(world.spend, 10, f"K-{at}-{n}")) for n in range(CLIENTS)]

            ends = at_once(live, threads, [partial(WAYS[way], wish, there) for wish in wishes])

            assert sorted(ends) == ["insufficient_points"] * (CLIENTS - 1) + ["won"]
    assert world.balance().available == 0


def test_two_relatives_who_give_to_each_other_at_once_never_wait_for_ever(live: Flask) -> None:
    there = transact(lambda: elsewhere(ROUNDS * CLIENTS))
    world, relative_id = there.world, there.relative_id
    transact(lambda: world.give(ROUNDS * CLIENTS, member_id=relative_id))
    with ThreadPoolExecutor(CLIENTS) as threads:
        for at in range(ROUNDS):
            forth = [transact(partial(world.spend, 1, f"F-{at}-{n}")) for n in range(CLIENTS // 2)]
            back = [
                transact(partial(world.spend, 1, f"B-{at}-{n}", member_id=relative_id)) for n in range(CLIENTS // 2)
            ]
            works = [partial(wallets.transfer, wish, relative_id) for wish in forth]
            works += [partial(wallets.transfer, wish, world.member_id) for wish in back]

            assert at_once(live, threads, works) == ["won"] * CLIENTS
    assert world.balance().available == world.balance(relative_id).available == ROUNDS * CLIENTS
