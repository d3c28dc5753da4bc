"""What was paid partly by card comes back in the same proportion, at the rate of its day, in however many steps."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import orders, pricing, shipments
from catalog.jobs import parcels
from catalog.orders import Order, Return
from coalition.kernel import clock, ids, jobs
from coalition.kernel.db import fetch_one, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.test_cash import pay, place
from tests.catalog.orders.working import run_jobs
from tests.catalog.payments import builders as provider_of
from tests.catalog.payments.builders import FakeProvider, amounts


@pytest.fixture
def world(app: Flask) -> World:
    def built() -> World:
        world = a_world(points=50_000)
        pricing.set_cash_policy(world.program.id, pricing.CashPolicy("EUR", points_step=1))
        return world

    bind(FakeSupplier())
    return transact(built)


@pytest.fixture
def bank(app: Flask) -> FakeProvider:
    return provider_of.bind(FakeProvider())


def delivered(world: World, bank: FakeProvider, pay_points: int) -> Order:
    """Three pieces, paid partly by card, that have arrived."""
    order = place(world, pay_points, (world.rewards[0].id, 3))
    pay(order, bank)
    share = world.find(order).consignments[0]
    lines = [{"sku": share.lines[0].supplier_sku, "qty": 3}]
    parcel = {"carrier": "email", "tracking_no": "T1", "lines": lines}
    news = {"type": "parcel.delivered", "client_ref": share.client_ref, "external_id": "X", "parcel": parcel}
    body = {**news, "occurred_at": clock.now().isoformat()}
    transact(lambda: shipments.receive(shipments.SUPPLIER, str(world.supplier.id), "m", body))
    run_jobs(2)
    return world.find(order)


def returned(world: World, order: Order, qty: int, external_id: str) -> Return:
    program = world.program.id
    how = {"lines": {1: qty}, "reason": "damaged", "request_hash": b"body"}
    asked, _ = transact(lambda: orders.request_return(program, order.id, external_id=external_id, **how))
    transact(lambda: orders.authorize_return(program, asked.id))
    transact(lambda: orders.receive_return(program, asked.id, {1: qty}))
    transact(lambda: orders.inspect_return(program, asked.id))
    return transact(lambda: orders.decide_return(program, asked.id, {1: qty}, "Fine"))


@pytest.mark.parametrize("pay_points", [1000, 1, 2222])
@pytest.mark.parametrize("steps", [(3,), (1, 2), (2, 1), (1, 1, 1)])
def test_any_sequence_of_returns_sums_up_to_what_the_line_was_paid_with(
    world: World, bank: FakeProvider, pay_points: int, steps: tuple[int, ...]
) -> None:
    order = delivered(world, bank, pay_points)
    (line,) = order.lines
    assert line.points_paid
    assert line.cash_minor

    parts = [returned(world, order, qty, f"R-{no}") for no, qty in enumerate(steps)]
    run_jobs(2)

    assert sum(one.refund_points for one in parts) == line.points_paid
    assert sum(one.refund_cash_minor for one in parts) == line.cash_minor
    for one, qty in zip(parts, steps, strict=True):
        assert abs(one.refund_points * 3 - line.points_paid * qty) < 3
        assert abs(one.refund_cash_minor * 3 - line.cash_minor * qty) < 3
    assert amounts(ids.public("ord", order.id))[3] == line.cash_minor
    assert world.balance().available == 50_000 - order.points_paid + line.points_paid
    assert_laws_hold()


def test_a_return_is_closed_once_the_card_has_its_money_back(world: World, bank: FakeProvider) -> None:
    order = delivered(world, bank, 1000)

    done = returned(world, order, 1, "R-1")
    assert done.state == "refunded"
    transact(lambda: jobs.enqueue("returns.close", {}, key="early"))
    assert transact(lambda: orders.close_if_paid(done.id)) is False
    run_jobs(2)
    transact(lambda: jobs.enqueue("returns.close", {}, key="late"))
    run_jobs()

    assert transact(lambda: orders.find_return(world.program.id, done.id)).state == "closed"
    assert fetch_one("SELECT count(*) AS n FROM outbox WHERE kind = 'return.updated'").n == 8
    assert_laws_hold()


def test_a_return_whose_cash_is_long_in_coming_keeps_no_other_open(
    world: World, bank: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parcels, "_CHUNK", 1)
    order = delivered(world, bank, 1000)
    slow, quick = returned(world, order, 1, "R-1"), returned(world, order, 1, "R-2")
    seen = []
    monkeypatch.setattr(orders, "close_if_paid", seen.append)

    transact(lambda: jobs.enqueue("returns.close", {}, key="round"))
    run_jobs()

    assert seen == [slow.id, quick.id]
