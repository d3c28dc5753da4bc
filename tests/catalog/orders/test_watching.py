"""The clock: what is past its time has an alarm, what fell asleep is woken, what ends too early lasts longer."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import orders
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs, state_of


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier())


def overdue() -> None:
    """Whatever has a time is past it."""
    transact(lambda: execute("UPDATE consignment SET sla_due_at = now() - interval '1 second'"))


def alarms() -> list[tuple[str, bool]]:
    return [tuple(row) for row in fetch_all("SELECT kind, cleared_at IS NULL FROM order_alarm ORDER BY id")]


def test_a_supplier_that_does_not_answer_in_time_is_an_alarm_until_it_does(
    world: World, supplier: FakeSupplier
) -> None:
    supplier.next = ["unavailable"]
    transact(world.place)
    run_jobs()
    assert transact(orders.look_around) == (0, 0)
    overdue()

    assert transact(orders.look_around) == (1, 0)
    assert transact(orders.look_around) == (0, 0)
    assert alarms() == [("stuck", True)]
    run_jobs()
    transact(orders.look_around)

    assert alarms() == [("stuck", False)]


@pytest.mark.parametrize(("ways", "kind"), [(["lost_after", "silent"], "in_doubt"), ([], "late")])
def test_an_alarm_says_what_is_the_matter(world: World, supplier: FakeSupplier, ways: list[str], kind: str) -> None:
    supplier.next = ways
    transact(world.place)
    run_jobs(2)
    overdue()

    transact(orders.look_around)

    assert alarms() == [(kind, True)]
    assert_laws_hold()


def test_a_supplier_has_the_time_that_it_has_promised(world: World, supplier: FakeSupplier) -> None:
    transact(lambda: orders.promise(world.supplier.id, 600))
    supplier.next = ["unavailable"]
    order = transact(world.place)
    run_jobs()

    due_at = world.find(order).consignments[0].sla_due_at
    now = fetch_one("SELECT now() AS at").at
    assert due_at is not None
    assert due_at - now <= dt.timedelta(seconds=600)


@pytest.mark.parametrize("state", ["dead", "done"])
def test_an_order_whose_job_is_gone_is_woken(world: World, supplier: FakeSupplier, state: str) -> None:
    order = transact(world.place)
    transact(lambda: execute("UPDATE job SET state = :state WHERE kind = 'orders.ask'", {"state": state}))
    assert transact(lambda: orders.wake_sleepers(10)) == 0
    transact(lambda: execute("UPDATE consignment SET state_at = now() - interval '2 minutes'"))

    assert transact(lambda: orders.wake_sleepers(10)) == 1
    assert transact(lambda: orders.wake_sleepers(10)) == 0
    run_jobs()

    assert state_of(world, order) == ("placed", "confirmed")


def test_points_of_what_is_undecided_never_come_near_their_end(world: World, supplier: FakeSupplier) -> None:
    transact(world.place)
    transact(lambda: execute("UPDATE hold SET expires_at = now() + interval '29 days'"))

    assert transact(lambda: orders.prolong_holds(10)) == 1
    assert transact(lambda: orders.prolong_holds(10)) == 0

    assert fetch_one("SELECT expires_at > now() + interval '100 days' AS long FROM hold").long


def test_news_makes_the_next_look_come_at_once(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["pending"]
    order = transact(world.place)
    run_jobs()
    supplier.book = dict.fromkeys(supplier.book, "accepted")
    assert jobs.run_due(5) == 0

    transact(lambda: orders.look_again(order.consignments[0].id))
    jobs.run_due(5)

    assert state_of(world, order) == ("placed", "confirmed")


def test_the_sweep_does_all_of_it(world: World, supplier: FakeSupplier) -> None:
    order = transact(world.place)
    run_jobs()
    transact(lambda: orders.progress(order.consignments[0].id, "shipped"))
    overdue()
    transact(lambda: jobs.enqueue("orders.sweep", {}, key="now"))

    run_jobs()

    assert alarms() == [("late", True)]
    assert fetch_one("SELECT state FROM job WHERE kind = 'orders.sweep'").state == "done"
