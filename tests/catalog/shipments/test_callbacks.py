"""What suppliers and carriers call in: stored once, understood once, in any order, never lost."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from typing import Any

import pytest
from flask import Flask

from catalog import orders, shipments
from catalog.orders import Order
from catalog.ports import Caps, LineAnswer
from coalition import ledger
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind

START = clock.now().replace(microsecond=0) - dt.timedelta(days=2)  # late enough to be given back still
_numbers = itertools.count(1)


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET))
    return transact(a_world)


def a_sold_order(world: World, qty: int = 1) -> Order:
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, qty))))
    jobs.run_due(20)
    return world.find(order)


def shipped(order: Order, tracking_no: str = "RR1LV", qty: int = 1, **more: Any) -> dict[str, Any]:
    parcel = order.consignments[0]
    return {
        "type": "parcel.shipped",
        "client_ref": parcel.client_ref,
        "external_id": f"X-{parcel.client_ref}",
        "occurred_at": START.isoformat(),
        "parcel": {
            "carrier": "balticpost",
            "tracking_no": tracking_no,
            "lines": [{"sku": parcel.lines[0].supplier_sku, "qty": qty}],
        },
        **more,
    }


def scans(*statuses: str, tracking_no: str = "RR1LV") -> dict[str, Any]:
    known = ["picked_up", "in_transit", "out_for_delivery", "delivered"]
    return {
        "events": [
            {
                "event_id": f"evt_{tracking_no}_{status}",
                "tracking_no": tracking_no,
                "status": status,
                "text": status.title(),
                "place": "Riga",
                "occurred_at": (START + dt.timedelta(hours=known.index(status) + 1)).isoformat(),
            }
            for status in statuses
        ]
    }


def supplier_says(world: World, body: dict[str, Any]) -> None:
    transact(lambda: shipments.receive(shipments.SUPPLIER, str(world.supplier.id), f"msg_{next(_numbers)}", body))


def carrier_says(body: dict[str, Any]) -> None:
    transact(lambda: shipments.receive(shipments.CARRIER, "balticpost", f"msg_{next(_numbers)}", body))


def work(rounds: int = 1) -> None:
    for _ in range(rounds):
        transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'due'"))
        jobs.run_due(100)


def test_a_parcel_is_announced_scanned_and_delivered(world: World) -> None:
    order = a_sold_order(world)

    supplier_says(world, shipped(order))
    work()
    assert (world.find(order).state, world.find(order).consignments[0].state) == ("in_progress", "shipped")
    carrier_says(scans("picked_up", "in_transit"))
    carrier_says(scans("delivered"))
    work()

    assert world.find(order).state == "completed"
    delivery = fetch_one("SELECT * FROM catalog_deliveries")
    assert (delivery.consignment_id, delivery.cost_minor, delivery.delivery_minor) == (
        order.consignments[0].id,
        1000,
        350,
    )
    assert (delivery.legal_entity_id, delivery.currency) == (world.supplier.legal_entity_id, "EUR")
    assert delivery.delivered_at == START + dt.timedelta(hours=4)
    assert [row.state for row in fetch_all("SELECT DISTINCT state FROM inbound_callback")] == ["processed"]
    assert_laws_hold()


def test_the_same_message_twice_is_one_message(world: World) -> None:
    body = scans("picked_up")

    first = transact(lambda: shipments.receive(shipments.CARRIER, "balticpost", "msg_a", body))
    second = transact(lambda: shipments.receive(shipments.CARRIER, "balticpost", "msg_a", body))

    assert (first, second) == (True, False)
    assert fetch_one("SELECT count(*) AS n FROM job WHERE kind = 'callbacks.understand'").n == 1


@pytest.mark.parametrize("seed", range(6))
def test_messages_in_any_order_and_repeated_end_the_same(world: World, seed: int) -> None:
    order = a_sold_order(world)
    messages = [("supplier", shipped(order))] * 2
    messages += [("carrier", scans(status)) for status in ("picked_up", "in_transit", "delivered", "delivered")]
    random.Random(seed).shuffle(messages)

    for who, body in messages:
        supplier_says(world, body) if who == "supplier" else carrier_says(body)
        work()
    work(2)

    assert world.find(order).state == "completed"
    assert fetch_one("SELECT count(*) AS n FROM tracking_event").n == 3
    (parcel,) = shipments.of_consignments([order.consignments[0].id])[order.consignments[0].id]
    assert [event.status for event in parcel.events] == ["delivered", "in_transit", "picked_up"]
    assert fetch_one("SELECT count(*) AS n FROM outbox WHERE kind = 'order.delivered'").n == 1
    assert_laws_hold()


def test_news_that_overtakes_our_own_commit_is_not_lost(world: World) -> None:
    order = transact(world.place)
    transact(lambda: orders.ask(order.consignments[0].id))

    supplier_says(world, shipped(order))
    work()

    assert world.find(order).consignments[0].state == "shipped"
    assert world.find(order).points_captured == 1390
    work()
    assert_laws_hold()


def test_a_rejection_by_message_gives_the_points_back(world: World) -> None:
    bind(FakeSupplier(next=["silent"]))
    order = transact(world.place)
    transact(lambda: orders.ask(order.consignments[0].id))
    parcel = order.consignments[0]

    supplier_says(world, {"type": "order.rejected", "client_ref": parcel.client_ref, "code": "out_of_stock"})
    work()

    assert (world.find(order).state, world.balance().held) == ("rejected", 0)
    supplier_says(world, shipped(order))
    work()
    assert fetch_one("SELECT count(*) AS n FROM inbound_callback WHERE state = 'refused'").n == 1
    assert_laws_hold()


def test_a_consignment_in_two_parcels_is_delivered_with_the_second(world: World) -> None:
    order = a_sold_order(world, qty=2)

    supplier_says(world, shipped(order, "RR1LV"))
    carrier_says(scans("delivered"))
    work()
    assert world.find(order).consignments[0].state == "partially_shipped"
    supplier_says(world, shipped(order, "RR2LV"))
    carrier_says(scans("delivered", tracking_no="RR2LV"))
    work(2)

    assert world.find(order).consignments[0].state == "delivered"
    assert_laws_hold()


@pytest.mark.parametrize("lines", [[{"sku": "A1", "qty": 2}], [{"sku": "Z9", "qty": 1}]])
def test_a_parcel_with_more_than_was_ordered_is_set_aside(world: World, lines: list[dict[str, Any]]) -> None:
    order = a_sold_order(world)
    body = shipped(order)
    body["parcel"]["lines"] = lines

    supplier_says(world, body)
    work()

    assert world.find(order).consignments[0].state == "confirmed"
    refused = fetch_one("SELECT state, reason FROM inbound_callback")
    assert (refused.state, refused.reason[:15]) == ("refused", "parcel_mismatch")
    assert_laws_hold()


def test_what_goes_by_mail_is_delivered_by_the_suppliers_word(world: World) -> None:
    order = a_sold_order(world)
    body = shipped(order)
    body["parcel"]["carrier"] = "email"

    supplier_says(world, {**body, "type": "parcel.delivered"})
    work()

    assert world.find(order).state == "completed"
    assert_laws_hold()


def test_a_supplier_cannot_deliver_for_a_carrier(world: World) -> None:
    order = a_sold_order(world)

    supplier_says(world, shipped(order, type="parcel.delivered"))
    work()

    assert world.find(order).consignments[0].state == "shipped"


def test_a_supplier_cannot_speak_of_another_ones_order(world: World) -> None:
    order = a_sold_order(world)
    other = transact(a_world)

    supplier_says(other, shipped(order))
    work()

    assert world.find(order).consignments[0].state == "confirmed"
    assert fetch_one("SELECT state FROM inbound_callback").state == "refused"


def test_a_scan_of_nothing_we_know_waits_and_is_set_aside_in_the_end(world: World) -> None:
    carrier_says(scans("picked_up", tracking_no="ZZ9"))
    work()
    assert fetch_one("SELECT state FROM inbound_callback").state == "received"
    transact(lambda: execute("UPDATE inbound_callback SET received_at = now() - interval '8 days'"))

    work()

    assert fetch_one("SELECT state FROM inbound_callback").state == "unmatched"


@pytest.mark.parametrize("kind", ["order.accepted", "order.rejected"])
def test_an_answer_that_cannot_take_effect_leaves_nothing_behind(world: World, kind: str) -> None:
    order = transact(world.place)
    parcel = order.consignments[0]
    transact(lambda: orders.ask(parcel.id))
    hold = fetch_one("SELECT hold_account_id, hold_id FROM consignment WHERE id = :id", {"id": parcel.id})
    key = {"external_id": "by-hand", "partner_id": world.partner.id, "request_hash": b"by-hand"}
    transact(lambda: ledger.release(tuple(hold), **key))

    supplier_says(world, {"type": kind, "client_ref": parcel.client_ref, "external_id": "X-1"})
    work()

    assert fetch_one("SELECT state FROM inbound_callback").state == "refused"
    assert fetch_one("SELECT state FROM reservation").state == "held"
    assert world.find(order).consignments[0].state == "confirming"


def test_a_scan_belongs_to_the_latest_parcel_that_had_its_number_by_then(world: World) -> None:
    first, second = a_sold_order(world), a_sold_order(world)
    supplier_says(world, shipped(first))
    supplier_says(world, shipped(second))
    work()
    long_ago, lately = START - dt.timedelta(days=90), START + dt.timedelta(hours=1)
    for order, at in ((first, long_ago), (second, START)):
        change = {"id": order.consignments[0].id, "at": at}
        transact(lambda c=change: execute("UPDATE shipment SET registered_at = :at WHERE consignment_id = :id", c))

    late = {"tracking_no": "RR1LV", "status": "delivered", "occurred_at": (long_ago + dt.timedelta(days=3)).isoformat()}
    fresh = {"tracking_no": "RR1LV", "status": "in_transit", "occurred_at": lately.isoformat()}
    carrier_says({"events": [fresh, late]})
    work()

    assert [world.find(order).state for order in (first, second)] == ["completed", "in_progress"]
    assert_laws_hold()


def test_what_came_to_nothing_is_shown_with_its_reason(world: World) -> None:
    order = a_sold_order(world)
    body = shipped(order)
    body["parcel"]["lines"] = [{"sku": "Z9", "qty": 1}]
    supplier_says(world, body)
    carrier_says(scans("picked_up", tracking_no="ZZ9"))
    transact(lambda: execute("UPDATE inbound_callback SET received_at = now() - interval '8 days'"))
    work()

    page = transact(lambda: shipments.set_aside(limit=1))
    rest = transact(lambda: shipments.set_aside(cursor=page.next_cursor))

    told = [(one.source.split(":")[0], one.state, (one.reason or "")[:15]) for one in (*page.items, *rest.items)]
    assert told == [("carrier", "unmatched", ""), ("supplier", "refused", "parcel_mismatch")]
    assert rest.next_cursor is None


def test_news_of_an_order_that_is_taken_in_part_wait_for_the_suppliers_own_answer(world: World) -> None:
    supplier = bind(FakeSupplier(can=Caps(idempotent_create=True, lookup_by_client_ref=True, partial=True)))
    order = transact(lambda: world.place(world.quote((world.rewards[0].id, 1), (world.rewards[1].id, 1))))
    second = order.lines[1]
    supplier.told = {"lines": (LineAnswer(second.supplier_sku, "rejected", 0),)}
    supplier.next = ["lost_after", "silent"]
    jobs.run_due(1)

    supplier_says(world, {**shipped(order), "type": "order.accepted", "parcel": None})
    supplier_says(world, shipped(order))
    work(3)

    now = world.find(order)
    assert [line.state for line in now.lines] == ["accepted", "released"]
    assert (now.points_captured, now.consignments[0].state) == (1390, "shipped")
    assert_laws_hold()
