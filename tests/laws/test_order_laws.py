"""The laws of orders and parcels hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from catalog import orders, shipments
from catalog.ports import Artefact
from coalition.kernel import jobs
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind

CRIMES = {
    "O1": "UPDATE hold SET state = 'captured', captured = amount WHERE state = 'open'",
    "O4": "UPDATE order_line SET state = 'released' WHERE state = 'accepted'",
    "O5": "UPDATE hold SET expires_at = now() + interval '1 hour' WHERE state = 'open'",
    "O6": "UPDATE consignment SET sla_due_at = now() - interval '1 hour', state_at = now() - interval '1 hour'"
    " WHERE state = 'confirmed'",
    "U2": "UPDATE supplier_order SET state = 'unknown' WHERE state = 'rejected'",
    "U6": "UPDATE artefact SET mark = ''",
    "O2": "UPDATE consignment SET state = 'preparing' WHERE state = 'confirmed'",
    "O3": "UPDATE customer_order SET points = points + 1",
    "O8": "UPDATE customer_order SET payment = 'wanted', cash_minor = 1, cash_currency = 'EUR'",
    "D3": "DELETE FROM outbox WHERE kind = 'order.delivered'",
    "U1": "UPDATE supplier_order SET state = 'unknown' WHERE state = 'accepted'",
    "U3": "DELETE FROM consignment_delivery",
    "U4": "DELETE FROM tracking_event",
    "U5": "UPDATE shipment_line SET qty = qty + 1",
    "K1": "UPDATE shipment SET status = 'in_transit', heard_at = now() - interval '40 days'",
    "K5": "WITH r AS (INSERT INTO rma (program_id, order_id, consignment_id, partner_id, external_id, request_hash,"
    " reason) SELECT 1, order_id, id, 1, 'x', '', 'other' FROM consignment LIMIT 1 RETURNING id)"
    " UPDATE shipment SET rma_id = (SELECT id FROM r)",
    "S5": "UPDATE reservation SET state = 'released', closed_at = now() WHERE state = 'held'",
    "J3": "UPDATE inbound_callback SET state = 'received', received_at = now() - interval '9 days'",
}


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, over a full story; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        supplier = bind(FakeSupplier(next=["accept", "accept", "reject"]))
        _story(transact(a_world), supplier)
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known = {law.code: law for law in (*orders.laws(), *shipments.laws())}
    assert known.keys() == CRIMES.keys()

    for code, crime in CRIMES.items():
        owner.execute("SAVEPOINT innocent")
        owner.execute(crime.encode())
        offending = owner.execute(known[code].sql.encode()).fetchall()
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
        assert offending, code


def _story(world: World, supplier: FakeSupplier) -> None:
    """One order delivered, one confirmed, one refused, one issued, one cancelled, one waiting."""
    first, *_ = [transact(world.place) for _ in range(3)]
    jobs.run_due(20)
    share = first.consignments[0]
    parcel = {"carrier": "email", "tracking_no": "K1", "lines": [{"sku": share.lines[0].supplier_sku, "qty": 1}]}
    news = {"type": "parcel.delivered", "client_ref": share.client_ref, "external_id": "X", "parcel": parcel}
    body = {**news, "occurred_at": "2026-11-20T09:00:00+00:00"}
    transact(lambda: shipments.receive(shipments.SUPPLIER, str(world.supplier.id), "m", body))
    jobs.run_due(20)
    _issued(world, supplier)
    cancelled = transact(world.place)
    transact(lambda: orders.cancel(world.program.id, cancelled.id, external_id="c"))
    transact(world.place)


def _issued(world: World, supplier: FakeSupplier) -> None:
    """Two pieces that are codes."""
    order = transact(lambda: world.place(world.quote((world.rewards[1].id, 2))))
    codes = tuple(Artefact(order.lines[0].supplier_sku, unit, "code", f"GIFT-{unit}") for unit in (1, 2))
    supplier.told = {"issued": True, "artefacts": codes}
    jobs.run_due(20)
