"""Parcels that come to nothing: their pieces are sent again, and nothing is delivered before they have come."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import shipments
from catalog.orders import Order
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.shipments.test_callbacks import a_sold_order


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET))
    return transact(a_world)


def sends(order: Order, number: str, qty: int) -> None:
    parcel = order.consignments[0].id
    transact(lambda: shipments.register(parcel, "balticpost", number, {order.lines[0].supplier_sku: qty}))


def said(number: str, status: str, minutes: int) -> None:
    at = clock.now() + dt.timedelta(minutes=minutes)
    transact(lambda: shipments.scan("balticpost", {number: [shipments.Scan(status, at)]}))


@pytest.mark.parametrize("end", ["lost", "damaged", "failed", "returned", "cancelled"])
def test_the_pieces_of_a_parcel_that_came_to_nothing_are_sent_again(world: World, end: str) -> None:
    order = a_sold_order(world, qty=3)
    sends(order, "P1", 2)
    sends(order, "P2", 1)
    with pytest.raises(Conflict, match="parcel_mismatch"):
        sends(order, "P3", 1)

    said("P1", end, 1)
    said("P2", "delivered", 2)
    before = world.find(order).consignments[0].state
    assert transact(lambda: shipments.is_owed(order.consignments[0].id))
    with pytest.raises(Conflict, match="parcel_mismatch"):
        sends(order, "P3", 3)
    sends(order, "P3", 2)
    said("P3", "delivered", 3)

    assert (before, world.find(order).consignments[0].state) == ("shipped", "delivered")
    assert_laws_hold()


def test_a_lost_parcel_that_turns_up_needs_no_other(world: World) -> None:
    order = a_sold_order(world, qty=2)
    sends(order, "P1", 2)

    said("P1", "lost", 1)
    said("P1", "delivered", 2)

    assert world.find(order).consignments[0].state == "delivered"
    assert not transact(lambda: shipments.is_owed(order.consignments[0].id))
    assert_laws_hold()


def test_both_may_come_in_the_end(world: World) -> None:
    order = a_sold_order(world, qty=2)
    sends(order, "P1", 2)

    said("P1", "lost", 1)
    sends(order, "P2", 2)
    said("P1", "delivered", 2)
    said("P2", "delivered", 3)

    assert world.find(order).consignments[0].state == "delivered"
    assert_laws_hold()
