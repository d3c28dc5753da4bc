"""A price is frozen: what was quoted is what is charged, whatever happens to the catalog meanwhile."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import pricing
from catalog.ports import Address
from catalog.pricing import DeliveryOption
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from tests.catalog.orders.builders import HOME, World, a_world


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def test_the_price_stays_whatever_becomes_dearer(world: World) -> None:
    quoted = transact(world.quote)
    transact(lambda: execute("UPDATE reward SET points = points * 2"))
    transact(lambda: execute("UPDATE delivery_option SET points = points * 2"))

    order = transact(lambda: world.place(quoted))

    assert (quoted.goods_points, quoted.delivery_points, order.points) == (1000, 390, 1390)


def test_a_quote_counts_every_line_and_every_suppliers_delivery(world: World) -> None:
    one, two, _ = world.rewards

    quoted = transact(lambda: world.quote((one.id, 2), (two.id, 1)))

    assert [(line.qty, line.points, line.cost_minor) for line in quoted.lines] == [(2, 2000, 2000), (1, 1000, 1000)]
    assert (quoted.goods_points, quoted.delivery_points, quoted.points) == (3000, 390, 3390)


def test_another_way_of_delivery_changes_its_price_alone(world: World) -> None:
    quoted = transact(world.quote)
    transact(lambda: execute("UPDATE reward SET points = points * 2"))
    _offer(world, "express", points=900)

    changed = transact(lambda: pricing.deliver_to(quoted, "express", HOME))

    assert (changed.goods_points, changed.delivery_points, changed.method) == (1000, 900, "express")
    assert [option.code for option in changed.deliveries] == ["express"]


def test_without_a_method_the_cheapest_is_taken(world: World) -> None:
    _offer(world, "slow", points=0)

    quoted = transact(lambda: _quote(world, None))

    assert (quoted.method, quoted.delivery_points) == ("slow", 0)


def test_nothing_is_delivered_for_free_by_accident(world: World) -> None:
    with pytest.raises(Invalid, match="undeliverable"):
        transact(lambda: _quote(world, "pigeon"))
    transact(lambda: execute("DELETE FROM delivery_option"))
    with pytest.raises(Invalid, match="undeliverable"):
        transact(lambda: _quote(world, None))


def test_what_is_electronic_goes_by_mail_and_needs_no_address(world: World) -> None:
    transact(lambda: execute("UPDATE reward SET electronic = true"))
    transact(lambda: execute("DELETE FROM delivery_option"))

    quoted = transact(lambda: _quote(world, None))

    assert not quoted.needs_address
    assert quoted.deliveries == (DeliveryOption(world.supplier.id, "email", "electronic", 0, 0, 0, 0),)


def test_one_supplier_sends_goods_and_mail_as_two_consignments(world: World) -> None:
    one, two, _ = world.rewards
    transact(lambda: execute("UPDATE reward SET electronic = true WHERE id = :id", {"id": two.id}))
    quoted = transact(lambda: world.quote((one.id, 1), (two.id, 1)))

    order = transact(lambda: world.place(quoted))

    assert [(parcel.delivery_kind, parcel.points) for parcel in order.consignments] == [
        ("courier", 1390),
        ("electronic", 1000),
    ]
    assert (order.points, world.balance().held) == (2390, 2390)


def test_an_order_needs_an_address(world: World) -> None:
    quoted = transact(lambda: _quote(world, "courier", None))

    with pytest.raises(Invalid, match="address_missing"):
        transact(lambda: world.place(quoted))
    assert transact(lambda: pricing.find(world.program.id, quoted.id)).state == "active"


def test_a_reward_that_is_not_on_sale_cannot_be_quoted(world: World) -> None:
    transact(lambda: execute("UPDATE reward SET state = 'hidden'"))

    with pytest.raises(Invalid) as refusal:
        transact(world.quote)

    assert refusal.value.errors[0].code == "unknown_reward"


def test_a_used_quote_cannot_be_readdressed_and_an_expired_one_only_notes_where_to(world: World) -> None:
    used, old = transact(world.quote), transact(world.quote)
    transact(lambda: world.place(used))
    transact(lambda: execute("UPDATE quote SET expires_at = now() WHERE id = :id", {"id": old.id}))
    _offer(world, "express", points=900)

    noted = transact(lambda: pricing.deliver_to(old, "express", HOME))

    assert (noted.state, noted.method, noted.points) == ("expired", "express", 1390)
    with pytest.raises(Conflict, match="quote_used"):
        transact(lambda: pricing.deliver_to(used, None, HOME))


def test_another_programs_quote_does_not_exist(world: World) -> None:
    quoted = transact(world.quote)
    other = transact(a_world)

    with pytest.raises(NotFound):
        transact(lambda: pricing.find(other.program.id, quoted.id))


def _quote(world: World, method: str | None, address: Address | None = HOME) -> pricing.Quote:
    line = (world.rewards[0].id, 1)
    return pricing.quote(world.program.id, world.member_id, [line], method, address, partner_id=world.partner.id)


def _offer(world: World, code: str, points: int) -> None:
    transact(
        lambda: pricing.offer_delivery(
            world.supplier.id, code, kind="courier", points=points, cost_minor=100, days_min=1, days_max=2
        )
    )
