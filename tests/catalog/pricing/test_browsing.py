"""The catalog by one's own prices: sorted, cut and paged by what the member would pay."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import pricing
from catalog.rewards import RewardQuery
from coalition.kernel.db import transact
from tests.catalog.orders.builders import a_member
from tests.catalog.pricing.worlds import PriceWorld, a_price_world, set_points


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    world = transact(a_price_world)
    transact(lambda: set_points([100, 200, 300, 400, 500, 600], world.shelves))
    transact(lambda: pricing.rebuild(world.program.id))
    last = world.shelves[5].reward_id
    transact(lambda: world.rule("gift", segment=None, scope="reward", scope_id=last, effect="fixed", value=150))
    transact(lambda: world.grant("gift"))
    return world


def _found(world: PriceWorld, query: RewardQuery, member_id: int | None, limit: int = 2) -> list[int]:
    places = {shelf.reward_id: at for at, shelf in enumerate(world.shelves)}
    found: list[int] = []
    cursor = None
    while True:
        page, total = pricing.browse(world.program.id, member_id, query, cursor=cursor, limit=limit)
        found += [places[one.id] for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            assert total == len(found)
            return found


def test_a_member_sorts_by_the_prices_that_the_member_would_pay(world: PriceWorld) -> None:
    other = transact(lambda: a_member(world.program, world.partner))

    assert _found(world, RewardQuery(sort="price"), world.member_id) == [0, 5, 1, 2, 3, 4]
    assert _found(world, RewardQuery(sort="-price"), world.member_id) == [4, 3, 2, 1, 5, 0]
    assert _found(world, RewardQuery(sort="price"), other) == [0, 1, 2, 3, 4, 5]
    assert _found(world, RewardQuery(sort="price"), None) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("sort", ["price", "new", "popular"])
def test_what_one_can_afford_goes_by_ones_own_prices(world: PriceWorld, sort: str) -> None:
    query = RewardQuery(max_points=200, sort=sort)

    assert sorted(_found(world, query, world.member_id)) == [0, 1, 5]
    assert sorted(_found(world, query, None)) == [0, 1]
    assert sorted(_found(world, RewardQuery(min_points=500, sort=sort), world.member_id)) == [4]


def test_other_filters_hold_too_and_equal_prices_are_paged_without_gaps(world: PriceWorld) -> None:
    assert _found(world, RewardQuery(category="below", sort="price"), world.member_id) == [5, 3, 4]
    transact(lambda: set_points([100] * 6, world.shelves))
    transact(lambda: pricing.rebuild(world.program.id))
    assert _found(world, RewardQuery(sort="price"), None) == [0, 1, 2, 3, 4, 5]
    assert _found(world, RewardQuery(sort="-price"), None) == [5, 4, 3, 2, 1, 0]


def test_what_nobody_has_computed_yet_stands_there_at_its_base_price(world: PriceWorld) -> None:
    from coalition.kernel.db import execute

    transact(lambda: execute("DELETE FROM price_base WHERE reward_id = :id", {"id": world.shelves[2].reward_id}))
    transact(lambda: execute("UPDATE pricebook SET version = nextval('pricebook_version'), base_version = version + 1"))

    assert _found(world, RewardQuery(sort="price"), world.member_id) == [0, 5, 1, 2, 3, 4]
