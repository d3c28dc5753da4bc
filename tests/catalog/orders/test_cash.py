"""Orders paid partly in money: no supplier before it is reserved, taken as it is accepted, back as it is not."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from catalog import orders, payments, pricing
from catalog.ports import Caps, LineAnswer
from coalition.kernel import ids, jobs
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.errors import Invalid
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs, state_of
from tests.catalog.payments import builders as provider_of
from tests.catalog.payments.builders import FakeProvider, amounts, look

CANCELS = Caps(idempotent_create=True, lookup_by_client_ref=True, partial=True, cancel=True)


@pytest.fixture
def world(app: Flask) -> World:
    def built() -> World:
        world = a_world()
        pricing.set_cash_policy(world.program.id, pricing.CashPolicy("EUR", points_step=1))
        return world

    return transact(built)


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier(can=CANCELS))


@pytest.fixture
def bank(app: Flask) -> FakeProvider:
    return provider_of.bind(FakeProvider())


def place(world: World, pay_points: int, *lines: tuple[int, int]) -> orders.Order:
    def work() -> orders.Order:
        quoted = world.quote(*lines)
        order, _ = orders.place(
            world.program.id,
            world.member_id,
            world.partner.id,
            external_id=f"cash-{quoted.id}",
            quote_id=quoted.id,
            request_hash=b"body",
            pay_points=pay_points,
        )
        return order

    return transact(work)


def ref(order: orders.Order) -> str:
    return ids.public("ord", order.id)


def pay(order: orders.Order, bank: FakeProvider) -> None:
    """The page is opened, paid on, and the news arrives."""
    run_jobs()
    bank.pay(payments.find(ref(order)).session_id)
    look(ref(order), bank)
    run_jobs(2)


def paid_for(order: orders.Order) -> Any:
    return fetch_one(
        "SELECT sum(points_captured)::int AS points, sum(cash_captured)::int AS cash,"
        " sum(cash_released)::int AS cash_back FROM consignment WHERE order_id = :id",
        {"id": order.id},
    )


def test_no_supplier_is_asked_before_the_money_is_reserved(
    world: World, supplier: FakeSupplier, bank: FakeProvider
) -> None:
    order = place(world, 1000)
    run_jobs(2)

    assert (state_of(world, order), supplier.calls) == (("placing", "new"), [])
    assert (order.points, order.points_paid, order.cash_minor, order.payment) == (1390, 1000, 390, "wanted")
    assert world.balance().held == 1000
    assert payments.find(ref(order)).amount_minor == 390
    assert_laws_hold()

    pay(order, bank)

    assert state_of(world, order) == ("placed", "confirmed")
    assert tuple(paid_for(order)) == (1000, 390, 0)
    run_jobs(2)
    assert amounts(ref(order)) == ("captured", 390, 0, 0)
    assert world.balance().available == 9000
    assert_laws_hold()


def test_an_order_may_be_paid_in_money_alone(world: World, supplier: FakeSupplier, bank: FakeProvider) -> None:
    order = place(world, 0)
    pay(order, bank)

    assert state_of(world, order) == ("placed", "confirmed")
    assert (world.balance().available, tuple(paid_for(order))) == (10_000, (0, 1390, 0))
    assert_laws_hold()


def test_money_that_does_not_come_ends_the_order_before_anybody_was_asked(
    world: World, supplier: FakeSupplier, bank: FakeProvider
) -> None:
    order = place(world, 1000)
    run_jobs()

    assert transact(lambda: orders.payment_failed(order.id, "expired"))
    assert not transact(lambda: orders.payment_failed(order.id, "expired"))
    run_jobs(2)

    assert (state_of(world, order), world.find(order).reason) == (("rejected", "rejected"), "payment_expired")
    assert (world.balance().available, world.reward().available, supplier.calls) == (10_000, 5, [])
    assert_laws_hold()


def test_what_the_supplier_refuses_goes_back_to_the_card(
    world: World, supplier: FakeSupplier, bank: FakeProvider
) -> None:
    supplier.next = ["reject"]
    order = place(world, 1000)
    pay(order, bank)
    run_jobs(2)

    assert state_of(world, order) == ("rejected", "rejected")
    assert amounts(ref(order)) == ("voided", 0, 390, 0)
    assert tuple(paid_for(order)) == (0, 0, 390)
    assert_laws_hold()


def test_only_the_share_of_the_accepted_lines_is_taken(
    world: World, supplier: FakeSupplier, bank: FakeProvider
) -> None:
    first, second, *_ = world.rewards
    order = place(world, 1695, (first.id, 1), (second.id, 2))
    shares = {line.no: (line.points_paid, line.cash_minor) for line in order.lines}
    supplier.told = {"lines": (LineAnswer(order.lines[1].supplier_sku, "rejected", 0, code="gone"),)}
    pay(order, bank)
    run_jobs(2)

    back_points, back_cash = shares[2]
    assert sum(points for points, _ in shares.values()) < 1695 <= order.points_paid
    assert tuple(paid_for(order)) == (1695 - back_points, order.cash_minor - back_cash, back_cash)
    assert amounts(ref(order))[1:3] == (order.cash_minor - back_cash, back_cash)
    assert world.balance().available == 10_000 - 1695 + back_points
    assert_laws_hold()


def test_cancelling_before_the_money_came_closes_the_page(
    world: World, supplier: FakeSupplier, bank: FakeProvider
) -> None:
    order = place(world, 1000)
    transact(lambda: orders.cancel(world.program.id, order.id, external_id="c"))
    run_jobs(2)

    assert state_of(world, order) == ("cancelled", "released")
    assert not transact(lambda: orders.payment_authorized(order.id))
    assert (supplier.calls, world.balance().available) == ([], 10_000)
    assert payments.find(ref(order)).decided
    assert_laws_hold()


def test_what_the_supplier_takes_back_is_given_back_to_the_card(
    world: World, supplier: FakeSupplier, bank: FakeProvider
) -> None:
    order = place(world, 1000)
    pay(order, bank)
    run_jobs(2)
    transact(lambda: orders.cancel(world.program.id, order.id, external_id="c"))
    run_jobs(3)

    assert state_of(world, order) == ("cancelled", "cancelled")
    assert amounts(ref(order)) == ("captured", 390, 0, 390)
    assert world.balance().available == 10_000
    assert_laws_hold()


def test_cash_that_could_not_be_taken_is_not_given_back_and_the_points_are(
    world: World, supplier: FakeSupplier, bank: FakeProvider
) -> None:
    supplier.next = ["lost_after"]
    order = place(world, 1000)
    run_jobs()
    bank.pay(payments.find(ref(order)).session_id)
    look(ref(order), bank)
    transact(lambda: payments.capture(ref(order), 100, True))  # another supplier's share; the rest has lapsed
    run_jobs(3)
    assert [case.kind for case in orders.cases(world.program.id).items] == ["cash_not_captured"]

    transact(lambda: orders.cancel(world.program.id, order.id, external_id="c"))
    run_jobs(3)

    assert state_of(world, order) == ("cancelled", "cancelled")
    assert amounts(ref(order)) == ("captured", 100, 290, 0)
    assert world.balance().available == 10_000


def test_a_reservation_that_ends_too_soon_stops_the_order_before_the_pivot(
    world: World, supplier: FakeSupplier, bank: FakeProvider
) -> None:
    supplier.can = Caps(hold=True, idempotent_create=True, lookup_by_client_ref=True)
    supplier.next = ["lost_after"]
    order = place(world, 1000)
    run_jobs()
    bank.pay(payments.find(ref(order)).session_id)
    look(ref(order), bank)
    run_jobs()
    transact(lambda: execute("UPDATE customer_order SET payment_valid_until = now() + interval '10 seconds'"))
    run_jobs(3)

    assert (state_of(world, order), world.find(order).reason) == (("cancelled", "released"), "payment_expired")
    assert (supplier.live(), amounts(ref(order))[0]) == ([], "voided")
    assert_laws_hold()


def test_points_outside_the_programs_limits_are_refused(world: World) -> None:
    with pytest.raises(Invalid, match="points_out_of_limits"):
        place(world, 1391)


def test_the_news_of_a_payment_reaches_its_order(world: World, supplier: FakeSupplier, bank: FakeProvider) -> None:
    order = place(world, 1000)
    run_jobs()
    bank.pay(payments.find(ref(order)).session_id)
    look(ref(order), bank)
    jobs.run_due(50)

    assert world.find(order).payment == "authorized"
