"""Goods come back: piece by piece, once, within the supplier's days; what was paid returns as it was paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from catalog import orders, shipments
from catalog.orders import Order, Return, ReturnPolicy
from catalog.orders.returning.rma import BIRTH, RMA, share, transitions, way
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.shipments.test_callbacks import a_sold_order, carrier_says, shipped, supplier_says, work


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET))
    return transact(a_world)


def said(status: str, number: str = "RR1LV", *, hours_ago: float = 0.0) -> None:
    at = (clock.now() - dt.timedelta(hours=hours_ago)).isoformat()
    carrier_says({"events": [{"tracking_no": number, "status": status, "occurred_at": at, "place": number}]})
    work()


def a_delivered_order(world: World, qty: int = 3, number: str = "RR1LV", *, hours_ago: float = 1.0) -> Order:
    order = a_sold_order(world, qty)
    supplier_says(world, shipped(order, number, qty))
    work()
    said("delivered", number, hours_ago=hours_ago)
    return world.find(order)


def ask(world: World, order: Order, qty: int = 1, external_id: str = "R-1", **more: Any) -> Return:
    how = {"lines": {1: qty}, "reason": "damaged", "request_hash": b"body", **more}
    return transact(lambda: orders.request_return(world.program.id, order.id, external_id=external_id, **how))[0]


def step(world: World, asked: Return, *steps: str, accepted: Mapping[int, int] | None = None) -> Return:
    program, found = world.program.id, asked
    doings = {
        "authorize": lambda: orders.authorize_return(program, asked.id, note="Send it"),
        "refuse": lambda: orders.refuse_return(program, asked.id, "Worn"),
        "cancel": lambda: orders.cancel_return(program, asked.id),
        "receive": lambda: orders.receive_return(program, asked.id, {item.line_no: item.qty for item in asked.items}),
        "inspect": lambda: orders.inspect_return(program, asked.id),
        "decide": lambda: orders.decide_return(
            program, asked.id, {item.line_no: item.qty for item in asked.items} if accepted is None else accepted, "Ok"
        ),
        "lose": lambda: orders.lose_return(program, asked.id, "Gone"),
        "close": lambda: orders.close_return(program, asked.id),
    }
    for name in steps:
        found = transact(doings[name])
    return found


def test_what_was_accepted_is_paid_back_in_points_and_owed_by_nobody(world: World) -> None:
    order = a_delivered_order(world, 3)
    before = world.balance()

    done = step(world, ask(world, order, 2), "authorize", "receive", "inspect", "decide")

    assert (done.state, done.refund_points, done.refund_cash_minor) == ("closed", 2000, 0)
    (item,) = done.items
    assert (item.reception, item.received_qty, item.acceptance, item.accepted_qty) == ("received", 2, "accepted", 2)
    assert world.balance().available == before.available + 2000
    assert [change.to_state for change in done.changes] == [
        *("requested", "authorized", "in_transit", "received", "inspected", "accepted", "refunded", "closed")
    ]
    credit = fetch_one("SELECT * FROM catalog_deliveries WHERE kind = 'return'")
    assert (credit.supplier_id, credit.cost_minor, credit.delivery_minor) == (world.supplier.id, -2000, 0)
    assert world.find(order).state == "completed"
    assert_laws_hold()


def test_points_return_to_the_lot_that_they_were_drawn_from(world: World) -> None:
    order = a_delivered_order(world, 3)
    lot = fetch_one("SELECT id, expires_at FROM entry WHERE kind = 1")

    done = step(world, ask(world, order, 3), "authorize", "receive", "inspect", "decide")

    restored = fetch_all("SELECT a.lot_id FROM allocation a JOIN entry e ON e.id = a.debit_id WHERE e.kind = 7")
    assert {row.lot_id for row in restored} == {lot.id}
    assert done.refund_points == 3000
    balance = world.balance()
    assert balance.available == 10_000 - 390
    assert_laws_hold()


def test_only_some_pieces_are_accepted(world: World) -> None:
    order = a_delivered_order(world, 3)

    done = step(world, ask(world, order, 3), "authorize", "receive", "inspect", "decide", accepted={1: 1})

    assert (done.state, done.refund_points) == ("closed", 1000)
    assert [change.to_state for change in done.changes][-3:] == ["partly", "refunded", "closed"]
    assert (done.items[0].acceptance, done.items[0].accepted_qty) == ("partly", 1)
    assert transact(lambda: orders.returnable(world.program.id, order.id))[0].left == 2
    assert_laws_hold()


def test_what_is_rejected_pays_back_nothing(world: World) -> None:
    order = a_delivered_order(world, 3)
    before = world.balance().available

    done = step(world, ask(world, order), "authorize", "receive", "inspect", "decide", accepted={})

    assert (done.state, done.note, done.items[0].acceptance) == ("rejected", "Ok", "rejected")
    assert world.balance().available == before
    assert step(world, done, "close").state == "closed"
    assert fetch_one("SELECT count(*) AS n FROM return_credit").n == 0
    assert_laws_hold()


def test_a_return_in_steps_ends_where_one_at_once_does(world: World) -> None:
    order = a_delivered_order(world, 3)

    for n in range(3):
        step(world, ask(world, order, 1, f"R-{n}"), "authorize", "receive", "inspect", "decide")

    assert fetch_one("SELECT sum(refund_points) AS n FROM rma").n == 3000
    assert fetch_one("SELECT sum(cost_minor) AS n FROM return_credit").n == 3000
    with pytest.raises(Conflict, match="return_exceeded"):
        ask(world, order, 1, "R-9")
    assert_laws_hold()


@given(
    st.integers(0, 10**15),
    st.lists(st.integers(1, 50), min_size=1, max_size=8),
)
def test_whatever_the_steps_of_a_line_its_parts_sum_up_to_it(amount: int, steps: list[int]) -> None:
    pieces, before, parts = sum(steps), 0, []
    for more in steps:
        parts.append(share(amount, pieces, before, more))
        before += more

    assert sum(parts) == amount
    assert min(parts) >= 0
    assert all(abs(part * pieces - amount * more) < pieces for part, more in zip(parts, steps, strict=True))


def test_a_request_is_made_once_for_one_external_id(world: World) -> None:
    first, second = a_delivered_order(world), a_delivered_order(world, 2, number="RR2LV")

    asked, replayed = (
        ask(world, first),
        transact(
            lambda: orders.request_return(
                world.program.id, first.id, external_id="R-1", lines={1: 1}, reason="damaged", request_hash=b"body"
            )
        ),
    )

    assert replayed == (asked, True)
    for other in (lambda: ask(world, first, 2, request_hash=b"other"), lambda: ask(world, second)):
        with pytest.raises(Conflict, match="external_id_conflict"):
            other()
    assert fetch_one("SELECT count(*) AS n FROM rma").n == 1


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"lines": {1: 4}}, "return_exceeded"),
        ({"lines": {1: 0}}, "return_exceeded"),
        ({"lines": {1: -1}}, "return_exceeded"),
        ({"lines": {}}, "unknown_line"),
        ({"lines": {2: 1}}, "unknown_line"),
        ({"reason": "boredom"}, "unknown_reason"),
    ],
)
def test_what_cannot_be_asked_for_changes_nothing(world: World, how: dict[str, Any], code: str) -> None:
    order = a_delivered_order(world)

    with pytest.raises((Conflict, Invalid)) as refused:
        ask(world, order, **how)

    assert code in {refused.value.code, *(error.code for error in refused.value.errors)}
    assert fetch_one("SELECT (SELECT count(*) FROM rma) + (SELECT count(*) FROM rma_item) AS n").n == 0


def test_what_has_not_come_cannot_be_given_back(world: World) -> None:
    order = a_sold_order(world)

    with pytest.raises(Conflict, match="not_delivered"):
        ask(world, order)
    assert transact(lambda: orders.returnable(world.program.id, order.id)) == []


def test_what_goes_by_mail_cannot_be_given_back(world: World) -> None:
    order = a_delivered_order(world)
    transact(lambda: execute("UPDATE consignment SET delivery_kind = 'electronic'"))

    with pytest.raises(Conflict, match="not_returnable"):
        ask(world, order)
    assert transact(lambda: orders.returnable(world.program.id, order.id)) == []


def test_the_suppliers_days_are_counted_from_the_delivery(world: World) -> None:
    order = a_delivered_order(world, hours_ago=50)
    transact(lambda: orders.set_policy(world.supplier.id, ReturnPolicy(days=3, address="Dock 4, Riga")))

    (line,) = transact(lambda: orders.returnable(world.program.id, order.id))
    assert (line.line_no, line.left) == (1, 3)
    assert dt.timedelta() < line.until - clock.now() <= dt.timedelta(days=2)
    transact(lambda: orders.set_policy(world.supplier.id, ReturnPolicy(days=0)))

    with pytest.raises(Conflict, match="return_window_closed"):
        ask(world, order)


def test_a_supplier_may_let_everything_come_back_at_once(world: World) -> None:
    how = ReturnPolicy(auto_authorize=True, send_within_days=5, address="Dock 4, Riga")
    transact(lambda: orders.set_policy(world.supplier.id, how))

    asked = ask(world, a_delivered_order(world))

    assert (asked.state, asked.address) == ("authorized", "Dock 4, Riga")
    assert asked.send_until is not None
    assert dt.timedelta(days=4) < asked.send_until - clock.now() <= dt.timedelta(days=6)


def test_a_label_is_at_an_http_address(world: World) -> None:
    asked = ask(world, a_delivered_order(world))
    program = world.program.id

    with pytest.raises(Invalid):
        transact(lambda: orders.authorize_return(program, asked.id, label_url="javascript:alert(1)"))
    label = "https://labels.example/1.pdf"
    found = transact(lambda: orders.authorize_return(program, asked.id, label_url=label))

    assert (found.state, found.label_url) == ("authorized", label)


def test_what_is_permitted_and_not_sent_in_time_lapses(world: World) -> None:
    order = a_delivered_order(world)
    asked = step(world, ask(world, order, 3), "authorize")
    transact(lambda: execute("UPDATE rma SET send_until = now() - interval '1 minute'"))

    transact(lambda: jobs.enqueue("returns.expire", {}))
    work()

    found = transact(lambda: orders.find_return(world.program.id, asked.id))
    assert (found.state, found.items[0].reception) == ("expired", "cancelled")
    assert ask(world, order, 3, "R-2").state == "requested"
    assert_laws_hold()


def test_every_permission_that_is_over_lapses_in_one_round(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.jobs.parcels._CHUNK", 1)
    order = a_delivered_order(world)
    asked = [step(world, ask(world, order, 1, number), "authorize") for number in ("R-1", "R-2")]
    transact(lambda: execute("UPDATE rma SET send_until = now() - interval '1 minute'"))

    transact(lambda: jobs.enqueue("returns.expire", {}))
    work()

    states = [transact(lambda one=one: orders.find_return(world.program.id, one.id)).state for one in asked]
    assert states == ["expired", "expired"]


@pytest.mark.parametrize(
    "path",
    [
        ("refuse",),
        ("cancel",),
        ("authorize", "cancel"),
        ("authorize", "lose"),
        ("authorize", "receive", "inspect", "decide"),
    ],
)
def test_states_go_only_the_way_of_the_table(world: World, path: tuple[str, ...]) -> None:
    order = a_delivered_order(world)

    done = step(world, ask(world, order), *path)

    went = [BIRTH, *(change.to_state for change in done.changes)]
    assert set(pairwise(went)) <= set(transitions())
    for name in ("authorize", "refuse", "cancel", "receive", "inspect", "decide", "lose", "close"):
        with pytest.raises((Conflict, Invalid)):
            step(world, done, name)
    assert_laws_hold()


def test_the_table_of_the_database_is_that_of_the_code(app: Flask) -> None:
    rows = fetch_all("SELECT from_state, to_state FROM rma_transition")

    assert sorted(tuple(row) for row in rows) == sorted(transitions())
    assert way("authorized", "inspected") == ("in_transit", "received", "inspected")
    assert way("requested", "received") is None
    assert all(target in RMA for targets in RMA.values() for target in targets)


def test_pieces_that_did_not_come_are_not_paid_back(world: World) -> None:
    order = a_delivered_order(world)
    asked = step(world, ask(world, order, 3), "authorize")

    transact(lambda: orders.receive_return(world.program.id, asked.id, {1: 3}))
    transact(lambda: orders.receive_return(world.program.id, asked.id, {1: 2}))
    step(world, asked, "inspect")

    with pytest.raises(Invalid):
        step(world, asked, "decide", accepted={1: 3})
    with pytest.raises(Invalid):
        step(world, asked, "decide", accepted={2: 1})
    assert step(world, asked, "decide", accepted={1: 2}).refund_points == 2000
    assert_laws_hold()


def test_the_parcel_of_a_return_feeds_it(world: World) -> None:
    order = a_delivered_order(world)
    asked = step(world, ask(world, order, 2), "authorize")
    first = transact(lambda: shipments.register_return(asked.id, "balticpost", "RR1LV"))
    assert transact(lambda: shipments.register_return(asked.id, "balticpost", "rr1 lv")) == first

    said("delivered", hours_ago=2)  # told late, of the way out, under the same number
    assert transact(lambda: orders.find_return(world.program.id, asked.id)).state == "authorized"
    said("picked_up")
    assert transact(lambda: orders.find_return(world.program.id, asked.id)).state == "in_transit"
    said("delivered")

    found = transact(lambda: orders.find_return(world.program.id, asked.id))
    assert (found.state, found.items[0].reception, found.items[0].received_qty) == ("received", "received", 2)
    way_back = fetch_one("SELECT leg, status FROM shipment WHERE rma_id IS NOT NULL")
    assert tuple(way_back) == ("return", "returned")
    assert world.find(order).state == "completed"
    with pytest.raises(Conflict, match="return_state"):
        transact(lambda: shipments.register_return(asked.id, "balticpost", "RR2LV"))
    assert_laws_hold()


def test_a_parcel_that_is_lost_on_the_way_back_stays_lost_for_its_return(world: World) -> None:
    order = a_delivered_order(world)
    asked = step(world, ask(world, order, 2), "authorize")
    transact(lambda: shipments.register_return(asked.id, "balticpost", "RR9LV"))

    said("lost", "RR9LV")

    found = transact(lambda: orders.find_return(world.program.id, asked.id))
    assert (found.state, found.items[0].reception) == ("lost_in_transit", "lost")
    (alarm,) = transact(lambda: shipments.alarms(world.program.id)).items
    assert (alarm.kind, alarm.leg) == ("incident", "return")
    assert transact(lambda: orders.returnable(world.program.id, order.id))[0].left == 1
    assert_laws_hold()


def test_returns_are_read_by_order_and_by_program(world: World) -> None:
    order = a_delivered_order(world)
    one, two = ask(world, order, 1, "R-1"), step(world, ask(world, order, 1, "R-2"), "refuse")
    program = world.program.id

    page = transact(lambda: orders.returns(program, limit=1))
    rest = transact(lambda: orders.returns(program, cursor=page.next_cursor))
    refused = transact(lambda: orders.returns(program, states=["refused"]))

    assert transact(lambda: orders.returns_of(order.id)) == [one, two]
    assert [*page.items, *rest.items] == [two, one]
    assert list(refused.items) == [two]
    other = transact(a_world)
    assert list(transact(lambda: orders.returns(other.program.id)).items) == []
    with pytest.raises(NotFound):
        transact(lambda: orders.find_return(other.program.id, one.id))
    with pytest.raises(NotFound):
        transact(lambda: orders.authorize_return(other.program.id, one.id))
