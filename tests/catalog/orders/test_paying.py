"""Points and cash: no supplier is asked before the cash is reserved, and each part is taken, released or given back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from catalog import orders, payments, pricing, rewards
from catalog.ports import Caps
from coalition.kernel import ids
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Invalid
from tests.catalog.builders import a_supplier, offers_in_stock
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs
from tests.catalog.payments import builders as bank
from tests.catalog.payments.builders import FakeProvider

PAGE = orders.PayPage("Order", "en", "http://shop.example/{order}/paid", "http://shop.example/{order}/left")
CANCELS = Caps(idempotent_create=True, lookup_by_client_ref=True, cancel=True)


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A point is worth a cent here; half of everything may be paid in cash. Two suppliers."""
    made = transact(_two_suppliers)
    yield made
    assert_laws_hold()
    bank.unbind()


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
    return transact(lambda: world.place(quoted, pay_points=pay_points, page=PAGE))


def _ref(order: orders.Order) -> str:
    return ids.public("ord", order.id)


def _pay(order: orders.Order, provider: FakeProvider) -> None:
    provider.pay(payments.find(_ref(order)).session_id)
    bank.look(_ref(order), provider)
    run_jobs(3)


def _cash(world: World, order: orders.Order) -> list[tuple[str, int, int]]:
    return [(one.state, one.cash_captured, one.cash_refunded) for one in world.find(order).consignments]


def test_suppliers_are_asked_only_when_the_cash_is_reserved(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    order = _order(world)
    run_jobs(2)

    assert (order.points_paid, order.cash_minor, order.payment) == (1_000, 1_790, "wanted")
    assert (supplier.calls, world.find(order).state, world.balance().held) == ([], "placing", 1_000)
    page = payments.find(_ref(order))
    assert (page.state, page.amount_minor, page.currency) == ("opened", 1_790, "EUR")

    _pay(order, provider)

    now = world.find(order)
    assert (now.state, now.payment, now.points_captured) == ("placed", "authorized", 1_000)
    assert bank.amounts(_ref(order)) == ("captured", 1_790, 0, 0)
    assert provider.done("capture") == 2
    assert sum(one.cash_minor for one in now.consignments) == 1_790


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


def test_all_refused_releases_all(world: World, supplier: FakeSupplier, provider: FakeProvider) -> None:
    supplier.next = ["reject", "reject"]
    order = _order(world)
    run_jobs(2)

    _pay(order, provider)

    assert (world.find(order).state, bank.amounts(_ref(order))) == ("rejected", ("voided", 0, 1_790, 0))
    assert (world.balance().available, world.balance().held) == (10_000, 0)


def test_nobody_pays_and_the_order_ends_with_everything_back(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    order = _order(world)
    run_jobs(2)
    provider._set(payments.find(_ref(order)).session_id, status="expired")

    bank.look(_ref(order), provider)
    run_jobs(2)

    now = world.find(order)
    assert (now.state, now.payment, now.reason, supplier.calls) == ("cancelled", "failed", "not_paid", [])
    assert (world.balance().available, world.reward().available) == (10_000, 5)


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


def test_what_a_supplier_takes_back_comes_back_in_points_and_in_cash(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    order = _order(world)
    run_jobs(2)
    _pay(order, provider)
    transact(lambda: orders.cancel(world.program.id, order.id, external_id="c"))
    run_jobs(4)

    assert [state for state, *_ in _cash(world, order)] == ["cancelled", "cancelled"]
    assert bank.amounts(_ref(order)) == ("captured", 1_790, 0, 1_790)
    assert provider.done("refund") == 2
    assert (world.balance().available, world.balance().held) == (10_000, 0)


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


def test_before_the_pivot_a_reservation_that_ends_too_soon_calls_the_order_off(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    order = _order(world)
    run_jobs(2)
    transact(lambda: execute("UPDATE job SET state = 'dead' WHERE kind = 'orders.ask'"))
    provider.pay(payments.find(_ref(order)).session_id)
    bank.look(_ref(order), provider)
    transact(lambda: execute("UPDATE payment SET capture_before = now()"))
    run_jobs(4)

    assert {one.reason for one in world.find(order).consignments} == {"payment_expired"}
    assert bank.amounts(_ref(order)) == ("voided", 0, 1_790, 0)


def test_the_whole_price_in_points_asks_nobody_for_cash(
    world: World, supplier: FakeSupplier, provider: FakeProvider
) -> None:
    order = _order(world, pay_points=2_790)
    run_jobs(2)

    assert (world.find(order).state, order.payment, provider.calls) == ("placed", "none", [])
    assert fetch_one("SELECT count(*) AS n FROM payment").n == 0


def test_the_whole_price_in_cash_holds_no_points(world: World, supplier: FakeSupplier, provider: FakeProvider) -> None:
    order = _order(world, pay_points=0)
    run_jobs(2)
    assert (order.points_paid, order.cash_minor, world.balance().held) == (0, 2_790, 0)

    _pay(order, provider)

    assert (world.find(order).state, bank.amounts(_ref(order))) == ("placed", ("captured", 2_790, 0, 0))


def test_where_nobody_takes_cash_and_outside_the_limits_nothing_is_ordered(world: World) -> None:
    quoted = transact(world.quote)

    with pytest.raises(Invalid, match="cash_unavailable"):
        transact(lambda: world.place(quoted, pay_points=500))
    with pytest.raises(Invalid, match="points_out_of_limits"):
        transact(lambda: world.place(quoted, pay_points=5_000, page=PAGE))

    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0


def test_news_of_a_payment_that_is_no_orders_changes_nothing(world: World) -> None:
    assert not transact(lambda: orders.payment_authorized("ord_zzzzzzzzzzzzz", None))
    assert not transact(lambda: orders.payment_authorized("deposit-7", None))
    assert not transact(lambda: orders.payment_failed(ids.public("ord", 99), "not_paid"))
