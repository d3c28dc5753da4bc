"""Cancelling after the pivot: only with the supplier's consent, and then everything comes back, once."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import orders, pricing
from catalog.ports import Artefact, Cancelled, CancelTerms, Caps
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import long_ago, run_jobs, state_of

CANCELS = Caps(idempotent_create=True, lookup_by_client_ref=True, cancel=True)
VOIDS = Caps(idempotent_create=True, lookup_by_client_ref=True, cancel=True, void_window_s=3600)


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier(can=CANCELS))


def confirmed(world: World) -> orders.Order:
    order = transact(world.place)
    run_jobs()
    return world.find(order)


def cancel(world: World, order: orders.Order, key: str = "c-1") -> orders.Order:
    return transact(lambda: orders.cancel(world.program.id, order.id, external_id=key, reason="changed_mind"))[0]


def terms(refund_minor: int) -> CancelTerms:
    return CancelTerms(refund_minor, "EUR", clock.now() + dt.timedelta(hours=1))


def test_what_the_supplier_takes_back_gives_all_points_back(world: World, supplier: FakeSupplier) -> None:
    order = confirmed(world)
    assert (order.points_captured, order.cancellable) == (1390, True)

    asked = cancel(world, order)
    assert (asked.consignments[0].state, asked.points_captured) == ("cancel_requested", 1390)
    run_jobs()

    now = world.find(order)
    assert (now.state, now.consignments[0].state, now.reason) == ("cancelled", "cancelled", "changed_mind")
    assert (now.points_captured, now.points_released, world.balance().available) == (0, 1390, 10_000)
    assert supplier.live() == []
    assert_laws_hold()


def test_a_refused_cancellation_leaves_the_order_where_it_was(world: World, supplier: FakeSupplier) -> None:
    order = confirmed(world)
    transact(lambda: orders.progress(order.consignments[0].id, "preparing"))
    supplier.next = ["refuse"]
    cancel(world, order)

    run_jobs()

    now = world.find(order)
    assert (now.state, now.consignments[0].state) == ("in_progress", "preparing")
    assert (now.consignments[0].reason, now.points_captured) == ("not_cancelled: too_late", 1390)
    assert_laws_hold()


def test_after_a_refusal_it_can_be_asked_again_and_every_request_keeps_its_own_key(
    world: World, supplier: FakeSupplier
) -> None:
    order = confirmed(world)
    supplier.next = ["refuse"]
    cancel(world, order, "c-1")
    run_jobs()

    again = cancel(world, order, "c-2")
    late, replayed = transact(
        lambda: orders.cancel(world.program.id, order.id, external_id="c-1", reason="changed_mind")
    )
    run_jobs()

    assert again.consignments[0].state == "cancel_requested"
    assert (late.consignments[0].state, replayed) == ("cancel_requested", True)
    assert (state_of(world, order), orders.times_asked(order.id)) == (("cancelled", "cancelled"), 2)
    assert_laws_hold()


def test_another_reason_under_the_same_key_is_another_request(world: World, supplier: FakeSupplier) -> None:
    order = confirmed(world)
    cancel(world, order, "c-1")

    with pytest.raises(Conflict, match="external_id_conflict"):
        transact(lambda: orders.cancel(world.program.id, order.id, external_id="c-1", reason="other"))


def test_a_supplier_that_takes_nothing_back_is_not_even_asked(world: World, supplier: FakeSupplier) -> None:
    supplier.can = Caps(idempotent_create=True, lookup_by_client_ref=True)
    order = confirmed(world)

    with pytest.raises(Conflict, match="not_cancellable"):
        cancel(world, order)


@pytest.mark.parametrize("lost", ["lost_before", "lost_after"])
def test_a_lost_cancellation_is_looked_up_before_it_is_repeated(
    world: World, supplier: FakeSupplier, lost: str
) -> None:
    order = confirmed(world)
    supplier.next = [lost]
    cancel(world, order)

    run_jobs(2)

    assert state_of(world, order) == ("cancelled", "cancelled")
    assert (world.balance().available, supplier.live()) == (10_000, [])
    calls = [what for what, _ in supplier.calls if what in ("cancel", "status")]
    assert calls == (["cancel", "status"] if lost == "lost_after" else ["cancel", "status", "cancel"])
    assert_laws_hold()


def test_terms_that_give_all_back_are_accepted_at_once(world: World, supplier: FakeSupplier) -> None:
    supplier.terms = terms(1000)
    order = confirmed(world)
    cancel(world, order)

    run_jobs()

    assert state_of(world, order) == ("cancelled", "cancelled")
    assert [what for what, _ in supplier.calls] == ["confirm", "cancel_quote", "cancel"]


@pytest.mark.parametrize(("decision", "ends"), [("accept", "cancelled"), ("keep", "confirmed")])
def test_terms_that_cost_something_are_for_people(
    world: World, supplier: FakeSupplier, decision: str, ends: str
) -> None:
    supplier.terms = terms(400)
    order = confirmed(world)
    cancel(world, order)

    run_jobs(2)

    (case,) = orders.cases(world.program.id).items
    assert (case.kind, case.facts["refund_minor"], case.facts["cost_minor"]) == ("cancel_terms", 400, 1000)
    assert state_of(world, order)[1] == "cancel_requested"
    transact(lambda: orders.decide(world.program.id, case.id, decision, "The member insists"))
    run_jobs()

    assert state_of(world, order)[1] == ends
    assert_laws_hold()


def test_a_cancellation_without_an_answer_for_a_day_is_for_people(world: World, supplier: FakeSupplier) -> None:
    order = confirmed(world)
    supplier.next = ["lost_before", "silent", "lost_before"]
    cancel(world, order)
    run_jobs()
    long_ago()
    run_jobs()

    (case,) = orders.cases(world.program.id).items
    assert (case.kind, case.allowed) == ("cancel_unknown", ("cancelled", "stands", "wait"))
    with pytest.raises(Invalid, match="unknown_decision"):
        transact(lambda: orders.decide(world.program.id, case.id, "accept", "why not"))
    with pytest.raises(Invalid):
        transact(lambda: orders.decide(world.program.id, case.id, "stands", " "))
    transact(lambda: orders.decide(world.program.id, case.id, "stands", "They have sent it"))
    with pytest.raises(Conflict, match="case_closed"):
        transact(lambda: orders.decide(world.program.id, case.id, "stands", "again"))

    assert state_of(world, order) == ("placed", "confirmed")
    assert_laws_hold()


def test_a_parcel_that_has_left_answers_the_cancellation(world: World, supplier: FakeSupplier) -> None:
    order = confirmed(world)
    cancel(world, order)

    assert transact(lambda: orders.progress(order.consignments[0].id, "shipped"))

    assert state_of(world, order) == ("in_progress", "shipped")
    run_jobs()
    assert "cancel" not in [what for what, _ in supplier.calls]


def test_a_supplier_that_takes_back_what_has_left_contradicts_itself_and_people_hear_of_it(
    world: World, supplier: FakeSupplier
) -> None:
    order = confirmed(world)
    cancel(world, order)
    shipped = order.consignments[0].id
    transact(lambda: orders.ask(shipped))
    transact(lambda: orders.progress(shipped, "shipped"))

    assert transact(lambda: orders.undone(shipped, Cancelled()))

    (case,) = orders.cases(world.program.id).items
    assert (case.kind, case.facts["state"], case.facts["answer"]) == ("contradiction", "shipped", "Cancelled")
    assert world.find(order).points_captured == 1390


def test_an_order_that_is_taken_back_has_used_up_no_budget(world: World, supplier: FakeSupplier) -> None:
    terms = pricing.Terms("Sale", "Sale", "percent", 1000, uses_budget=5)
    transact(lambda: pricing.create_rule(world.program.id, "sale", terms))
    order = confirmed(world)
    assert pricing.rule(world.program.id, "sale").uses_spent == 1

    cancel(world, order)
    run_jobs()

    assert state_of(world, order) == ("cancelled", "cancelled")
    assert pricing.rule(world.program.id, "sale").uses_spent == 0
    assert_laws_hold()


def test_what_is_issued_can_be_voided_within_its_window(world: World, supplier: FakeSupplier) -> None:
    supplier.can = VOIDS
    supplier.told = {"issued": True, "artefacts": (Artefact("A1", 1, "code", "GIFT-1"),)}
    order = confirmed(world)
    assert state_of(world, order) == ("in_progress", "issued")
    assert order.consignments[0].void_until is not None
    cancel(world, order)

    run_jobs()

    assert state_of(world, order) == ("cancelled", "voided")
    assert (world.balance().available, supplier.live()) == (10_000, [])
    assert_laws_hold()


def test_what_is_issued_closes_when_its_window_is_over(world: World, supplier: FakeSupplier) -> None:
    supplier.can = VOIDS
    supplier.told = {"issued": True}
    order = confirmed(world)
    assert transact(lambda: orders.close_ripe(10)) == 0
    transact(lambda: execute("UPDATE consignment SET void_until = now()"))

    assert transact(lambda: orders.close_ripe(10)) == 1

    assert state_of(world, order) == ("completed", "closed")
    assert len(fetch_all("SELECT consignment_id FROM catalog_deliveries")) == 1
    with pytest.raises(Conflict, match="not_cancellable"):
        cancel(world, order)
    assert_laws_hold()


def test_points_come_back_to_the_lots_they_came_from_once(world: World, supplier: FakeSupplier) -> None:
    order = confirmed(world)
    cancel(world, order)
    run_jobs(3)

    assert fetch_one("SELECT count(*) AS n FROM entry WHERE kind = 7").n == 1
    assert fetch_one("SELECT sum(points)::bigint AS n FROM ledger_movements WHERE kind = 'redeem'").n == 0
