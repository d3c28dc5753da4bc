"""A quote holds every number; when it is over, less is charged silently and more with consent only."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import pricing
from catalog.pricing import CashPolicy, Quote, QuotedRule
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid
from tests.catalog.orders.builders import HOME
from tests.catalog.pricing.worlds import PriceWorld, a_price_world, set_points


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    world = transact(a_price_world)
    for supplier_id in {shelf.supplier_id for shelf in world.shelves}:
        transact(
            lambda supplier_id=supplier_id: pricing.offer_delivery(
                supplier_id, "courier", kind="courier", points=100, cost_minor=90, days_min=1, days_max=2
            )
        )
    return world


def _quote(world: PriceWorld, *lines: tuple[int, int]) -> Quote:
    wanted = [(world.shelves[at].reward_id, qty) for at, qty in lines or ((0, 1),)]
    return transact(
        lambda: pricing.quote(world.program.id, world.member_id, wanted, "courier", HOME, partner_id=world.partner.id)
    )


def _confirm(world: PriceWorld, quote: Quote, **how: int) -> Quote:
    return transact(lambda: pricing.confirm(world.program.id, world.member_id, quote.id, **how))


def _expire(quote: Quote) -> None:
    transact(lambda: execute("UPDATE quote SET expires_at = now() WHERE id = :id", {"id": quote.id}))


def _spent(code: str) -> tuple[int, int]:
    row = fetch_one("SELECT points_spent, uses_spent FROM price_rule WHERE code = :code", {"code": code})
    assert row is not None
    return row.points_spent, row.uses_spent


def test_a_quote_freezes_the_members_price_and_names_the_rule_and_its_version(world: PriceWorld) -> None:
    rule = transact(lambda: world.rule(value=1000))
    transact(lambda: world.rule("parcel", scope="delivery", value=5000, floor_points=0))

    quote = _quote(world, (0, 2))

    (line,), (option,) = quote.lines, quote.deliveries
    assert (line.unit_points, line.base_points, line.rule_id, line.rule_version) == (900, 1000, rule.id, 1)
    assert (option.points, option.base_points, option.cost_minor) == (50, 100, 90)
    assert (quote.points, quote.cash_limits, quote.pricebook_version is not None) == (1850, (1850, 1850), True)
    assert quote.rules[1] == QuotedRule(1, rule.id, 1, False, 2, 200)


def test_a_price_that_holds_is_charged_whatever_became_of_its_rule(world: PriceWorld) -> None:
    transact(lambda: world.rule(value=1000))
    quote = _quote(world)
    transact(lambda: pricing.stop_rule(world.program.id, "rule"))

    used = _confirm(world, quote)

    assert (used.id, used.state, used.points, used.pay_points) == (quote.id, "used", 1000, 1000)


def test_a_price_that_is_over_is_charged_at_the_lower_one_of_today(world: PriceWorld) -> None:
    quote = _quote(world)
    _expire(quote)
    transact(lambda: world.rule(value=1000))

    used = _confirm(world, quote)

    assert (used.supersedes, used.points, used.pay_points) == (quote.id, 1000, 1000)
    assert pricing.find(world.program.id, quote.id).state == "expired"
    other = _quote(world)
    with pytest.raises(Conflict, match="quote_expired"):
        transact(lambda: execute("UPDATE quote SET state = 'superseded' WHERE id = :id", {"id": other.id}))
        _confirm(world, other)


def test_a_price_that_has_risen_needs_consent_to_it(world: PriceWorld) -> None:
    quote = _quote(world)
    _expire(quote)
    transact(lambda: set_points([1200] * 6, world.shelves))

    with pytest.raises(Conflict, match="price_changed") as refusal:
        _confirm(world, quote)
    with pytest.raises(Conflict, match="price_changed"):
        _confirm(world, quote, consent_points=1299)

    assert refusal.value.extra == {"old_points": 1100, "new_points": 1300}
    assert _confirm(world, quote, consent_points=1300).points == 1300


def test_a_supplier_may_guarantee_its_price_for_less_time_than_we_would(world: PriceWorld) -> None:
    until = clock.now() + dt.timedelta(minutes=5)

    quote = transact(
        lambda: pricing.quote(
            world.program.id,
            world.member_id,
            [(world.shelves[0].reward_id, 1)],
            None,
            HOME,
            partner_id=world.partner.id,
            guarantee_until=until,
        )
    )

    assert quote.expires_at == until
    assert _quote(world).expires_at > until


def test_a_budget_is_used_up_by_orders_and_comes_back_with_them(world: PriceWorld) -> None:
    transact(lambda: world.rule(value=1000, points_budget=250, uses_budget=9))
    first, second = _quote(world, (0, 2)), _quote(world)
    assert _spent("rule") == (0, 0)

    _confirm(world, first)
    assert _spent("rule") == (200, 2)
    assert _quote(world).lines[0].unit_points == 1000  # 50 points are left, 100 would be needed
    with pytest.raises(Conflict, match="price_changed"):
        _confirm(world, second)
    assert _spent("rule") == (200, 2)

    assert transact(lambda: pricing.give_back(first.id))
    assert not transact(lambda: pricing.give_back(first.id))
    assert _spent("rule") == (0, 0)
    assert _confirm(world, second).points == 1000


def test_a_grant_is_used_up_by_pieces(world: PriceWorld) -> None:
    transact(lambda: world.rule("gift", segment=None, value=5000))
    transact(lambda: world.grant("gift", uses=3))

    both = _quote(world, (0, 2), (1, 2))
    assert [line.unit_points for line in both.lines] == [500, 1000]
    _confirm(world, both)
    assert [one.used for one in pricing.grants_of(world.program.id, world.member_id)] == [2]
    assert _quote(world, (0, 1)).lines[0].unit_points == 500
    assert _quote(world, (0, 2)).lines[0].unit_points == 1000
    transact(lambda: pricing.give_back(both.id))
    assert [one.used for one in pricing.grants_of(world.program.id, world.member_id)] == [0]


def test_rules_that_work_together_share_what_they_take_off(world: PriceWorld) -> None:
    transact(lambda: world.rule("a", value=2000, stackable=True, points_budget=10_000))
    transact(lambda: world.rule("b", value=1000, stackable=True))

    quote = _confirm(world, _quote(world, (0, 3)))

    assert quote.lines[0].unit_points == 720
    assert [(one.pieces, one.points) for one in quote.rules] == [(3, 560), (3, 280)]
    assert (_spent("a"), _spent("b")) == ((560, 3), (0, 0))


def test_points_and_money_pay_within_the_limits_of_the_program(world: PriceWorld) -> None:
    policy = CashPolicy("EUR", points_min_bp=2000, points_max_bp=10_000, cash_min_minor=100, points_step=10)
    transact(lambda: pricing.set_cash_policy(world.program.id, policy))
    quote = _quote(world, (0, 1), (3, 1))
    assert (quote.points, quote.cash_limits, quote.cash_currency) == (2200, (440, 2200), "EUR")

    used = _confirm(world, quote, pay_points=1000)

    assert (used.pay_points, used.cash_minor) == (1000, 1200)
    assert [(line.pay_points, line.cash_minor) for line in used.lines] == [(455, 545), (455, 545)]
    assert [(one.pay_points, one.cash_minor) for one in used.deliveries] == [(45, 55), (45, 55)]
    assert [pricing.cash_option(world.program.id)(points) for points in (1000, 100)] == [True, False]


def test_too_few_points_are_refused_and_nothing_is_used(world: PriceWorld) -> None:
    transact(lambda: pricing.set_cash_policy(world.program.id, CashPolicy("EUR", points_min_bp=5000)))
    quote = _quote(world)

    with pytest.raises(Invalid, match="points_out_of_limits"):
        _confirm(world, quote, pay_points=549)

    assert pricing.find(world.program.id, quote.id).state == "active"
    transact(lambda: pricing.set_cash_policy(world.program.id, None))
    assert _quote(world).cash_limits == (1100, 1100)
    with pytest.raises(Invalid):
        transact(lambda: pricing.set_cash_policy(world.program.id, CashPolicy("USD")))
