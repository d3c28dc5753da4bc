"""The laws of returns hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from catalog import orders, shipments
from catalog.orders import Order
from coalition.kernel import jobs
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.shipments.test_callbacks import carrier_says, scans, shipped, supplier_says

CRIMES = {
    "B1": ["UPDATE rma_item SET qty = qty + 9"],
    "B2": [
        "UPDATE rma SET state = 'received' WHERE state = 'closed'",
        "DELETE FROM outbox WHERE kind = 'return.updated'",
        "DELETE FROM rma_event WHERE to_state = 'inspected'",
    ],
    "B3": ["UPDATE rma_item SET points = points + 1 WHERE points > 0", "UPDATE rma SET entry_ids = '{}'"],
    "B4": ["DELETE FROM return_credit", "UPDATE rma_item SET cost_minor = cost_minor + 1"],
    "K5": ["UPDATE shipment SET leg = 'outbound' WHERE rma_id IS NOT NULL"],
}


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, over a full story; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        bind(FakeSupplier())
        _story(transact(a_world))
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known = {law.code: law for law in (*orders.laws_of_returns(), *shipments.laws())}
    assert {law.code for law in orders.laws_of_returns()} < CRIMES.keys()

    for code, crimes in CRIMES.items():
        for crime in crimes:
            owner.execute("SAVEPOINT innocent")
            owner.execute(crime.encode())
            offending = owner.execute(known[code].sql.encode()).fetchall()
            owner.execute("ROLLBACK TO SAVEPOINT innocent")
            assert offending, (code, crime)


def _story(world: World) -> None:
    """One return paid back, one on its way in a parcel, one refused, one only asked for."""
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET))
    program, first, second = world.program.id, _delivered(world, "RR1LV"), _delivered(world, "RR2LV")
    done, sent = _ask(world, first, "R-1", 2), _ask(world, first, "R-2", 1)
    transact(lambda: orders.authorize_return(program, done))
    transact(lambda: orders.receive_return(program, done, {1: 2}))
    transact(lambda: orders.inspect_return(program, done))
    transact(lambda: orders.decide_return(program, done, {1: 1}, "One is worn"))
    transact(lambda: orders.authorize_return(program, sent))
    transact(lambda: shipments.register_return(sent, "balticpost", "RR3LV"))
    refused = _ask(world, second, "R-3", 3)
    transact(lambda: orders.refuse_return(program, refused, "No"))
    _ask(world, second, "R-4", 1)


def _ask(world: World, order: Order, external_id: str, qty: int) -> int:
    how = {"lines": {1: qty}, "reason": "damaged", "request_hash": b"body"}
    asked, _ = transact(lambda: orders.request_return(world.program.id, order.id, external_id=external_id, **how))
    return asked.id


def _delivered(world: World, number: str) -> Order:
    reward = world.rewards[0 if number == "RR1LV" else 1]
    order = transact(lambda: world.place(world.quote((reward.id, 3))))
    jobs.run_due(20)
    supplier_says(world, shipped(world.find(order), number, 3))
    carrier_says(scans("delivered", tracking_no=number))
    jobs.run_due(20)
    return order
