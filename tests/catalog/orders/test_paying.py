"""Points and cash: no supplier is asked before the cash is reserved, and each part is taken, released or given back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from catalog import orders, payments, pricing, rewards
from catalog.ports import Caps
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, fetch_one, transact
from tests.catalog.builders import a_supplier, offers_in_stock
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs
from tests.catalog.payments import builders as bank
from tests.catalog.payments.builders import FakeProvider

CANCELS = Caps(idempotent_create=True, lookup_by_client_ref=True, cancel=True)


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A point is worth a cent here; half of everything may be paid in cash. Two suppliers."""
    made = transact(_two_suppliers)
    yield made
    assert_laws_hold()


@pytest.fixture
def supplier(world: World) -> FakeSupplier:
    return bind(FakeSupplier(can=CANCELS))


@pytest.fixture
def provider(world: World) -> FakeProvider:
    return bank.bind(FakeProvider(many_captures=True))


def _two_suppliers() -> World:
    world = a_world()
    other = a_supplier(world.program)
    offers_in_stock(other, B1=5)
    pricing.offer_delivery(other.id, "courier", kind="courier", points=400, cost_minor=300, days_min=2, days_max=3)
    pricing.set_cash_policy(world.program.id, pricing.CashPolicy("EUR"))
    found = tuple(rewards.search(world.program.id, rewards.RewardQuery(sort="new")).items)
    return World(world.program, world.partner, world.supplier, found, world.member_id)


def _order(world: World, pay_points: int = 1_000) -> orders.Order:
    """One reward of each supplier: 2 x 1,000 and 390 + 400 for delivery, so 1,790 cents are left to pay."""
    mine = next(one for one in world.rewards if one.supplier_id == world.supplier.id)
    theirs = next(one for one in world.rewards if one.supplier_id != world.supplier.id)
    quoted = transact(lambda: world.quote((mine.id, 1), (theirs.id, 1)))
    return transact(lambda: world.place(quoted, pay_points=pay_points))


def _ref(order: orders.Order) -> str:
    return ids.public("ord", order.id)


def _pay(order: orders.Order, provider: FakeProvider) -> None:
    provider.pay(payments.find(_ref(order)).session_id)
    bank.look(_ref(order), provider)
    run_jobs(3)


def _cash(world: World, order: orders.Order) -> list[tuple[str, int, int]]:
    return [(one.state, one.cash_captured, one.cash_refunded) for one in world.find(order).consignments]


def test_what_one_supplier_refuses_is_neither_taken_in_points_nor_in_cash(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    supplier.next = ["reject", "accept"]
    order = _order(world)
    run_jobs(2)

    _pay(order, provider)

    now = world.find(order)
    refused, kept = sorted(now.consignments, key=lambda one: one.state != "rejected")
    assert (refused.state, kept.state) == ("rejected", "confirmed")
    assert bank.amounts(_ref(order)) == ("captured", kept.cash_minor, refused.cash_minor, 0)
    assert (now.points_captured, now.points_released) == (kept.points_paid, refused.points_paid)


def test_a_provider_that_takes_once_waits_for_the_last_supplier(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    provider.many_captures = False
    supplier.next = ["accept", "lost_before", "silent", "silent", "silent"]
    order = _order(world)
    run_jobs(2)
    _pay(order, provider)
    assert bank.amounts(_ref(order))[:2] == ("authorized", 0)

    supplier.next = []
    run_jobs(4)

    assert bank.amounts(_ref(order)) == ("captured", 1_790, 0, 0)
    assert provider.done("capture") == 1


def test_an_order_cancelled_before_it_is_paid_takes_nothing_even_from_who_pays_at_the_last_moment(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    order = _order(world)
    run_jobs(2)
    provider.pay(payments.find(_ref(order)).session_id)

    transact(lambda: orders.cancel(world.program.id, order.id, external_id="c"))
    run_jobs(4)

    assert (world.find(order).state, bank.amounts(_ref(order))) == ("cancelled", ("voided", 0, 1_790, 0))
    assert supplier.calls == []


def test_after_the_pivot_a_reservation_that_lapsed_stops_nothing_and_is_a_case(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    supplier.next = ["pending", "pending"]
    order = _order(world)
    run_jobs(2)
    _pay(order, provider)
    provider._set(payments.find(_ref(order)).session_id, status="voided")
    bank.look(_ref(order), provider)
    run_jobs(1)
    for share in world.find(order).consignments:
        supplier.book[share.client_ref] = "accepted"

    run_jobs(4)

    assert world.find(order).state == "placed"
    [row] = fetch_all("SELECT kind, subject, ours FROM payment_case WHERE closed_at IS NULL")
    assert (row.kind, row.subject) == ("lapsed", _ref(order))


def test_the_whole_price_in_points_asks_nobody_for_cash(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    order = _order(world, pay_points=2_790)
    run_jobs(2)

    assert (world.find(order).state, order.payment, provider.calls) == ("placed", "none", [])
    assert fetch_one("SELECT count(*) AS n FROM payment").n == 0
