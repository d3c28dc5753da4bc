"""Points of other programs and donations: ordered like anything else, carried out without a supplier of goods."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from catalog import orders, pricing, rewards, suppliers
from catalog.ports import Address, SupplierGateway
from catalog.rewards import Listing
from coalition.kernel import ports
from coalition.kernel.db import fetch_all, fetch_one, transact
from coalition.kernel.errors import Invalid
from coalition.ports import ForeignProgram
from integrations.suppliers.gateway import ProtocolGateway
from tests.catalog.builders import a_category, a_supplier
from tests.catalog.orders.builders import World, a_world, assert_laws_hold
from tests.catalog.orders.working import run_jobs, state_of
from tests.coalition.wallets.builders import FakeProgram

MILES = Listing("MILES-500", "500 miles", "500 миль", 1000, 500)
TREE = Listing("TREE", "A tree", "Дерево", 300)
ANNA = Address("Anna Ozola", "anna@example.com", account="NM123456")


@pytest.fixture
def world(app: Flask) -> World:
    ports.bind(SupplierGateway, ProtocolGateway())  # type: ignore[type-abstract]
    return transact(a_world)


@pytest.fixture
def program(app: Flask) -> FakeProgram:
    other = FakeProgram()
    ports.bind(ForeignProgram, other)  # type: ignore[type-abstract]
    return other


def put_up(world: World, kind: str, listing: Listing) -> rewards.Reward:
    protocol = {"partner_points": "foreign", "donation": "none"}[kind]

    def work() -> rewards.Reward:
        a_category(world.program, kind.replace("_", "-"), kind=kind)
        supplier = a_supplier(world.program, kind.replace("_", "-"), protocol=protocol)
        return rewards.put_up(supplier.id, listing)

    return transact(work)


def place(world: World, reward: rewards.Reward, qty: int, to: Address = ANNA) -> orders.Order:
    lines, operator = [(reward.id, qty)], world.partner.id

    def work() -> orders.Order:
        quoted = pricing.quote(world.program.id, world.member_id, lines, None, to, partner_id=operator)
        return world.place(quoted)

    return transact(work)


def owed(order: orders.Order) -> list[int]:
    rows = fetch_all(
        "SELECT cost_minor FROM catalog_deliveries WHERE consignment_id = :id", {"id": order.consignments[0].id}
    )
    return [row.cost_minor for row in rows]


def test_points_of_another_program_are_credited_there_once_and_its_entity_is_owed(
    world: World, program: FakeProgram
) -> None:
    order = place(world, put_up(world, "partner_points", MILES), 2)

    run_jobs(2)

    assert state_of(world, order) == ("completed", "closed")
    assert list(program.book.values()) == [("NM123456", 1000)]
    assert (owed(order), world.balance().available) == ([2000], 8_000)
    assert_laws_hold()


@pytest.mark.parametrize("lost", ["lost_before", "lost_after", "unavailable"])
def test_a_credit_without_an_answer_is_looked_up_and_never_given_twice(
    world: World, program: FakeProgram, lost: str
) -> None:
    program.next = [lost]
    order = place(world, put_up(world, "partner_points", MILES), 1)

    run_jobs(3)

    assert state_of(world, order) == ("completed", "closed")
    assert len(program.book) == 1
    assert_laws_hold()


def test_an_account_that_the_other_program_does_not_know_gives_the_points_back(
    world: World, program: FakeProgram
) -> None:
    program.next = ["reject"]
    order = place(world, put_up(world, "partner_points", MILES), 1)

    run_jobs()

    assert state_of(world, order) == ("rejected", "rejected")
    assert (world.find(order).reason, world.balance().available, owed(order)) == ("unknown_account", 10_000, [])
    assert_laws_hold()


def test_whose_account_is_to_be_credited_has_to_be_said(world: World, program: FakeProgram) -> None:
    reward = put_up(world, "partner_points", MILES)

    with pytest.raises(Invalid, match="account_missing"):
        place(world, reward, 1, replace(ANNA, account=""))


def test_a_donation_is_taken_at_once_and_the_charity_is_owed(world: World) -> None:
    order = place(world, put_up(world, "donation", TREE), 3, replace(ANNA, account=""))

    run_jobs()

    assert state_of(world, order) == ("completed", "closed")
    assert (owed(order), world.balance().available) == ([900], 9_100)
    assert world.find(order).cancellable is False
    assert_laws_hold()


def test_the_same_article_again_is_the_same_reward_at_its_new_price(world: World) -> None:
    first = put_up(world, "donation", TREE)

    again = transact(lambda: rewards.put_up(first.supplier_id, replace(TREE, title_en="An oak", cost_minor=500)))

    assert (again.id, again.title_en, again.points) == (first.id, "An oak", 500)
    assert [one.points for one in rewards.listed(first.supplier_id)] == [500]
    assert fetch_one("SELECT count(*) AS n FROM offer WHERE supplier_sku = 'TREE'").n == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (replace(TREE, cost_minor=0), "/cost_minor"),
        (replace(TREE, units=5), "/units"),
        (replace(TREE, title_ru=""), "/title_ru"),
        (replace(TREE, sku=""), "/sku"),
    ],
)
def test_what_cannot_be_put_up_is_pointed_at(world: World, wrong: Listing, pointer: str) -> None:
    supplier_id = put_up(world, "donation", TREE).supplier_id

    with pytest.raises(Invalid) as refusal:
        transact(lambda: rewards.put_up(supplier_id, wrong))

    assert [one.pointer for one in refusal.value.errors] == [pointer]


def test_a_supplier_with_a_feed_puts_nothing_up_by_hand(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        transact(lambda: rewards.put_up(suppliers.get(world.supplier.id).id, TREE))

    assert refusal.value.errors[0].code == "unsupported"
