"""Returns in the catalog's console: let in, received, inspected, and paid back piece by piece."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import orders, shipments
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind
from tests.catalog.orders.returning.test_returning import a_delivered_order, ask
from tests.coalition.console.conftest import signed_in

RETURNS = "/console/catalog/returns"


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET))
    return transact(a_world)


@pytest.fixture
def keeper(app: Flask, world: World) -> FlaskClient:
    return signed_in(app, "keeper@coral.test", "catalog")


@pytest.fixture
def asked(world: World) -> orders.Return:
    return ask(world, a_delivered_order(world, 3), 2)


def page_of(found: orders.Return) -> str:
    return f"{RETURNS}/{ids.public('rma', found.id)}"


def test_a_return_goes_from_the_request_to_the_refund(keeper: FlaskClient, world: World, asked: orders.Return) -> None:
    page, before = page_of(asked), world.balance().available

    assert ids.public("rma", asked.id) in keeper.get(RETURNS).text
    assert "Let them send it" in keeper.get(page).text
    steps = [
        keeper.post(f"{page}/authorize", data={"note": "Send it"}),
        keeper.post(f"{page}/receive", data={"qty_1": "2"}),
        keeper.post(f"{page}/inspect", data={}),
        keeper.post(f"{page}/decide", data={"qty_1": "1", "note": "One was worn"}),
    ]

    assert [one.status_code for one in steps] == [303] * 4
    text = keeper.get(page).text
    assert "One was worn" in text
    assert "1,000 points" in text
    assert world.balance().available == before + 1000
    assert transact(lambda: orders.find_return(world.program.id, asked.id)).items[0].acceptance == "partly"
    assert "No returns here" in keeper.get(f"{RETURNS}?group=requested").text


def test_a_refusal_needs_a_word_to_the_member(keeper: FlaskClient, world: World, asked: orders.Return) -> None:
    page = page_of(asked)

    without = keeper.post(f"{page}/refuse", data={"note": " "})
    done = keeper.post(f"{page}/refuse", data={"note": "It was worn"})
    again = keeper.post(f"{page}/refuse", data={"note": "It was worn"})

    assert [one.status_code for one in (without, done, again)] == [422, 303, 409]
    assert 'href="#note"' in without.text
    assert transact(lambda: orders.find_return(world.program.id, asked.id)).state == "refused"


@pytest.mark.parametrize("qty", ["3", "-1", "some"])
def test_no_more_is_received_than_was_sent(keeper: FlaskClient, asked: orders.Return, qty: str) -> None:
    page = page_of(asked)
    keeper.post(f"{page}/authorize", data={})

    answer = keeper.post(f"{page}/receive", data={"qty_1": qty})

    assert answer.status_code == 422
    assert 'href="#qty_1"' in answer.text


def test_support_reads_returns_and_leaves_them_to_catalog_managers(app: Flask, asked: orders.Return) -> None:
    support = signed_in(app, "support@coral.test", "support")

    assert "What next" not in support.get(page_of(asked)).text
    assert support.post(f"{page_of(asked)}/authorize").status_code == 403


def test_what_is_not_there_is_not_found(keeper: FlaskClient, asked: orders.Return) -> None:
    assert keeper.get(f"{RETURNS}/rma_0000000000zzz").status_code == 404
    assert keeper.post(f"{page_of(asked)}/burn").status_code == 404


def test_returns_are_named_on_their_order_and_speak_russian(keeper: FlaskClient, asked: orders.Return) -> None:
    order = keeper.get(f"/console/catalog/orders/{ids.public('ord', asked.order_id)}").text

    assert ids.public("rma", asked.id) in order
    for path in (RETURNS, page_of(asked)):
        assert "Возврат" in keeper.get(path, headers={"Accept-Language": "ru"}).text


def test_the_parcel_that_comes_back_is_followed(keeper: FlaskClient, world: World, asked: orders.Return) -> None:
    page = page_of(asked)
    keeper.post(f"{page}/authorize", data={"note": "Send it"})
    at = clock.now() + dt.timedelta(minutes=1)

    nothing = keeper.post(f"{page}/parcel", data={"carrier": "balticpost", "tracking_no": " "})
    named = keeper.post(f"{page}/parcel", data={"carrier": "balticpost", "tracking_no": "BACK-1"})
    transact(lambda: shipments.scan("balticpost", {"BACK-1": [shipments.Scan("in_transit", at)]}))

    assert (nothing.status_code, 'href="#tracking_no"' in nothing.text) == (422, True)
    assert "The parcel is followed" in keeper.get(named.location).text
    assert transact(lambda: orders.find_return(world.program.id, asked.id)).state == "in_transit"
