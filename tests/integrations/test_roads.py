"""Whatever happens to a simulated parcel, and in whatever mess it is told, we end where the carrier is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from catalog import orders, shipments
from coalition.kernel.db import fetch_one, transact
from integrations.simulator import carrying
from integrations.simulator.book import SCAN_EVERY, Book
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.shipments.test_callbacks import a_sold_order, carrier_says, shipped, supplier_says, work

NUMBER = carrying.tracking_number(1)


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET, number_forms=["s10"]))
    return transact(a_world)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    book = Book(tmp_path)
    book.set(**{SCAN_EVERY: 0.01})
    return book


def travel(book: Book, road: str, *, mess: bool, number: str = NUMBER) -> list[dict[str, Any]]:
    """The messages of a parcel's whole way, in the order in which they are to be told."""
    book.set(**{carrying.MESS: int(mess)})
    carrying.send(book, "balticpost", number, road)
    told = len(carrying.ROADS[road]) * (2 if mess else 1)
    while len(book.rows("SELECT 1 FROM message")) < told:
        carrying.advance(book)
    rows = book.rows("SELECT body FROM message ORDER BY due_at, id")
    book.write("DELETE FROM message")
    return [json.loads(row["body"]) for row in rows]


@pytest.mark.parametrize("mess", [False, True])
@pytest.mark.parametrize(
    ("road", "leg", "status", "incident", "state"),
    [
        ("home", "outbound", "delivered", "", "delivered"),
        ("pickup", "outbound", "delivered", "", "delivered"),
        ("customs", "outbound", "delivered", "", "delivered"),
        ("returned", "return", "returned", "", "shipped"),
        ("lost", "outbound", "lost", "carrier_parcel_lost", "shipped"),
        ("damaged", "outbound", "damaged", "carrier_damaged_parcel", "shipped"),
    ],
)
def test_a_parcel_ends_where_its_carrier_says(
    world: World, book: Book, road: str, leg: str, status: str, incident: str, state: str, mess: bool
) -> None:
    order = a_sold_order(world)
    supplier_says(world, shipped(order, NUMBER))
    work()

    for message in travel(book, road, mess=mess):
        carrier_says(message)
    work()

    assert tuple(fetch_one("SELECT leg, status, incident FROM shipment")) == (leg, status, incident)
    assert world.find(order).consignments[0].state == state
    assert fetch_one("SELECT count(*) AS n FROM tracking_event").n == len(carrying.ROADS[road])
    assert_laws_hold()


def test_a_mess_is_told_twice_and_out_of_order(book: Book) -> None:
    told = [message["events"][0]["status"] for message in travel(book, "home", mess=True)]

    assert sorted(told) == sorted([scan[0] for scan in carrying.ROADS["home"]] * 2)
    assert told != [scan[0] for scan in carrying.ROADS["home"] for _ in range(2)]


def test_a_return_travels_back_under_a_number_of_its_own(world: World, book: Book) -> None:
    order = a_sold_order(world)
    supplier_says(world, shipped(order, NUMBER))
    for message in travel(book, "home", mess=False):
        carrier_says(message)
    work()
    how = {"lines": {1: 1}, "reason": "damaged", "request_hash": b"body"}
    asked, _ = transact(lambda: orders.request_return(world.program.id, order.id, external_id="R", **how))
    transact(lambda: orders.authorize_return(world.program.id, asked.id))
    back = carrying.tracking_number(2)
    transact(lambda: shipments.register_return(asked.id, "balticpost", back))

    for message in travel(book, "home", mess=True, number=back):
        carrier_says(message)
    work()

    found = transact(lambda: orders.find_return(world.program.id, asked.id))
    assert (found.state, found.items[0].received_qty) == ("received", 1)
    assert_laws_hold()
