"""Our own pools in a supplier's place: an order for codes is issued at once, with its codes and nobody else's."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import orders, rewards, suppliers
from catalog.ports import Accepted, NotFound, Rejected, SupplierGateway
from coalition.kernel import jobs, ports
from coalition.kernel.db import db, execute, fetch_all, transact
from integrations.suppliers.gateway import ProtocolGateway
from tests.catalog.orders.builders import HOME, World, a_world, assert_laws_hold


@pytest.fixture
def world(app: Flask) -> World:
    """A shop whose supplier is served from our pools: three codes of the first reward, none of the others."""
    ports.bind(SupplierGateway, ProtocolGateway())

    def create() -> World:
        world = a_world()
        execute("UPDATE offer SET electronic = true")
        execute("UPDATE supplier SET protocol = 'pool'")
        rewards.publish(world.supplier.id)
        for one in world.rewards:
            rewards.open_pool(world.program.id, one.offer_id)
        rewards.upload_codes(world.program.id, world.rewards[0].offer_id, ["AAA", "BBB", "CCC"])
        return world

    return transact(create)


def _place(world: World, qty: int) -> orders.Order:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, qty))))
    jobs.run_due(20)
    db.session.rollback()
    return world.find(order)


def test_an_order_for_codes_is_issued_with_codes_of_its_own(world: World) -> None:
    first, second = _place(world, 2), _place(world, 1)

    shown = [[one.content for one in orders.show(order.id)] for order in (first, second)]
    assert shown == [["AAA", "BBB"], ["CCC"]]
    assert {share.state for order in (first, second) for share in order.consignments} <= {"issued", "closed"}
    assert world.reward().available == 0
    assert_laws_hold()
    rows = fetch_all("SELECT count(*) AS n FROM code_issue")
    assert rows[0].n == 3


def test_the_same_reference_is_answered_with_the_same_codes_and_an_unknown_one_is_not_found(world: World) -> None:
    order = _place(world, 2)
    access = transact(lambda: suppliers.access(world.supplier.id))
    ref = order.consignments[0].client_ref
    db.session.rollback()
    gateway = ports.get(SupplierGateway)

    answers = [gateway.confirm(access, ref, (), HOME), gateway.status(access, ref)]

    assert all(isinstance(answer, Accepted) and answer.issued for answer in answers)
    assert answers[0] == answers[1]
    assert isinstance(gateway.status(access, "con_unknown"), NotFound)


def test_a_pool_that_is_short_refuses_and_gives_nothing_out(world: World) -> None:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 2))))
    transact(lambda: execute("UPDATE code SET expires_on = '2020-01-01'"))

    jobs.run_due(20)
    db.session.rollback()

    assert world.find(order).state == "rejected"
    assert fetch_all("SELECT count(*) AS n FROM code_issue")[0].n == 0
    assert world.balance().available == 10_000


def test_what_has_no_pool_is_unknown(world: World) -> None:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 1))))
    access = transact(lambda: suppliers.access(world.supplier.id))
    transact(lambda: execute("DELETE FROM code"))
    transact(lambda: execute("DELETE FROM code_pool"))

    answer = ports.get(SupplierGateway).confirm(access, order.consignments[0].client_ref, (), HOME)

    assert answer == Rejected("unknown_sku")
