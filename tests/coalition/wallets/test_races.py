"""Races with real sessions and real commits: one key has one effect, and the last points go one way only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import pytest
from flask import Flask

from coalition import programs, wallets
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Refusal
from coalition.ledger import posting
from tests import guards, racing
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


def at_once(app: Flask, works: list[Callable[[], tuple[object, bool]]]) -> list[str]:
    """Run the works in sessions of their own, all starting together; how each of them ended."""

    def one(work: Callable[[], tuple[object, bool]]) -> str:
        try:
            _, replayed = transact(work)
        except Refusal as refused:
            return refused.code
        return "replayed" if replayed else "won"

    return racing.at_once(app, [partial(one, work) for work in works])


@pytest.mark.parametrize("way", WAYS)
def test_eight_sessions_with_one_key_have_one_effect_and_one_answer(live: Flask, way: str) -> None:
    there = transact(lambda: elsewhere(100 * ROUNDS))
    world = there.world
    for at in range(ROUNDS):
        spend = transact(partial(world.spend, 10, f"K-{at}"))

        ends = at_once(live, [partial(WAYS[way], spend, there)] * CLIENTS)

        assert sorted(ends) == ["replayed"] * (CLIENTS - 1) + ["won"]
    assert world.balance().available == 90 * ROUNDS


@pytest.mark.parametrize("way", WAYS)
def test_eight_sessions_that_want_the_last_points_and_one_gets_them(live: Flask, way: str) -> None:
    there = transact(lambda: elsewhere(0))
    world = there.world
    for at in range(ROUNDS):
        transact(lambda: world.give(10))
        wishes = [transact(partial(world.spend, 10, f"K-{at}-{n}")) for n in range(CLIENTS)]

        ends = at_once(live, [partial(WAYS[way], wish, there) for wish in wishes])

        assert sorted(ends) == ["insufficient_points"] * (CLIENTS - 1) + ["won"]
    assert world.balance().available == 0


def test_two_relatives_who_give_to_each_other_at_once_never_wait_for_ever(live: Flask) -> None:
    there = transact(lambda: elsewhere(ROUNDS * CLIENTS))
    world, relative_id = there.world, there.relative_id
    transact(lambda: world.give(ROUNDS * CLIENTS, member_id=relative_id))
    for at in range(ROUNDS):
        forth = [transact(partial(world.spend, 1, f"F-{at}-{n}")) for n in range(CLIENTS // 2)]
        back = [transact(partial(world.spend, 1, f"B-{at}-{n}", member_id=relative_id)) for n in range(CLIENTS // 2)]
        works = [partial(wallets.transfer, wish, relative_id) for wish in forth]
        works += [partial(wallets.transfer, wish, world.member_id) for wish in back]

        assert at_once(live, works) == ["won"] * CLIENTS
    assert world.balance().available == world.balance(relative_id).available == ROUNDS * CLIENTS


@pytest.fixture
def unguarded(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, of whose laws nobody asks afterwards."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


CONTROLS = {
    **{
        f"one key: {way}": partial(test_eight_sessions_with_one_key_have_one_effect_and_one_answer, way=way)
        for way in WAYS
    },
    **{
        f"the last points: {way}": partial(test_eight_sessions_that_want_the_last_points_and_one_gets_them, way=way)
        for way in WAYS
    },
    "two relatives": test_two_relatives_who_give_to_each_other_at_once_never_wait_for_ever,
}


@pytest.mark.parametrize("name", CONTROLS)
def test_without_its_guard_a_race_is_lost(
    unguarded: Flask, fresh_database: Config, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The keys' rows are what a replay is known by, so that without them it is lost in turn, too."""
    url = fresh_database.owner_url
    monkeypatch.setitem(globals(), "ROUNDS", 4)
    if name.startswith("one key"):
        for table in ("entry", "hold", "wallet_deed", "exchange"):
            guards.forgetting(url, table)
        racing.assert_lost(lambda: CONTROLS[name](unguarded), at_once=True)
        return
    guards.without_locks(url)
    monkeypatch.setattr(posting, "LOCK", "SELECT FROM wallet WHERE account_id = ANY(%s)")
    racing.assert_lost(lambda: CONTROLS[name](unguarded), at_once=False)
    guards.dawdling(url, "entry")
    racing.assert_lost(lambda: (CONTROLS[name](unguarded), assert_laws_hold()), at_once=True)
