"""The laws of prices hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from catalog import pricing
from catalog.pricing import CashPolicy
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests.catalog.orders.builders import HOME, assert_laws_hold
from tests.catalog.pricing.worlds import PriceWorld, a_price_world

CRIMES = {
    "price-rule": "UPDATE price_rule SET value = value + 1",
    "price-book": "UPDATE rule_price SET points = points - 1 WHERE rule_id = (SELECT min(rule_id) FROM rule_price)",
    "price-budget": "UPDATE price_rule SET points_spent = points_spent - 1 WHERE points_spent > 0",
    "price-grant": "UPDATE price_grant SET used = 0",
    "price-perk": "UPDATE price_grant SET valid_to = now() WHERE rule_id IN (SELECT rule_id FROM price_perk)",
    "quote-price": "UPDATE quote_rule SET points = points + 1 WHERE line_no = 1",
    "quote-sum": "UPDATE quote SET goods_points = goods_points + 1",
    "quote-split": "UPDATE quote_line SET cash_minor = cash_minor + 1 WHERE pay_points IS NOT NULL",
}
MORE = (
    ("price-book", "DELETE FROM rule_price WHERE reward_id = (SELECT min(reward_id) FROM rule_price)"),
    ("price-book", "UPDATE price_rule SET state = 'stopped'"),
    ("price-budget", "UPDATE quote_rule SET counted = false"),
    ("price-budget", "UPDATE quote SET given_back_at = now() WHERE state = 'used'"),
    ("quote-price", "UPDATE quote_line SET rule_id = NULL"),
    ("quote-split", "UPDATE quote_delivery SET pay_points = pay_points - 1"),
)


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, over a full story; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        _story(transact(a_price_world))
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known = {law.code: law for law in pricing.laws()}
    assert known.keys() == CRIMES.keys()

    for code, crime in (*CRIMES.items(), *MORE):
        owner.execute("SAVEPOINT innocent")
        owner.execute(crime.encode())
        offending = owner.execute(known[code].sql.encode()).fetchall()
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
        assert offending, crime


def _story(world: PriceWorld) -> None:
    """Quotes of one piece with a budget, a grant and money beside points: used, given back, and one that waits."""
    for supplier_id in {shelf.supplier_id for shelf in world.shelves}:
        transact(lambda supplier_id=supplier_id: _deliver(supplier_id))
    transact(lambda: world.rule("sale", value=1000, points_budget=10_000, stackable=True))
    transact(lambda: world.rule("gift", segment=None, value=500, stackable=True))
    transact(lambda: world.grant("gift", uses=9))
    perk = pricing.Perk(
        world.program.id, world.member_id, "purchase:1:perk:0", "delivery.free", "perk", "Perk", "Подарок"
    )
    transact(lambda: pricing.give_perk(perk))
    transact(lambda: pricing.set_cash_policy(world.program.id, CashPolicy("EUR")))
    quotes = [transact(lambda: _quote(world)) for _ in range(3)]
    for quote in quotes[:2]:
        transact(lambda quote=quote: pricing.confirm(world.program.id, world.member_id, quote.id, pay_points=500))
    transact(lambda: pricing.give_back(quotes[1].id))


def _deliver(supplier_id: int) -> None:
    pricing.offer_delivery(supplier_id, "courier", kind="courier", points=90, cost_minor=90, days_min=1, days_max=2)


def _quote(world: PriceWorld) -> pricing.Quote:
    line = (world.shelves[0].reward_id, 1)
    return pricing.quote(world.program.id, world.member_id, [line], "courier", HOME, partner_id=world.partner.id)
