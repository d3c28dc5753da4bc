"""Placing an order: everything in one transaction, once, or nothing at all."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from catalog import orders, pricing
from coalition import programs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from tests.catalog.orders.builders import World, a_world, assert_laws_hold, give_points


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def test_placing_uses_the_quote_reserves_the_piece_and_holds_the_points(world: World) -> None:
    order = transact(world.place)

    assert (order.state, order.points, order.points_held) == ("placing", 1390, 1390)
    assert [parcel.state for parcel in order.consignments] == ["new"]
    assert (world.balance().available, world.balance().held) == (8610, 1390)
    assert world.reward().available == 4
    assert fetch_one("SELECT state FROM quote").state == "used"
    assert fetch_one("SELECT kind, key FROM job WHERE kind = 'orders.ask'").key == order.consignments[0].client_ref
    assert [row.kind for row in fetch_all("SELECT kind FROM outbox WHERE kind LIKE 'order.%'")] == ["order.placed"]
    assert_laws_hold()


def test_the_same_order_again_is_the_first_one(world: World) -> None:
    quoted = transact(world.quote)
    first = transact(lambda: world.place(quoted, "R-1"))

    again, replayed = transact(
        lambda: orders.place(
            world.program.id,
            world.member_id,
            world.partner.id,
            external_id="R-1",
            quote_id=quoted.id,
            request_hash=b"body",
        )
    )

    assert (again.id, replayed) == (first.id, True)
    assert world.balance().held == 1390


def test_another_body_under_the_same_external_id_is_refused(world: World) -> None:
    transact(lambda: world.place(external_id="R-1"))
    quoted = transact(world.quote)

    with pytest.raises(Conflict, match="external_id_conflict"):
        transact(
            lambda: orders.place(
                world.program.id,
                world.member_id,
                world.partner.id,
                external_id="R-1",
                quote_id=quoted.id,
                request_hash=b"x",
            )
        )


def test_a_quote_is_used_once(world: World) -> None:
    quoted = transact(world.quote)
    transact(lambda: world.place(quoted))

    with pytest.raises(Conflict, match="quote_used"):
        transact(lambda: world.place(quoted))


def test_a_halted_program_takes_no_order_and_an_order_placed_before_stands(world: World) -> None:
    quoted = transact(world.quote)
    first = transact(lambda: world.place(quoted, "R-1"))
    later = transact(world.quote)
    transact(lambda: programs.halt(world.program.id, "law L3 is offended"))

    with pytest.raises(Conflict, match="program_halted"):
        transact(lambda: world.place(later, "R-2"))

    assert transact(lambda: world.place(quoted, "R-1")).id == first.id
    assert world.balance().held == 1390
    assert fetch_one("SELECT state FROM quote WHERE id = :id", {"id": later.id}).state == "active"


def test_an_old_price_is_not_honoured_once_it_has_risen(world: World) -> None:
    quoted = transact(world.quote)
    transact(lambda: execute("UPDATE quote SET expires_at = now() - interval '1 second'"))
    transact(lambda: execute("UPDATE reward SET points = points + 1"))

    with pytest.raises(Conflict, match="price_changed"):
        transact(lambda: world.place(quoted))
    assert transact(lambda: pricing.expire(10)) == 1


def test_another_members_or_partners_quote_does_not_exist(world: World) -> None:
    quoted = transact(world.quote)

    with pytest.raises(NotFound):
        transact(
            lambda: orders.place(
                world.program.id, 999_999, world.partner.id, external_id="a", quote_id=quoted.id, request_hash=b""
            )
        )
    with pytest.raises(NotFound):
        transact(
            lambda: orders.place(
                world.program.id, world.member_id, 999_999, external_id="a", quote_id=quoted.id, request_hash=b""
            )
        )
    assert fetch_one("SELECT state FROM quote").state == "active"


def test_too_few_points_change_nothing(world: World) -> None:
    quoted = transact(lambda: world.quote((world.rewards[0].id, 5), (world.rewards[1].id, 5)))

    with pytest.raises(Conflict, match="insufficient_points") as refusal:
        transact(lambda: world.place(quoted))

    assert refusal.value.extra == {"available": 10_000}
    assert (world.reward().available, world.balance().held) == (5, 0)
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0


def test_a_piece_too_many_changes_nothing(world: World) -> None:
    transact(lambda: give_points(world.program, world.member_id, 100_000))
    quoted = transact(lambda: world.quote((world.rewards[1].id, 1), (world.rewards[0].id, 6)))

    with pytest.raises(Conflict, match="out_of_stock"):
        transact(lambda: world.place(quoted))

    assert (world.reward(0).available, world.reward(1).available, world.balance().held) == (5, 5, 0)


def test_the_same_reward_named_twice_is_one_line_of_the_sum(world: World) -> None:
    one = world.rewards[0].id

    quoted = transact(lambda: world.quote((one, 2), (one, 3)))

    assert [(line.reward_id, line.qty) for line in quoted.lines] == [(one, 5)]
    with pytest.raises(Invalid) as refusal:
        transact(lambda: world.quote((one, 60), (one, 60)))
    assert refusal.value.errors[0].pointer == "/lines/0/qty"


def test_a_change_that_is_not_listed_cannot_even_be_recorded(world: World) -> None:
    order = transact(world.place)

    with pytest.raises(IntegrityError, match="fk_order_event_transition"):
        execute(
            "INSERT INTO order_event (order_id, machine, from_state, to_state, actor, seq)"
            " VALUES (:id, 'order', 'completed', 'placed', 'test', 2)",
            {"id": order.id},
        )


def test_cancelling_before_a_supplier_was_asked_gives_everything_back(world: World) -> None:
    order = transact(world.place)

    cancelled, _ = transact(lambda: orders.cancel(world.program.id, order.id, external_id="c-1", reason="changed_mind"))
    again, replayed = transact(
        lambda: orders.cancel(world.program.id, order.id, external_id="c-1", reason="changed_mind")
    )

    assert (cancelled.state, cancelled.reason, cancelled.points_released) == ("cancelled", "changed_mind", 1390)
    assert (again.state, replayed) == ("cancelled", True)
    assert (world.balance().available, world.balance().held, world.reward().available) == (10_000, 0, 5)
    assert transact(lambda: orders.ask(order.consignments[0].id)) is None
    assert_laws_hold()


def test_an_order_that_a_supplier_has_been_asked_for_cannot_be_cancelled(world: World) -> None:
    order = transact(world.place)
    transact(lambda: orders.ask(order.consignments[0].id))

    with pytest.raises(Conflict, match="not_cancellable"):
        transact(lambda: orders.cancel(world.program.id, order.id, external_id="c-1"))
