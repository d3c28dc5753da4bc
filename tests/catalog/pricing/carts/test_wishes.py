"""A wish list remembers the price that was seen; what was looked at is remembered for a while."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import pricing, rewards
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Invalid, NotFound
from tests.catalog.builders import a_supplier, offers_in_stock
from tests.catalog.orders.builders import World, a_world


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def wish(world: World, at: int) -> bool:
    return transact(lambda: pricing.wish(world.program.id, world.member_id, world.rewards[at].id))


def look(world: World, reward_id: int) -> None:
    transact(lambda: pricing.note_view(world.program.id, world.member_id, reward_id))


def wishes(world: World) -> list[pricing.Wish]:
    return transact(lambda: pricing.wishes(world.program.id, world.member_id))


def viewed(world: World) -> list[int]:
    return [one.id for one in transact(lambda: pricing.viewed(world.program.id, world.member_id))]


def test_a_wish_keeps_the_price_of_the_first_time(world: World) -> None:
    assert wish(world, 0)
    transact(lambda: execute("UPDATE reward SET points = 1500"))

    assert not wish(world, 0)

    (found,) = wishes(world)
    assert (found.reward.id, found.points_then, found.points) == (world.rewards[0].id, 1000, 1500)
    assert transact(lambda: pricing.wished(world.member_id)) == {world.rewards[0].id}


def test_a_wish_can_be_given_up_and_outlives_the_shelf(world: World) -> None:
    wish(world, 0)
    wish(world, 1)
    transact(lambda: execute("UPDATE reward SET state = 'hidden'"))

    transact(lambda: pricing.forget_wish(world.member_id, world.rewards[0].id))

    assert [one.reward.state for one in wishes(world)] == ["hidden"]
    with pytest.raises(NotFound):
        wish(world, 2)


def test_wishes_have_an_end(world: World) -> None:
    shelf = a_stocked_shelf(world, 101)
    for reward_id in shelf[:100]:
        transact(lambda wanted=reward_id: pricing.wish(world.program.id, world.member_id, wanted))  # type: ignore[misc]

    with pytest.raises(Invalid) as refused:
        transact(lambda: pricing.wish(world.program.id, world.member_id, shelf[100]))

    assert refused.value.code == "wishes_full"
    assert len(wishes(world)) == 100


def test_only_the_last_two_dozen_looks_are_remembered(world: World) -> None:
    shelf = a_stocked_shelf(world, 26)
    for reward_id in shelf:
        look(world, reward_id)
        transact(lambda: execute("UPDATE reward_view SET seen_at = seen_at - interval '2 minutes'"))

    look(world, shelf[5])

    assert viewed(world) == [shelf[5], *reversed(shelf[6:]), shelf[4], shelf[3], shelf[2]][:24]


def test_looks_are_forgotten_on_request_and_with_the_reward(world: World) -> None:
    look(world, world.rewards[0].id)
    look(world, world.rewards[1].id)
    transact(lambda: execute("UPDATE reward SET state = 'hidden' WHERE id = :id", {"id": world.rewards[0].id}))
    assert viewed(world) == [world.rewards[1].id]

    transact(lambda: pricing.forget_views(world.member_id))

    assert viewed(world) == []


def a_stocked_shelf(world: World, many: int) -> list[int]:
    """More rewards of another supplier, by rising id."""
    supplier = transact(lambda: a_supplier(world.program))
    transact(lambda: offers_in_stock(supplier, **{f"B{at:03d}": 1 for at in range(many)}))
    query = rewards.RewardQuery(supplier=supplier.code, sort="new")
    return sorted(one.id for one in rewards.search(world.program.id, query, limit=200).items)
