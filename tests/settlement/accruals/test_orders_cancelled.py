"""A cancelled order under attribution in proportion: every funder gets back exactly what it was charged, once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask

from catalog import orders
from catalog.ports import Caps
from coalition import programs
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, transact
from settlement.terms import Prices
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind
from tests.catalog.orders.working import run_jobs
from tests.settlement.builders import Coalition, broken_laws

MAY = dt.date(2026, 5, 5)
CANCELS = Caps(idempotent_create=True, lookup_by_client_ref=True, cancel=True)
# 1,390 of the 2,000 points: 695, 347 1/2 and 347 1/2 of the three lots, the point left over from the older of the two;
# of the 347 of the shared lot 208 are A's and 139 C's.
CHARGED = {"A": 695 + 208, "B": 348, "C": 139}


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    bind(FakeSupplier(can=CANCELS))
    coalition = Coalition("coral")
    transact(lambda: execute("UPDATE currency SET attribution = 'pro_rata'"))
    transact(lambda: programs.touch(coalition.program.id))
    for name in ("A", "B", "C"):
        coalition.join(name, Prices(funding_mode="on_redeem", redemption_price=Decimal("0.01"), vat_rate=Decimal(0)))
    return coalition


@pytest.fixture
def world(coalition: Coalition) -> World:
    """A member whose 2,000 points stand in three lots."""
    world = transact(lambda: a_world(points=0, program=coalition.program))
    for points, legs in ((1000, {"A": 1}), (500, {"B": 1}), (500, {"A": 60, "C": 40})):
        coalition.issue(points, MAY, legs, member=world.member_id)
    return world


def ordered(world: World) -> orders.Order:
    order = transact(world.place)
    run_jobs()
    return transact(lambda: world.find(order))


def cancelled(world: World, order: orders.Order) -> None:
    transact(lambda: orders.cancel(world.program.id, order.id, external_id="c-1", reason="changed_mind"))
    run_jobs()
    assert transact(lambda: world.find(order)).state == "cancelled"


def charged(coalition: Coalition, *, back: bool) -> dict[str, int]:
    """Points redeemed by funder as accrued, or those that came back."""
    rows = transact(
        lambda: fetch_all(
            "SELECT funder_id, sum(points) AS points FROM accrual WHERE kind = 'redeem'"
            " AND (reverses_id IS NOT NULL) = :back GROUP BY 1",
            {"back": back},
        )
    )
    names = {number: name for name, number in coalition.entities.items()}
    return {names[row.funder_id]: int(row.points) for row in rows}


def left() -> list[int]:
    """What is left of the lots, the oldest first."""
    rows = transact(lambda: fetch_all("SELECT remaining FROM lot WHERE remaining > 0 ORDER BY entry_id"))
    return [row.remaining for row in rows]


def position(coalition: Coalition, code: str) -> dict[str, int]:
    rows = transact(
        lambda: fetch_all(
            "SELECT s.legal_entity_id, s.position_minor FROM statement s JOIN settlement_period p ON p.id = s.period_id"
            " WHERE p.code = :code AND NOT s.is_operator",
            {"code": code},
        )
    )
    names = {number: name for name, number in coalition.entities.items()}
    return {names[row.legal_entity_id]: row.position_minor for row in rows}


def test_an_order_cancelled_in_its_period_costs_no_funder_anything(coalition: Coalition, world: World) -> None:
    order = ordered(world)
    assert (order.points_captured, left()) == (1390, [305, 152, 153])

    cancelled(world, order)
    coalition.accrue()

    assert charged(coalition, back=False) == CHARGED
    assert charged(coalition, back=True) == {name: -points for name, points in CHARGED.items()}
    assert left() == [1000, 500, 153, 347]  # a draw of a shared lot comes back as a child of it
    code = clock.month_code(clock.local_date(clock.now(), coalition.program.zone))
    coalition.close(code)
    assert not any(position(coalition, code).values())
    assert broken_laws() == {}


def test_an_order_cancelled_after_the_close_is_credited_in_the_next_period_at_the_old_prices(
    coalition: Coalition, world: World
) -> None:
    order = ordered(world)
    code = clock.month_code(clock.local_date(clock.now(), coalition.program.zone))
    closed = coalition.close(code)
    assert position(coalition, code) == {name: -points for name, points in CHARGED.items()}

    cancelled(world, order)
    coalition.accrue()

    assert charged(coalition, back=True) == {name: -points for name, points in CHARGED.items()}
    rows = transact(
        lambda: fetch_all(
            "SELECT b.period_id AS back, a.period_id AS first, b.funding_price = a.funding_price AS same_price,"
            " b.points = -a.points AS whole FROM accrual b JOIN accrual a ON a.movement_id = b.reverses_id"
            " WHERE b.kind = 'redeem'"
        )
    )
    assert len(rows) == 4
    assert all(row.first == closed.period.id != row.back and row.same_price and row.whole for row in rows)
    assert broken_laws() == {}
