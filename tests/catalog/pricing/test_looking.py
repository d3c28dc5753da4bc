"""Whoever only looks is told what paying and sending would come to, and nothing is written."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import pricing
from catalog.ports import Address
from coalition.kernel.db import fetch_one, transact
from coalition.kernel.errors import NotFound
from tests.catalog.orders.builders import World, a_world


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def test_without_a_policy_points_alone_pay(world: World) -> None:
    assert transact(lambda: pricing.pay_examples(world.program.id, 1000, 5000)) == []


@pytest.mark.parametrize(("available", "most"), [(None, 900), (5000, 900), (600, 600)])
def test_examples_keep_the_limits_and_what_the_payer_has(world: World, available: int | None, most: int) -> None:
    policy = pricing.CashPolicy("EUR", points_min_bp=2000, cash_min_minor=100, points_step=100)
    transact(lambda: pricing.set_cash_policy(world.program.id, policy))

    shown = transact(lambda: pricing.pay_examples(world.program.id, 1000, available))

    points = [one.points for one in shown]
    assert (points[0], points[-1]) == (most, 200)
    assert points == sorted(points, reverse=True)
    assert all(one.points % 100 == 0 and one.cash_minor == 1000 - one.points for one in shown)


def test_who_has_too_few_points_for_the_least_is_shown_no_example(world: World) -> None:
    transact(lambda: pricing.set_cash_policy(world.program.id, pricing.CashPolicy("EUR", points_min_bp=2000)))

    assert transact(lambda: pricing.pay_examples(world.program.id, 1000, 199)) == []


def test_sending_to_a_place_is_priced_without_a_quote(world: World) -> None:
    there = pricing.Place(Address("", country="LV", postal_code="LV-1010"))

    ways = transact(lambda: pricing.ways_to(world.program.id, world.member_id, world.rewards[0].id, there))

    assert [(way.code, way.points) for way in ways] == [("courier", 390)]
    assert fetch_one("SELECT count(*) AS n FROM quote").n == 0
    with pytest.raises(NotFound):
        transact(lambda: pricing.ways_to(world.program.id, None, 0, there))
