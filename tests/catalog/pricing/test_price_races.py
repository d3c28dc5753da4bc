"""Races with real commits: the last piece of a budget, and the last of a grant, are given once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Event

import pytest
from flask import Flask

from catalog import pricing
from coalition.kernel.config import Config
from coalition.kernel.db import db, fetch_one, transact
from tests.catalog.orders.builders import HOME, a_member, assert_laws_hold
from tests.catalog.orders.test_races import at_once
from tests.catalog.pricing.worlds import PriceWorld, a_price_world
from tests.racing import until_somebody_waits

CLIENTS, ROUNDS = 6, 5


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()


def test_six_members_want_the_last_of_a_budget_and_exactly_one_gets_it(live: Flask) -> None:
    world = _world()
    transact(lambda: world.rule("sale", value=5000, uses_budget=ROUNDS))
    buyers = [transact(lambda: a_member(world.program, world.partner)) for _ in range(CLIENTS)]
    for at in range(ROUNDS):
        transact(partial(_leave, world, at + 1))
        quotes = [transact(partial(_quote, world, buyer)) for buyer in buyers]
        assert {quote.points for quote in quotes} == {509}

        ends = at_once(live, [partial(_confirm, world, quote) for quote in quotes])

        assert sorted(ends) == ["price_changed"] * (CLIENTS - 1) + ["won"]
    row = fetch_one("SELECT points_spent, uses_spent FROM price_rule")
    assert row is not None
    assert tuple(row) == (500 * ROUNDS, ROUNDS)


def test_a_grant_for_one_piece_lowers_one_order_of_many_at_once(live: Flask) -> None:
    world = _world()
    transact(lambda: world.rule("gift", segment=None, value=5000))
    transact(lambda: world.grant("gift", uses=1))
    quotes = [transact(partial(_quote, world, world.member_id)) for _ in range(CLIENTS)]

    ends = at_once(live, [partial(_confirm, world, quote) for quote in quotes])

    assert sorted(ends) == ["price_changed"] * (CLIENTS - 1) + ["won"]
    assert transact(lambda: pricing.grants_of(world.program.id, world.member_id))[0].used == 1


def test_a_grant_that_is_used_up_while_its_member_is_merged_does_not_go_over(live: Flask) -> None:
    world = _world()
    survivor = transact(lambda: a_member(world.program, world.partner))
    transact(lambda: world.rule("gift", segment=None, value=5000))
    transact(lambda: world.grant("gift", uses=1))
    quote = transact(partial(_quote, world, world.member_id))
    used = Event()

    def order() -> None:
        _confirm(world, quote)
        used.set()
        until_somebody_waits()

    def merge() -> None:
        used.wait(10)
        pricing.follow_merge(world.member_id, survivor)

    at_once(live, [order, merge])

    assert pricing.grants_of(world.program.id, survivor) == []


def test_a_cart_that_changes_while_it_is_checked_out_keeps_no_quote(live: Flask) -> None:
    world, checked = _world(), Event()
    of, lines = (world.program.id, world.member_id), [(world.shelves[0].reward_id, 1)]
    transact(lambda: pricing.add(*of, lines))

    def check_out() -> None:
        pricing.check_out(*of, None, partner_id=world.partner.id)
        checked.set()
        until_somebody_waits()

    def add() -> None:
        checked.wait(10)
        pricing.add(*of, lines)

    assert at_once(live, [check_out, add]) == ["won", "won"]

    found = transact(lambda: pricing.cart(*of))
    assert (found.state, found.pieces) == ("open", 2)
    assert fetch_one("SELECT 1 FROM quote WHERE state = 'active'") is None


def _world() -> PriceWorld:
    world = transact(a_price_world)
    supplier_id = world.shelves[0].supplier_id
    transact(
        lambda: pricing.offer_delivery(supplier_id, "c", kind="courier", points=9, cost_minor=9, days_min=1, days_max=2)
    )
    return world


def _leave(world: PriceWorld, pieces: int) -> None:
    """Let the budget be so many pieces from now on."""
    found = pricing.rule(world.program.id, "sale")
    terms = {name: getattr(found.terms, name) for name in pricing.Terms.__slots__}
    pricing.revise_rule(world.program.id, "sale", pricing.Terms(**{**terms, "uses_budget": pieces}))


def _quote(world: PriceWorld, member_id: int) -> pricing.Quote:
    line = (world.shelves[0].reward_id, 1)
    return pricing.quote(world.program.id, member_id, [line], None, HOME, partner_id=world.partner.id)


def _confirm(world: PriceWorld, quote: pricing.Quote) -> pricing.Quote:
    return pricing.confirm(world.program.id, quote.member_id, quote.id)
