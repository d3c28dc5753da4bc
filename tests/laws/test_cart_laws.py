"""The laws of carts hold, and each of them sees the crime that it is there for."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import pricing
from coalition.kernel import laws
from coalition.kernel.db import execute, transact
from tests.catalog.orders.builders import HOME, World, a_world

CRIMES = {
    "cart-quote": "UPDATE cart_line SET qty = qty + 1",
    "cart-ordered": "INSERT INTO cart (program_id, member_id, state, quote_id)"
    " SELECT program_id, member_id, 'ordered', id FROM quote WHERE state = 'superseded'",
}


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def test_every_crime_is_seen_by_its_law(world: World) -> None:
    known = {law.code: law for law in pricing.laws_of_carts()}
    assert known.keys() == CRIMES.keys()
    ids = (world.program.id, world.member_id)
    transact(lambda: pricing.add(*ids, [(world.rewards[0].id, 1)]))
    for _ in range(2):
        quoted = transact(lambda: pricing.check_out(*ids, None, partner_id=world.partner.id))
    transact(lambda: pricing.deliver_to(quoted, None, HOME))
    transact(lambda: world.place(quoted))

    for code, crime in CRIMES.items():
        assert not laws.offending(known[code])
        transact(lambda crime=crime: execute(crime))  # type: ignore[misc]
        assert laws.offending(known[code]), code
