"""The supplier's answer: captured or released, never both, never twice, never while we do not know."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import orders
from catalog.ports import Accepted, Rejected, Unknown
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier())


def run_jobs(rounds: int = 1) -> None:
    """Do what is due, as if the pauses between attempts were over."""
    for _ in range(rounds):
        transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'due'"))
        jobs.run_due(20)


def test_an_accepted_order_captures_the_points_at_the_operator(world: World, supplier: FakeSupplier) -> None:
    order = transact(world.place)

    run_jobs()

    now = world.find(order)
    assert (now.state, now.points_captured, now.points_held) == ("placed", 1390, 0)
    assert now.consignments[0].external_id == f"X-{now.consignments[0].client_ref}"
    assert (world.balance().available, world.balance().held, world.reward().available) == (8610, 0, 4)
    redeemed = fetch_one("SELECT kind, points, counter_kind FROM ledger_movements WHERE kind = 'redeem'")
    assert tuple(redeemed) == ("redeem", 1390, 3)
    assert [change.to_state for change in now.changes] == [
        "placing",
        "reserving",
        "reserved",
        "confirming",
        "confirmed",
        "placed",
    ]
    assert_laws_hold()


def test_a_refused_order_gives_points_and_stock_back(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["reject"]
    order = transact(world.place)

    run_jobs()

    now = world.find(order)
    assert (now.state, now.reason, now.points_released) == ("rejected", "out_of_stock", 1390)
    assert (world.balance().available, world.balance().held, world.reward().available) == (10_000, 0, 5)
    assert_laws_hold()


def test_a_lost_answer_leaves_the_order_in_doubt_until_the_supplier_tells(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["lost_after", "silent"]
    order = transact(world.place)

    run_jobs(2)

    doubtful = world.find(order)
    assert (doubtful.state, doubtful.consignments[0].state, doubtful.points_held) == ("placing", "in_doubt", 1390)
    assert (world.balance().held, world.reward().available) == (1390, 4)
    assert_laws_hold()

    run_jobs()

    assert (world.find(order).state, world.balance().held) == ("placed", 0)
    assert [what for what, _ in supplier.calls] == ["confirm", "status", "status"]
    assert len(supplier.book) == 1
    assert_laws_hold()


def test_what_never_arrived_is_ordered_again_under_the_same_reference(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["lost_before"]
    order = transact(world.place)

    run_jobs(2)

    assert world.find(order).state == "placed"
    assert [what for what, _ in supplier.calls] == ["confirm", "status", "confirm"]
    assert len({ref for _, ref in supplier.calls}) == 1


def test_a_supplier_that_is_away_is_asked_again(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["unavailable", "unavailable"]
    order = transact(world.place)

    run_jobs(2)
    assert world.find(order).consignments[0].state == "confirming"
    run_jobs()

    assert world.find(order).state == "placed"
    assert {what for what, _ in supplier.calls} == {"confirm"}


def test_a_supplier_that_is_away_for_a_day_has_refused(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["unavailable"] * 2
    order = transact(world.place)
    run_jobs()
    transact(lambda: execute("UPDATE supplier_order SET asked_at = now() - interval '25 hours'"))

    run_jobs()

    assert (world.find(order).state, world.find(order).reason) == ("rejected", "supplier_unavailable")
    assert_laws_hold()


def test_an_order_in_doubt_is_never_given_up_however_long_the_supplier_is_away(
    world: World, supplier: FakeSupplier
) -> None:
    supplier.next = ["lost_after", "away", "unavailable"]
    order = transact(world.place)
    run_jobs()
    transact(lambda: execute("UPDATE supplier_order SET asked_at = now() - interval '9 days'"))

    run_jobs()
    assert (world.find(order).consignments[0].state, world.balance().held) == ("in_doubt", 1390)
    run_jobs()

    assert world.find(order).state == "placed"
    assert_laws_hold()


def test_a_pending_order_is_looked_up_until_it_is_decided(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["pending"]
    order = transact(world.place)
    run_jobs(3)
    assert world.find(order).consignments[0].state == "confirming"
    supplier.book = dict.fromkeys(supplier.book, "accepted")

    run_jobs()

    assert world.find(order).state == "placed"


def test_a_worker_that_died_after_asking_looks_before_it_asks_again(world: World, supplier: FakeSupplier) -> None:
    order = transact(world.place)
    question = transact(lambda: orders.ask(order.consignments[0].id))
    supplier.confirm(question.access, question.client_ref, question.lines, question.address)

    run_jobs()

    assert world.find(order).state == "placed"
    assert [what for what, _ in supplier.calls] == ["confirm", "status"]


def test_the_first_definite_answer_counts_and_a_contradiction_is_noted(world: World) -> None:
    order = transact(world.place)
    consignment_id = order.consignments[0].id
    transact(lambda: orders.ask(consignment_id))

    assert transact(lambda: orders.answered(consignment_id, Accepted("X-1"))) == "confirmed"
    assert transact(lambda: orders.answered(consignment_id, Accepted("X-1"))) == "confirmed"
    assert transact(lambda: orders.answered(consignment_id, Unknown())) == "confirmed"
    assert transact(lambda: orders.answered(consignment_id, Rejected("no"))) == "confirmed"

    assert world.find(order).points_captured == 1390
    assert len(fetch_all("SELECT id FROM audit WHERE action = 'order.contradiction'")) == 1
    assert_laws_hold()
