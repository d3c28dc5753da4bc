"""Suppliers that set things aside first: reserved, looked at once more, then confirmed; or let go, definitely."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import orders
from catalog.ports import Caps
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import long_ago, run_jobs, state_of, supplier_state

HOLDS = Caps(hold=True, idempotent_create=True, lookup_by_client_ref=True, not_found_is_final_after_s=60)
NOT_TWICE = Caps(hold=True, lookup_by_client_ref=True, not_found_is_final_after_s=60)


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier(can=HOLDS))


def test_what_can_be_set_aside_is_reserved_before_the_pivot(world: World, supplier: FakeSupplier) -> None:
    order = transact(world.place)

    run_jobs()

    assert state_of(world, order) == ("placed", "confirmed")
    assert [what for what, _ in supplier.calls] == ["reserve", "confirm"]
    assert len({ref for _, ref in supplier.calls}) == 1
    assert_laws_hold()


def test_a_reservation_that_is_refused_rejects_the_order(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["reject"]
    order = transact(world.place)

    run_jobs()

    assert state_of(world, order) == ("rejected", "rejected")
    assert (world.balance().available, supplier.live()) == (10_000, [])
    assert [what for what, _ in supplier.calls] == ["reserve"]
    assert_laws_hold()


def test_a_lost_reservation_is_asked_for_again_under_the_same_reference(world: World, supplier: FakeSupplier) -> None:
    supplier.next = ["lost_after"]
    order = transact(world.place)

    run_jobs()
    assert state_of(world, order) == ("placing", "reserving")
    run_jobs()

    assert state_of(world, order) == ("placed", "confirmed")
    assert [what for what, _ in supplier.calls] == ["reserve", "reserve", "confirm"]
    assert_laws_hold()


def test_a_supplier_that_must_not_be_asked_twice_is_looked_up(world: World, supplier: FakeSupplier) -> None:
    supplier.can = NOT_TWICE
    supplier.next = ["lost_after"]
    order = transact(world.place)

    run_jobs(2)

    assert state_of(world, order) == ("placed", "confirmed")
    assert [what for what, _ in supplier.calls] == ["reserve", "status", "confirm"]


def test_a_hold_that_ends_too_soon_is_let_go_before_the_pivot(world: World, supplier: FakeSupplier) -> None:
    supplier.holds_for_s = 20
    order = transact(world.place)

    run_jobs()

    assert state_of(world, order) == ("cancelled", "released")
    assert world.find(order).reason == "hold_expired"
    assert [what for what, _ in supplier.calls] == ["reserve", "release"]
    assert (supplier.live(), supplier_state(order)) == ([], "released")
    assert (world.balance().available, world.reward().available) == (10_000, 5)
    assert_laws_hold()


def test_points_that_are_not_held_any_more_stop_the_order_before_the_pivot(
    world: World, supplier: FakeSupplier
) -> None:
    supplier.next = ["lost_after"]
    order = transact(world.place)
    run_jobs()
    transact(lambda: execute("UPDATE hold SET expires_at = now() + interval '10 seconds'"))

    run_jobs()

    assert state_of(world, order) == ("cancelled", "released")
    assert (world.find(order).reason, supplier.live()) == ("points_not_held", [])
    assert "confirm" not in [what for what, _ in supplier.calls]


def test_letting_go_is_repeated_until_it_is_definite(world: World, supplier: FakeSupplier) -> None:
    supplier.holds_for_s = 20
    supplier.next = ["hold", "lost_before", "unavailable"]
    order = transact(world.place)

    run_jobs(2)
    assert (supplier_state(order), supplier.live()) == ("releasing", [order.consignments[0].client_ref])
    assert_laws_hold()
    run_jobs()

    assert (supplier_state(order), supplier.live()) == ("released", [])


def test_a_hold_that_nobody_can_let_go_is_for_people(world: World, supplier: FakeSupplier) -> None:
    supplier.holds_for_s = 20
    supplier.next = ["hold", "lost_before", "lost_before"]
    order = transact(world.place)
    run_jobs()
    long_ago()
    run_jobs()

    (case,) = orders.cases(world.program.id).items
    assert (case.kind, case.allowed) == ("release_unknown", ("released", "wait"))
    transact(lambda: orders.decide(world.program.id, case.id, "released", "They confirmed it by telephone"))

    assert supplier_state(order) == "released"
    assert_laws_hold()


def test_cancelling_while_a_reservation_is_on_its_way_lets_it_go(world: World, supplier: FakeSupplier) -> None:
    order = transact(world.place)
    question = transact(lambda: orders.ask(order.consignments[0].id, supplier.caps))
    transact(lambda: orders.cancel(world.program.id, order.id, external_id="c-1", reason="changed_mind"))
    held = supplier.reserve(question.access, question.client_ref, question.lines, question.address)
    transact(lambda: orders.answered(order.consignments[0].id, held))

    run_jobs()

    assert state_of(world, order) == ("cancelled", "released")
    assert (supplier.live(), supplier_state(order), world.balance().available) == ([], "released", 10_000)
    assert_laws_hold()


def test_the_supplier_does_not_know_the_order_for_good_only_after_its_time(
    world: World, supplier: FakeSupplier
) -> None:
    supplier.can = Caps(lookup_by_client_ref=True, not_found_is_final_after_s=120)
    supplier.next = ["lost_before"]
    order = transact(world.place)

    run_jobs(3)
    assert state_of(world, order) == ("placing", "in_doubt")
    assert world.balance().held == 1390
    transact(lambda: execute("UPDATE supplier_order SET sent_at = now() - interval '121 seconds'"))
    run_jobs()

    assert state_of(world, order) == ("rejected", "rejected")
    assert (world.find(order).reason, world.balance().available) == ("never_arrived", 10_000)
    assert [what for what, _ in supplier.calls].count("confirm") == 1
    assert_laws_hold()


def test_without_look_up_and_repetition_there_is_one_attempt_and_then_a_person(
    world: World, supplier: FakeSupplier
) -> None:
    supplier.can = Caps()
    supplier.next = ["lost_after"]
    order = transact(world.place)

    run_jobs(3)

    assert [what for what, _ in supplier.calls] == ["confirm"]
    assert state_of(world, order) == ("placing", "in_doubt")
    (case,) = orders.cases(world.program.id).items
    assert (case.kind, case.allowed) == ("unknown_outcome", ("accepted", "never_arrived"))
    transact(lambda: orders.decide(world.program.id, case.id, "accepted", "They read it out to me", external_id="X-77"))
    assert state_of(world, order) == ("placed", "confirmed")
    assert world.find(order).consignments[0].external_id == "X-77"
    assert_laws_hold()


def test_a_doubt_of_a_day_is_for_people_and_its_points_stay_held_for_longer(
    world: World, supplier: FakeSupplier
) -> None:
    supplier.can = Caps(lookup_by_client_ref=True)
    supplier.next = ["lost_before"]
    order = transact(world.place)
    run_jobs(2)
    transact(lambda: execute("UPDATE hold SET expires_at = now() + interval '3 days'"))
    long_ago()

    run_jobs()

    (case,) = orders.cases(world.program.id).items
    ends = fetch_one("SELECT expires_at - now() AS left FROM hold").left
    assert (case.kind, state_of(world, order)) == ("in_doubt", ("placing", "in_doubt"))
    assert ends > dt.timedelta(days=170)
    transact(lambda: orders.decide(world.program.id, case.id, "wait", "They are looking for it"))
    run_jobs(2)
    assert orders.cases(world.program.id).items == []
    long_ago()
    transact(lambda: execute("UPDATE supplier_order SET doubt_until = now()"))
    run_jobs()
    (case,) = orders.cases(world.program.id).items
    transact(lambda: orders.decide(world.program.id, case.id, "never_arrived", "Not in their books"))

    assert state_of(world, order) == ("rejected", "rejected")
    assert [row.action for row in fetch_all("SELECT action FROM audit WHERE action = 'order.decide'")] == [
        "order.decide",
        "order.decide",
    ]
    assert_laws_hold()
