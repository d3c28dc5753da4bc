"""Parcels of which nothing is heard expire; what needs attention is shown until somebody has looked at it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from flask import Flask

from catalog import shipments
from catalog.orders import Order
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Invalid, NotFound
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.shipments.test_callbacks import a_sold_order, carrier_says, shipped, supplier_says, work


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET, quiet_days=10))
    return transact(a_world)


def a_parcel(world: World, number: str = "RR1LV") -> Order:
    order = a_sold_order(world)
    supplier_says(world, shipped(order, number))
    work()
    return order


def said(status: str, *, days_ago: float = 0.0, number: str = "RR1LV", **more: Any) -> None:
    at = (clock.now() - dt.timedelta(days=days_ago)).isoformat()
    carrier_says({"events": [{"tracking_no": number, "status": status, "occurred_at": at, **more}]})
    work()


def quiet_for(days: int) -> None:
    transact(lambda: execute("UPDATE shipment SET heard_at = now() - make_interval(days => :days)", {"days": days}))
    transact(lambda: jobs.enqueue("parcels.silence", {}))
    work()


def status() -> str:
    return str(fetch_one("SELECT status FROM shipment").status)


def kinds(world: World, **how: Any) -> list[str]:
    return [alarm.kind for alarm in transact(lambda: shipments.alarms(world.program.id, **how)).items]


def test_a_parcel_of_which_nothing_is_heard_expires_until_there_is_news(world: World) -> None:
    a_parcel(world)
    said("in_transit", days_ago=20)

    quiet_for(9)
    assert status() == "in_transit"
    quiet_for(11)
    assert status() == "expired"
    assert fetch_one("SELECT count(*) AS n FROM outbox WHERE kind = 'shipment.updated'").n == 2
    quiet_for(11)
    assert fetch_one("SELECT count(*) AS n FROM tracking_event WHERE raw_code = 'no_news'").n == 1
    said("picked_up", days_ago=22)
    assert status() == "expired"
    said("out_for_delivery")
    assert status() == "out_for_delivery"
    assert_laws_hold()


def test_a_parcel_that_was_never_scanned_expires_too_and_its_first_scan_revives_it(world: World) -> None:
    a_parcel(world)

    quiet_for(11)
    assert status() == "expired"
    said("picked_up", days_ago=6)

    assert status() == "picked_up"
    assert_laws_hold()


def test_what_has_arrived_does_not_expire(world: World) -> None:
    a_parcel(world)
    said("delivered")

    quiet_for(400)

    assert status() == "delivered"


@pytest.mark.parametrize(
    ("what", "more", "kind"),
    [
        ("lost", {}, ["incident"]),
        ("returning", {}, ["incident"]),
        ("on_hold", {"incident": "customs_delay"}, []),
        ("on_hold", {"action_required": True}, ["action"]),
        ("available_for_pickup", {"pickup_until": "2026-11-01T09:00:00Z"}, ["pickup"]),
        ("available_for_pickup", {}, []),
        ("in_transit", {"days_ago": 6}, ["stuck"]),
        ("available_for_pickup", {"days_ago": 6}, []),
        ("in_transit", {}, []),
        ("delivered", {}, []),
        ("what?", {}, []),
    ],
)
def test_a_parcel_in_trouble_raises_an_alarm(world: World, what: str, more: dict[str, Any], kind: list[str]) -> None:
    a_parcel(world)

    said(what, **more)

    assert kinds(world) == kind
    assert kinds(transact(a_world)) == []


def test_a_parcel_that_should_have_come_by_now_is_late(world: World) -> None:
    order = a_parcel(world)
    said("in_transit")

    transact(lambda: execute("UPDATE consignment SET expected_on = current_date - 2"))

    (alarm,) = transact(lambda: shipments.alarms(world.program.id)).items
    assert (alarm.kind, alarm.order_id, alarm.supplier_id) == ("late", order.id, world.supplier.id)
    assert (alarm.carrier, alarm.tracking_no, alarm.status) == ("balticpost", "RR1LV", "in_transit")


def test_what_was_looked_at_is_shown_again_when_it_changes(world: World) -> None:
    a_parcel(world)
    said("attempt_failed", action_required=True, days_ago=1)
    (alarm,) = transact(lambda: shipments.alarms(world.program.id)).items

    transact(lambda: shipments.dismiss(world.program.id, alarm.shipment_id, "The member was called"))
    assert kinds(world) == []
    said("lost", days_ago=0.5)  # told after somebody looked, though it happened before

    assert kinds(world) == ["incident"]
    (trace,) = fetch_all("SELECT details FROM audit WHERE action = 'shipment.dismiss'")
    assert trace.details["note"] == "The member was called"
    other = transact(a_world)
    with pytest.raises(NotFound):
        transact(lambda: shipments.dismiss(other.program.id, alarm.shipment_id, "Not mine"))


def test_alarms_come_by_pages_and_by_kind(world: World) -> None:
    for number in ("RR1LV", "RR2LV", "RR3LV"):
        a_parcel(world, number)
        said("damaged" if number == "RR2LV" else "on_hold", number=number, action_required=True)

    page = transact(lambda: shipments.alarms(world.program.id, limit=2))
    rest = transact(lambda: shipments.alarms(world.program.id, cursor=page.next_cursor))

    assert [alarm.tracking_no for alarm in (*page.items, *rest.items)] == ["RR1LV", "RR2LV", "RR3LV"]
    assert rest.next_cursor is None
    assert kinds(world, kind="action") == ["action", "action"]


def test_a_locker_opens_for_its_addressee_alone_and_only_while_the_parcel_waits(world: World) -> None:
    order = a_parcel(world)
    share = order.consignments[0]
    until = clock.now() + dt.timedelta(days=3)

    said("available_for_pickup", days_ago=0.1, pickup_code="4711-SESAME", pickup_until=until.isoformat())

    (parcel,) = shipments.of_consignments([share.id])[share.id]
    assert parcel.pickup_until == until
    assert shipments.pickup_code(share.id, parcel.id) == "4711-SESAME"
    assert shipments.pickup_code(share.id + 1, parcel.id) is None
    for table in ("inbound_callback", "tracking_event", "shipment", "outbox", "job", "audit", "order_event"):
        rows = fetch_all(f"SELECT to_jsonb(t) AS row FROM {table} t")
        assert "SESAME" not in json.dumps([row.row for row in rows]), table
        assert "\\x" + b"4711-SESAME".hex() not in json.dumps([row.row for row in rows]), table
    assert "SESAME" not in repr(parcel)
    said("delivered")
    assert shipments.pickup_code(share.id, parcel.id) is None


def test_a_parcel_under_a_number_that_its_carrier_cannot_give_is_refused(world: World) -> None:
    transact(lambda: shipments.add_carrier("latvianpost", "Latvian Post", SECRET, number_forms=["s10"]))
    order = a_sold_order(world)
    body = shipped(order, "RR473124828LV")
    body["parcel"]["carrier"] = "latvianpost"

    supplier_says(world, body)
    work()
    refused = fetch_one("SELECT state, reason FROM inbound_callback")
    assert (refused.state, refused.reason[:23]) == ("refused", "tracking_number_invalid")
    body["parcel"]["tracking_no"] = "rr 473 124 829 lv"
    supplier_says(world, body)
    work()

    assert fetch_one("SELECT tracking_no FROM shipment").tracking_no == "RR473124829LV"
    with pytest.raises(Invalid, match="tracking_number_invalid"):
        transact(lambda: shipments.register(order.consignments[0].id, "latvianpost", "RR473124828LV", {}))
    with pytest.raises(Invalid):
        transact(lambda: shipments.add_carrier("runes", "Runes", SECRET, number_forms=["runes"]))


def test_a_wrong_digit_is_a_hint_where_the_carriers_forms_are_not_known(world: World) -> None:
    order = a_parcel(world, "RR473124828LV")

    (parcel,) = shipments.of_consignments([order.consignments[0].id])[order.consignments[0].id]

    assert parcel.number_hint == "check_digit"
