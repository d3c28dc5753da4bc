"""The orders board: what waits for people, what is late, and one order with the decision that it asks for."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import orders
from catalog.ports import Caps
from coalition.kernel import ids
from coalition.kernel.db import execute, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind
from tests.catalog.orders.working import run_jobs
from tests.coalition.console.conftest import signed_in

BOARD = "/console/catalog/orders"


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


@pytest.fixture
def support(app: Flask, world: World) -> FlaskClient:
    return signed_in(app, "support@coral.test", "support")


@pytest.fixture
def keeper(app: Flask, world: World) -> FlaskClient:
    return signed_in(app, "keeper@coral.test", "catalog")


@pytest.fixture
def doubtful(world: World) -> orders.Order:
    """An order of which nobody knows what became: the supplier cannot be asked again."""
    bind(FakeSupplier(next=["lost_after"], can=Caps()))
    placed = transact(world.place)
    run_jobs()
    run_jobs()
    return placed


def test_support_sees_the_board_but_not_the_catalogs_other_pages(support: FlaskClient) -> None:
    assert support.get(BOARD).status_code == 200
    assert support.get("/console/catalog/feeds").status_code == 403


def test_support_reads_a_case_and_leaves_it_to_catalog_managers(support: FlaskClient, doubtful: orders.Order) -> None:
    page = f"{BOARD}/{ids.public('ord', doubtful.id)}"
    (case,) = transact(lambda: orders.cases_of(doubtful.id))

    assert "Catalog managers decide" in support.get(page).text
    assert support.post(f"{page}/cases/{case.id}", data={"decision": "wait", "reason": "x"}).status_code == 403


def test_what_a_machine_may_not_decide_is_asked_and_decided_once(keeper: FlaskClient, doubtful: orders.Order) -> None:
    page = f"{BOARD}/{ids.public('ord', doubtful.id)}"
    (case,) = transact(lambda: orders.cases_of(doubtful.id))
    decide = f"{page}/cases/{case.id}"

    assert "It cannot be asked" in keeper.get(BOARD).text
    assert "It never got the order" in keeper.get(page).text
    without = keeper.post(decide, data={"decision": "never_arrived", "reason": " "})
    unknown = keeper.post(decide, data={"decision": "burn", "reason": "x"})
    nameless = keeper.post(decide, data={"decision": "accepted", "reason": "They told us"})
    done = keeper.post(decide, data={"decision": "never_arrived", "reason": "They have no such order"})
    again = keeper.post(decide, data={"decision": "never_arrived", "reason": "Twice"})

    assert [one.status_code for one in (without, unknown, nameless, done, again)] == [422, 422, 422, 303, 409]
    assert 'href="#reason"' in without.text
    assert 'href="#external_id"' in nameless.text
    shown = keeper.get(page).text
    assert "They have no such order" in shown
    assert transact(lambda: orders.find(doubtful.program_id, doubtful.id)).state == "rejected"
    assert "Nothing to decide" in keeper.get(BOARD).text


def test_what_is_late_is_shown_by_supplier(support: FlaskClient, world: World) -> None:
    bind(FakeSupplier(next=["accept"]))
    placed = transact(world.place)
    run_jobs()
    late = "UPDATE consignment SET sla_due_at = now() - interval '1 second' WHERE order_id = :id"
    transact(lambda: execute(late, {"id": placed.id}))
    transact(orders.look_around)

    number = ids.public("ord", placed.id)
    assert number in support.get(f"{BOARD}?view=late").text
    assert number in support.get(f"{BOARD}?view=open").text
    assert number not in support.get(f"{BOARD}?view=stuck").text
    assert "No alarms" in support.get(f"{BOARD}?view=stuck").text
    assert "No parcel in trouble" in support.get(f"{BOARD}?view=parcels").text


def test_an_unknown_order_or_case_is_not_found(
    support: FlaskClient, keeper: FlaskClient, doubtful: orders.Order
) -> None:
    number = ids.public("ord", doubtful.id)
    assert support.get(f"{BOARD}/ord_0000000000zzz").status_code == 404
    assert keeper.post(f"{BOARD}/{number}/cases/99", data={"decision": "wait", "reason": "x"}).status_code == 404


def test_the_board_speaks_russian(support: FlaskClient, doubtful: orders.Order) -> None:
    page = f"{BOARD}/{ids.public('ord', doubtful.id)}"
    for path in (BOARD, page):
        assert "Получил ли поставщик заказ" in support.get(path, headers={"Accept-Language": "ru"}).text
