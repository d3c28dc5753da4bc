"""What of orders, parcels and feeds is told to whom: the operator, who ordered, and each supplier's own partner."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from catalog import shipments, suppliers
from coalition import partners
from coalition.kernel import ids, jobs
from coalition.kernel.db import fetch_all, transact
from coalition.partners import webhooks
from tests.builders import a_partner
from tests.catalog.builders import a_supplier
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind

TYPES = ["order.placed", "order.updated", "shipment.updated", "feed.needs_approval"]


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def _listen(world: World) -> dict[str, int]:
    """Endpoints of everybody who could overhear: the operator, the supplier, another supplier, a shop."""
    other = transact(lambda: a_supplier(world.program))
    found = {
        "operator": transact(lambda: partners.operator(world.program.id)).id,
        "supplier": transact(lambda: partners.entity(world.supplier.legal_entity_id)).partner_id,
        "other supplier": transact(lambda: partners.entity(other.legal_entity_id)).partner_id,
        "shop": transact(lambda: a_partner(world.program)).id,
    }
    for partner_id in found.values():
        transact(lambda partner_id=partner_id: webhooks.create(partner_id, "http://127.0.0.1:9/hooks", TYPES))
    return found


def _told(partner_id: int) -> list[dict[str, Any]]:
    """What a partner is told, each by its schema."""
    jobs.run_due()
    rows = fetch_all(
        "SELECT type, about, data FROM webhook_event WHERE partner_id = :partner ORDER BY id", {"partner": partner_id}
    )
    for row in rows:
        known = webhooks.event_type(row.type)
        assert known is not None
        Draft202012Validator(known.schema).validate(row.data)
    return [{"type": row.type, "about": row.about, **row.data} for row in rows]


def test_an_order_is_told_to_its_operator_and_the_consignment_to_its_supplier_without_the_member(world: World) -> None:
    bind(FakeSupplier())
    listening = _listen(world)
    order = transact(lambda: world.place(external_id="CANARY-1"))

    operator, supplier = _told(listening["operator"]), _told(listening["supplier"])

    assert (operator[0]["type"], operator[0]["external_id"]) == ("order.placed", "CANARY-1")
    assert {one["about"] for one in operator} == {ids.public("mbr", world.member_id)}
    states = [one["consignment"]["state"] for one in operator if one["consignment"]]
    assert states[-1] == "confirmed"
    assert [one["consignment"]["state"] for one in supplier] == states
    text = json.dumps(supplier)
    assert not any(
        word in text for word in ("CANARY-1", ids.public("mbr", world.member_id), ids.public("ord", order.id))
    )
    assert _told(listening["other supplier"]) == _told(listening["shop"]) == []


def test_a_refusal_says_why(world: World) -> None:
    bind(FakeSupplier(next=["reject"]))
    listening = _listen(world)
    transact(world.place)

    last = _told(listening["operator"])[-2:]

    assert {one["reason"] for one in last} == {"out_of_stock"}
    assert last[-1]["state"] == "rejected"


def test_a_parcel_is_told_to_the_operator_and_to_its_supplier(world: World) -> None:
    bind(FakeSupplier())
    listening = _listen(world)
    order = transact(world.place)
    jobs.run_due()
    (consignment,) = world.find(order).consignments
    shipments_before = len(_told(listening["supplier"]))
    transact(lambda: shipments.add_carrier("post", "Post", "whsec_cG9zdA=="))
    transact(lambda: shipments.register(consignment.id, "post", "PP-1", {consignment.lines[0].supplier_sku: 1}))

    said = [one for one in _told(listening["supplier"])[shipments_before:] if one["type"] == "order.updated"]

    assert said[-1]["consignment"]["state"] == "shipped"
    assert said[-1]["order_id"] is None


def test_a_feed_that_waits_for_a_person_is_told_to_the_operator_and_the_supplier(world: World) -> None:
    listening = _listen(world)
    feed = transact(lambda: suppliers.create_feed(world.supplier.id, "goods"))
    run = transact(lambda: suppliers.start(suppliers.open_run(feed.id).id))
    transact(lambda: suppliers.close(run.id, "refused", "too_many_missing", "Half of the goods are gone."))

    for name in ("operator", "supplier"):
        (one,) = [one for one in _told(listening[name]) if one["type"] == "feed.needs_approval"]
        assert (one["run_id"], one["reason_code"]) == (ids.public("run", run.id), "too_many_missing")
    assert _told(listening["shop"]) == []
