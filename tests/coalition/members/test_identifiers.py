"""Identifiers change hands without the balance: blocked, replaced, moved, and presented as rotating codes."""

from __future__ import annotations

import pytest

from coalition import members, partners
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import CARD, a_receipt, a_shop

pytestmark = pytest.mark.usefixtures("session")


def _card(member_id: int) -> members.Identifier:
    return next(one for one in members.identifiers(member_id) if one.kind == "card" and one.state == "active")


def test_a_stripe_finds_the_member_of_its_number() -> None:
    program = a_program()
    shop = a_partner(program)
    anna = a_member(program, shop, card="6032000000000017")
    stripe = ("card", ";6032000000000017=2912101?")

    assert members.identify(program.id, shop.id, [stripe]) == {stripe: anna.id}


def test_a_replaced_card_keeps_the_balance_and_says_what_it_replaces() -> None:
    shop = a_shop()
    shop.record(a_receipt(100_000))
    old = _card(shop.member.id)

    new, replayed = members.replace(shop.partner.id, shop.member.id, old.id, "5555 0001", reason="lost")
    again = members.replace(shop.partner.id, shop.member.id, old.id, "55550001")

    assert (replayed, again) == (False, (new, True))
    assert shop.available() == 500
    found = members.identify(shop.program.id, shop.partner.id, [("card", CARD), ("card", "55550001")])
    assert found == {("card", "55550001"): shop.member.id}
    trail = fetch_all("SELECT details FROM audit WHERE action = 'identifier.replace'")
    assert [(row.details["replaces"], row.details["reason"]) for row in trail] == [(old.id, "lost")]


def test_a_card_of_another_member_replaces_nothing() -> None:
    program = a_program()
    shop = a_partner(program)
    anna, _ = a_member(program, shop, card="100200300"), a_member(program, shop, card="100200400")

    with pytest.raises(Conflict, match="identifier_in_use"):
        members.replace(shop.id, anna.id, _card(anna.id).id, "100200400")


def test_a_stranger_may_neither_block_nor_replace_but_the_operator_may() -> None:
    program = a_program()
    shop, fuel = a_partner(program), a_partner(program)
    anna = a_member(program, shop, card="100200300")

    with pytest.raises(Forbidden):
        members.replace(fuel.id, anna.id, _card(anna.id).id, "1")
    members.replace(partners.operator(program.id).id, anna.id, _card(anna.id).id, "100200301")

    assert members.identify(program.id, fuel.id, [("card", "100200301")])


def test_an_identifier_moves_to_another_member_with_a_reason_once_and_no_point_moves() -> None:
    shop = a_shop()
    shop.record(a_receipt(100_000))
    boris = a_member(shop.program, shop.partner)
    card = _card(shop.member.id)
    with pytest.raises(Invalid):
        members.move(shop.program.id, card.id, boris.id, reason=" ")
    with pytest.raises(NotFound):
        members.move(a_program().id, card.id, boris.id, reason="the wife's card")

    moved = members.move(shop.program.id, card.id, boris.id, reason="the wife's card")

    assert members.move(shop.program.id, card.id, boris.id, reason="the wife's card") == moved
    assert members.identify(shop.program.id, shop.partner.id, [("card", CARD)]) == {("card", CARD): boris.id}
    assert shop.available() == 500
    with pytest.raises(Conflict, match="identifier_blocked"):
        members.move(shop.program.id, card.id, a_member(shop.program, shop.partner).id, reason="again")
