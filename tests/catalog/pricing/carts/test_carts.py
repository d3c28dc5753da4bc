"""A cart gathers, promises nothing, and is ordered exactly when its quote is."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import pricing
from catalog.orders import Order
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from tests.catalog.orders.builders import HOME, World, a_member, a_world, assert_laws_hold


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def put(world: World, *wanted: tuple[int, int], member_id: int | None = None) -> pricing.Cart:
    """Pieces of the world's rewards, by their place, into the member's cart."""
    lines = [(world.rewards[at].id, qty) for at, qty in wanted]
    return transact(lambda: pricing.add(world.program.id, member_id or world.member_id, lines))


def cart(world: World, member_id: int | None = None) -> pricing.Cart:
    return transact(lambda: pricing.cart(world.program.id, member_id or world.member_id))


def check_out(world: World) -> pricing.Quote:
    return transact(lambda: pricing.check_out(world.program.id, world.member_id, None, partner_id=world.partner.id))


def order(world: World, quoted: pricing.Quote) -> Order:
    transact(lambda: pricing.deliver_to(quoted, None, HOME))
    return transact(lambda: world.place(quoted))


def states() -> list[str]:
    return [row.state for row in fetch_all("SELECT state FROM cart ORDER BY id")]


def test_equal_lines_are_one_line(world: World) -> None:
    put(world, (0, 1), (1, 2))

    found = put(world, (0, 2))

    assert [(line.reward.id, line.qty) for line in found.lines] == [(world.rewards[0].id, 3), (world.rewards[1].id, 2)]
    assert (found.pieces, found.points) == (5, 5000)
    assert transact(lambda: pricing.pieces(world.member_id)) == 5


def test_nothing_and_nobody_have_an_empty_cart(world: World) -> None:
    assert cart(world).lines == ()
    assert transact(lambda: pricing.pieces(world.member_id)) == 0
    with pytest.raises(Invalid) as refused:
        check_out(world)
    assert refused.value.code == "cart_empty"
    assert states() == []


def test_a_quantity_of_none_takes_a_line_out(world: World) -> None:
    put(world, (0, 1), (1, 2))
    first, second = world.rewards[0].id, world.rewards[1].id

    transact(lambda: pricing.set_quantity(world.program.id, world.member_id, first, 0))
    left = transact(lambda: pricing.set_quantity(world.program.id, world.member_id, second, 5))

    assert [(line.reward.id, line.qty) for line in left.lines] == [(second, 5)]


def test_more_than_an_order_may_have_is_refused_and_changes_nothing(world: World) -> None:
    put(world, (0, 60))

    for qty in (41, 0, 101):
        with pytest.raises(Invalid):
            put(world, (0, qty))
    with pytest.raises(Invalid):
        transact(lambda: pricing.set_quantity(world.program.id, world.member_id, world.rewards[0].id, 101))

    assert cart(world).pieces == 60


def test_what_is_not_on_sale_is_not_put_in(world: World) -> None:
    transact(lambda: execute("UPDATE reward SET state = 'hidden' WHERE id = :id", {"id": world.rewards[0].id}))

    with pytest.raises(NotFound):
        put(world, (0, 1))


def test_what_is_wrong_is_told_before_checkout(world: World) -> None:
    put(world, (0, 6), (1, 1), (2, 1))
    transact(lambda: execute("UPDATE stock SET on_hand = 0 WHERE offer_id = :id", {"id": world.rewards[1].offer_id}))
    transact(lambda: execute("UPDATE reward SET state = 'hidden' WHERE id = :id", {"id": world.rewards[2].id}))

    assert [line.problem for line in cart(world).lines] == ["short", "out_of_stock", "gone"]
    with pytest.raises(Invalid) as refused:
        check_out(world)
    assert [problem.code for problem in refused.value.errors] == ["short", "out_of_stock", "gone"]


def test_a_line_remembers_the_price_it_was_put_in_for(world: World) -> None:
    put(world, (0, 1))
    transact(lambda: execute("UPDATE reward SET points = 900 WHERE id = :id", {"id": world.rewards[0].id}))

    (line,) = cart(world).lines

    assert (line.points_then, line.points) == (1000, 900)


def test_a_cart_that_is_checked_out_and_ordered_is_empty_again(world: World) -> None:
    put(world, (0, 1), (1, 2))

    quoted = check_out(world)
    held = cart(world)
    order(world, quoted)

    assert (held.state, held.held_until) == ("checking_out", quoted.expires_at)
    assert quoted.goods_points == 3000
    assert states() == ["ordered"]
    assert cart(world).lines == ()
    assert_laws_hold()


def test_a_refused_order_leaves_the_cart_as_it_was(world: World) -> None:
    put(world, (0, 1))
    quoted = check_out(world)
    transact(lambda: execute("UPDATE stock SET on_hand = 0"))

    with pytest.raises(Conflict):
        order(world, quoted)

    assert states() == ["checking_out"]
    assert cart(world).pieces == 1
    assert_laws_hold()


def test_changing_the_cart_lets_its_held_price_lapse(world: World) -> None:
    put(world, (0, 1))
    quoted = check_out(world)

    put(world, (0, 1))

    with pytest.raises(Conflict):
        order(world, quoted)
    assert states() == ["open"]
    assert transact(lambda: pricing.find(world.program.id, quoted.id)).state == "superseded"
    assert_laws_hold()


def test_checking_out_again_holds_the_price_anew(world: World) -> None:
    put(world, (0, 1))
    first = check_out(world)

    second = check_out(world)

    assert second.id != first.id
    assert transact(lambda: pricing.find(world.program.id, first.id)).state == "superseded"
    order(world, second)
    assert states() == ["ordered"]


def test_carts_of_two_members_become_one_when_they_are_merged(world: World) -> None:
    other_id = transact(lambda: a_member(world.program, world.partner))
    put(world, (0, 99), (1, 1))
    put(world, (0, 2), (2, 3), member_id=other_id)

    moved = transact(lambda: pricing.absorb(world.program.id, other_id, world.member_id))

    lines = [(line.reward.id, line.qty) for line in cart(world).lines]
    assert lines == [(world.rewards[0].id, 99), (world.rewards[1].id, 1), (world.rewards[2].id, 3)]
    assert (moved, cart(world, other_id).lines) == (1, ())
    assert sorted(states()) == ["merged", "open"]
    assert transact(lambda: pricing.absorb(world.program.id, other_id, world.member_id)) == 0


def test_wishes_of_two_members_are_one_list_when_they_are_merged(world: World) -> None:
    other_id = transact(lambda: a_member(world.program, world.partner))
    for member_id, at in ((world.member_id, 0), (other_id, 0), (other_id, 1)):
        transact(lambda member_id=member_id, at=at: pricing.wish(world.program.id, member_id, world.rewards[at].id))

    moved = transact(lambda: pricing.absorb_wishes(other_id, world.member_id))

    assert moved == 1
    assert pricing.wished(world.member_id) == {world.rewards[0].id, world.rewards[1].id}
    assert pricing.wished(other_id) == frozenset()


def test_a_forgotten_cart_is_closed_and_a_recent_one_is_not(world: World) -> None:
    put(world, (0, 1))
    assert transact(lambda: pricing.abandon(10)) == 0
    transact(lambda: execute("UPDATE cart SET changed_at = now() - interval '91 days'"))

    assert transact(lambda: pricing.abandon(10)) == 1

    assert states() == ["abandoned"]
    assert fetch_one("SELECT quote_id FROM cart").quote_id is None


def test_a_cart_at_the_checkout_can_be_forgotten_and_merged_too(world: World) -> None:
    other_id = transact(lambda: a_member(world.program, world.partner))
    for member_id in (world.member_id, other_id):
        put(world, (0, 1), member_id=member_id)
        transact(
            lambda member_id=member_id: pricing.check_out(
                world.program.id, member_id, None, partner_id=world.partner.id
            )
        )

    transact(lambda: pricing.absorb(world.program.id, other_id, world.member_id))
    transact(lambda: pricing.check_out(world.program.id, world.member_id, None, partner_id=world.partner.id))
    transact(lambda: execute("UPDATE cart SET changed_at = now() - interval '91 days'"))

    assert transact(lambda: pricing.abandon(10)) == 1
    assert sorted(states()) == ["abandoned", "merged"]
