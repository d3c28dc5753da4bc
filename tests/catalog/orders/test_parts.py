"""A supplier's answer line by line: what it takes is captured, what it does not comes back, to the last point."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from catalog import orders
from catalog.orders.supplying.lines import OpenLine, judge, shared, too_dear
from catalog.ports import Caps, LineAnswer
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs, state_of

CANCELS = Caps(idempotent_create=True, lookup_by_client_ref=True, partial=True, cancel=True)


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


@pytest.fixture
def supplier(app: Flask) -> FakeSupplier:
    return bind(FakeSupplier(can=CANCELS))


def an_order(world: World) -> orders.Order:
    """Two pieces of the first reward and three of the second: 5,000 points, and 390 for the courier."""
    first, second, *_ = world.rewards
    return transact(lambda: world.place(world.quote((first.id, 2), (second.id, 3))))


def lines_of(order: orders.Order) -> list[Any]:
    return fetch_all(
        "SELECT no, qty, state, answer, split_from, points_paid FROM order_line WHERE order_id = :id ORDER BY no",
        {"id": order.id},
    )


def test_a_line_that_is_rejected_comes_back_and_the_other_is_captured(world: World, supplier: FakeSupplier) -> None:
    order = an_order(world)
    skus = [line.supplier_sku for line in order.lines]
    supplier.told = {"lines": (LineAnswer(skus[0], "rejected", 0, code="out_of_stock"),)}

    run_jobs()

    now = world.find(order)
    assert (now.state, now.points_captured, now.points_released, now.points_held) == ("placed", 3390, 2000, 0)
    assert [(line.state, line.answer) for line in now.lines] == [("released", "rejected"), ("accepted", "accepted")]
    assert (world.balance().available, world.balance().held) == (10_000 - 3390, 0)
    assert (world.reward(0).available, world.reward(1).available) == (5, 2)
    assert orders.pieces(now.consignments[0].id) == {skus[1]: 3}
    assert_laws_hold()


def test_fewer_pieces_part_the_line_in_two(world: World, supplier: FakeSupplier) -> None:
    order = an_order(world)
    skus = [line.supplier_sku for line in order.lines]
    supplier.told = {"lines": (LineAnswer(skus[1], "qty_changed", 1),)}

    run_jobs()

    assert [tuple(line) for line in lines_of(order)] == [
        (1, 2, "accepted", "accepted", None, 2000),
        (2, 1, "accepted", "qty_changed", None, 1000),
        (3, 2, "released", "qty_changed", 2, 2000),
    ]
    now = world.find(order)
    assert (now.points_captured, now.points_released) == (3390, 2000)
    assert (world.reward(0).available, world.reward(1).available) == (3, 4)
    assert_laws_hold()


def test_an_acceptance_of_nothing_is_a_refusal(world: World, supplier: FakeSupplier) -> None:
    order = an_order(world)
    supplier.told = {"lines": tuple(LineAnswer(line.supplier_sku, "rejected", 0, code="gone") for line in order.lines)}

    run_jobs()

    assert (state_of(world, order), world.find(order).reason) == (("rejected", "rejected"), "gone")
    assert world.balance().available == 10_000
    assert_laws_hold()


def test_a_higher_cost_within_the_margin_is_ours(world: World, supplier: FakeSupplier) -> None:
    order = an_order(world)
    transact(lambda: execute("UPDATE supplier SET margin_bp = 1000"))
    supplier.told = {"lines": (LineAnswer(order.lines[0].supplier_sku, "price_changed", 2, cost_minor=1100),)}

    run_jobs()

    assert state_of(world, order) == ("placed", "confirmed")
    assert fetch_one("SELECT cost_minor FROM consignment").cost_minor == 2 * 1100 + 3 * 1000
    assert_laws_hold()


@pytest.mark.parametrize(("decision", "ends"), [("accept", "confirmed"), ("refuse", "cancelled")])
def test_a_cost_above_our_floor_is_for_people(world: World, supplier: FakeSupplier, decision: str, ends: str) -> None:
    order = an_order(world)
    supplier.told = {"lines": (LineAnswer(order.lines[0].supplier_sku, "price_changed", 2, cost_minor=1001),)}

    run_jobs(3)

    (case,) = orders.cases(world.program.id).items
    assert (case.kind, case.facts["unit_costs"][order.lines[0].supplier_sku]) == ("price_changed", 1001)
    assert (state_of(world, order), world.balance().held) == (("placing", "confirming"), 5390)
    assert [what for what, _ in supplier.calls] == ["confirm"]
    transact(lambda: orders.decide(world.program.id, case.id, decision, "As agreed with the supplier"))
    run_jobs()

    assert state_of(world, order)[1] == ends
    live = 1 if decision == "accept" else 0
    assert (len(supplier.live()), world.balance().available) == (live, 10_000 - live * 5390)
    assert_laws_hold()


def test_a_line_that_comes_later_is_taken_and_somebody_is_told(world: World, supplier: FakeSupplier) -> None:
    order = an_order(world)
    supplier.told = {"lines": (LineAnswer(order.lines[0].supplier_sku, "backordered", 2),)}

    run_jobs()

    assert state_of(world, order) == ("placed", "confirmed")
    assert [row.kind for row in fetch_all("SELECT kind FROM order_alarm")] == ["backordered"]


@given(amount=st.integers(0, 10**9), qty=st.integers(2, 1000), taken=st.integers(1, 999))
def test_a_share_is_never_off_by_more_than_half(amount: int, qty: int, taken: int) -> None:
    taken = min(taken, qty - 1)

    part = shared(amount, taken, qty)

    assert 0 <= part <= amount
    assert abs(part * qty - amount * taken) * 2 <= qty
    assert shared(qty * 7, taken, qty) == taken * 7


def test_what_is_too_dear_is_seen_to_the_last_cent() -> None:
    line = OpenLine(1, 1, "A", 2, 1000, 2000, 0, "k")

    def verdicts(cost: int) -> Any:
        return judge([line], [LineAnswer("A", "price_changed", 2, cost_minor=cost)])

    assert not too_dear(verdicts(1050), 500)
    assert too_dear(verdicts(1051), 500)
    assert not too_dear(judge([line], [LineAnswer("A", "rejected", 0, cost_minor=9999)]), 0)
