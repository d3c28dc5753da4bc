"""A find becomes an ordinary reward for its member: quoted at its frozen price, shown and sold to nobody else."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import pricing, rewards, suppliers
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from tests.catalog.builders import a_category, a_supplier
from tests.catalog.orders.builders import HOME, World, a_member, a_world, assert_laws_hold
from tests.catalog.suppliers.test_booking import ANNA, TODAY, a_flight, a_hall


@pytest.fixture
def world(app: Flask) -> World:
    return transact(_world)


def _world() -> World:
    world = a_world()
    a_category(world.program, "flights", kind="flight")
    a_category(world.program, "events", kind="event")
    return world


def _found(world: World, *refs: str) -> list[suppliers.BookableOffer]:
    """Flights that the world's member has found, with their travellers, at a supplier of their own."""
    supplier = a_supplier(world.program, "aero", margin_bp=1000)
    kept = suppliers.keep_flights(supplier.id, world.member_id, [a_flight(ref) for ref in refs or ("off_1",)])
    for one in kept:
        suppliers.name_travellers(world.member_id, one.id, [ANNA], TODAY)
    return [suppliers.bookable(world.member_id, one.id) for one in kept]


def _quote(world: World, *lines: tuple[int, int], member_id: int | None = None) -> pricing.Quote:
    asked = member_id or world.member_id
    return transact(lambda: pricing.quote(world.program.id, asked, lines, None, HOME, partner_id=world.partner.id))


def test_a_find_is_quoted_at_its_cost_with_the_margin_until_its_price_lapses(world: World) -> None:
    [find] = transact(lambda: _found(world))
    reward = transact(lambda: rewards.shelve(world.program.id, world.member_id, find.id))
    again = transact(lambda: rewards.shelve(world.program.id, world.member_id, find.id))

    quoted = _quote(world, (reward.id, 1))

    assert again.id == reward.id
    assert (reward.kind, reward.title_en, reward.state) == ("flight", find.title, "hidden")
    face = world.rewards[0].points / world.rewards[0].cost_minor
    assert reward.points == rewards.points_of(world.program.id, find) == -(-int(12345 * 11 * face) // 10)
    assert (quoted.lines[0].unit_points, quoted.lines[0].unit_cost_minor) == (reward.points, 12345)
    assert quoted.lines[0].supplier_sku == "off_1"
    assert quoted.expires_at == find.expires_at
    assert_laws_hold()


def test_a_find_is_in_no_grid_and_nobody_elses(world: World) -> None:
    [find] = transact(lambda: _found(world))
    reward = transact(lambda: rewards.shelve(world.program.id, world.member_id, find.id))
    stranger = transact(lambda: a_member(world.program, world.partner))

    assert reward.id not in {one.id for one in rewards.search(world.program.id, rewards.RewardQuery()).items}
    with pytest.raises(NotFound):
        transact(lambda: rewards.shelve(world.program.id, stranger, find.id))
    with pytest.raises(Invalid):
        _quote(world, (reward.id, 1), member_id=stranger)


def test_a_find_whose_price_has_lapsed_is_not_quoted(world: World) -> None:
    [find] = transact(lambda: _found(world))
    reward = transact(lambda: rewards.shelve(world.program.id, world.member_id, find.id))
    transact(lambda: execute("UPDATE bookable_offer SET expires_at = now()"))

    with pytest.raises(Invalid):
        _quote(world, (reward.id, 1))
    with pytest.raises(NotFound):
        transact(lambda: rewards.shelve(world.program.id, world.member_id, find.id))


def test_a_flight_without_travellers_and_two_at_once_are_pointed_at(world: World) -> None:
    first, second = transact(lambda: _found(world, "off_1", "off_2"))
    transact(lambda: execute("UPDATE bookable_offer SET travellers = NULL WHERE offer_ref = 'off_2'"))
    ids = [
        transact(lambda one=one: rewards.shelve(world.program.id, world.member_id, one.id)).id
        for one in (first, second)
    ]

    with pytest.raises(Invalid) as refused:
        _quote(world, (ids[0], 1), (ids[1], 1))

    told = [(one.pointer, one.code) for one in refused.value.errors]
    assert told == [
        ("/lines/0/reward_id", "one_at_a_time"),
        ("/lines/1/reward_id", "one_at_a_time"),
        ("/lines/1/reward_id", "travellers_missing"),
    ]


def test_seats_are_ordered_together(world: World) -> None:
    supplier = transact(lambda: a_supplier(world.program, "stage"))
    find = transact(lambda: suppliers.keep_seats(supplier.id, world.member_id, a_hall(), ["A-1", "A-2"]))
    reward = transact(lambda: rewards.shelve(world.program.id, world.member_id, find.id))

    quoted = _quote(world, (reward.id, 2), (world.rewards[0].id, 1))

    assert [line.qty for line in quoted.lines] == [2, 1]
    assert quoted.expires_at <= find.expires_at + dt.timedelta(seconds=1)
    with pytest.raises(Invalid):
        _quote(world, (reward.id, 1))


def test_a_program_without_a_shelf_for_it_sells_no_flight(world: World) -> None:
    [find] = transact(lambda: _found(world))
    transact(lambda: execute("UPDATE category SET kind = 'goods' WHERE kind = 'flight'"))

    with pytest.raises(Conflict) as refused:
        transact(lambda: rewards.shelve(world.program.id, world.member_id, find.id))

    assert refused.value.code == "not_sold_here"
