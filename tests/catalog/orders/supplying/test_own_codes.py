"""Codes of our own pools: issued at once by nobody else, once for each piece; the rest is asked of the supplier."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import orders, pricing, rewards
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs, state_of


@pytest.fixture
def world(app: Flask) -> World:
    """All rewards are sent by e-mail; the first is served from five codes."""

    def built() -> World:
        world = a_world(delivery_points=0)
        execute("UPDATE offer SET weight_g = NULL, electronic = true")
        pricing.offer_delivery(
            world.supplier.id, "email", kind="electronic", points=0, cost_minor=0, days_min=0, days_max=0
        )
        rewards.open_pool(world.program.id, world.rewards[0].offer_id)
        rewards.upload_codes(world.program.id, world.rewards[0].offer_id, [f"GIFT-{n}" for n in range(1, 6)])
        return world

    return transact(built)


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier())


def test_codes_of_ours_are_issued_without_asking_anybody(world: World, supplier: FakeSupplier) -> None:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 2))))

    run_jobs()

    assert (state_of(world, order), supplier.calls) == (("completed", "closed"), [])
    assert [one.content for one in orders.show(order.id)] == ["GIFT-1", "GIFT-2"]
    assert fetch_one("SELECT sum(cost_minor)::int AS owed FROM catalog_deliveries").owed == 0
    assert (world.reward().available, world.find(order).points_captured) == (3, 2000)
    assert_laws_hold()


def test_what_we_have_codes_of_is_a_consignment_apart(world: World, supplier: FakeSupplier) -> None:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 1), (world.rewards[1].id, 1))))

    run_jobs()

    parcels = world.find(order).consignments
    assert [parcel.state for parcel in parcels] == ["confirmed", "closed"]
    assert [len(parcel.lines) for parcel in parcels] == [1, 1]
    assert len(supplier.calls) == 1
    assert_laws_hold()


def test_a_pool_that_is_short_after_all_gives_everything_back(world: World, supplier: FakeSupplier) -> None:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 2))))
    transact(lambda: execute("UPDATE code SET expires_on = current_date - 1"))

    run_jobs()

    assert state_of(world, order) == ("rejected", "rejected")
    assert (world.find(order).reason, world.balance().available) == ("codes_missing", 10_000)
    assert fetch_all("SELECT code_id FROM code_issue") == []
