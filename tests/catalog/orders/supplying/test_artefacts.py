"""Codes and tickets: sealed, one for each piece, shown again and again, never replaced, never ordered twice."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import orders
from catalog.ports import Accepted, Artefact
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs, state_of


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier())


def two_codes(world: World) -> tuple[orders.Order, tuple[Artefact, ...]]:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 2))))
    sku = order.lines[0].supplier_sku
    return order, tuple(Artefact(sku, unit, "code", f"GIFT-{unit}") for unit in (1, 2))


def test_what_is_issued_with_the_acceptance_is_sealed_shown_and_paid_for(world: World, supplier: FakeSupplier) -> None:
    order, codes = two_codes(world)
    supplier.told = {"issued": True, "artefacts": codes}

    run_jobs()

    assert state_of(world, order) == ("completed", "closed")
    assert [(one.unit_no, one.content) for one in orders.show(order.id)] == [(1, "GIFT-1"), (2, "GIFT-2")]
    assert orders.show(order.id) == orders.show(order.id)
    assert not any(b"GIFT" in bytes(row.sealed) for row in fetch_all("SELECT sealed FROM artefact"))
    assert len(fetch_all("SELECT consignment_id FROM catalog_deliveries")) == 1
    assert [what for what, _ in supplier.calls] == ["confirm"]
    assert_laws_hold()


def test_what_is_issued_later_is_looked_up_until_it_is_complete(world: World, supplier: FakeSupplier) -> None:
    transact(lambda: execute("UPDATE supplier SET protocol = 'giftcode'"))
    order, codes = two_codes(world)
    supplier.told = {"artefacts": codes[:1]}

    run_jobs(2)
    assert state_of(world, order) == ("placed", "confirmed")
    supplier.told = {"artefacts": codes, "issued": True}
    run_jobs()

    assert state_of(world, order) == ("completed", "closed")
    assert len(orders.show(order.id)) == 2
    assert [what for what, _ in supplier.calls].count("confirm") == 1
    assert_laws_hold()


def test_a_piece_never_gets_another_code(world: World, supplier: FakeSupplier) -> None:
    order, codes = two_codes(world)
    supplier.told = {"artefacts": codes}
    run_jobs()
    other = (Artefact(codes[0].sku, 1, "code", "OTHER"), Artefact(codes[0].sku, 3, "code", "THIRD"))

    transact(lambda: orders.answered(order.consignments[0].id, Accepted("X", artefacts=other)))

    assert [one.content for one in orders.show(order.id)] == ["GIFT-1", "GIFT-2"]
    told = [row.action for row in fetch_all("SELECT action FROM audit WHERE action LIKE '%artefact' ORDER BY id")]
    assert told == ["order.second_artefact", "order.stray_artefact"]
    assert fetch_one("SELECT count(*) AS n FROM artefact").n == 2
    assert_laws_hold()
