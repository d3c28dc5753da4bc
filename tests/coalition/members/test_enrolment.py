"""Enrolment, identifiers, and who sees whom."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from coalition import members
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from coalition.kernel.laws import offending
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member, an_enrolment

pytestmark = pytest.mark.usefixtures("session")


def test_the_same_enrolment_again_is_the_same_member_and_another_one_under_its_name_is_refused() -> None:
    program = a_program()
    shop = a_partner(program)
    first, replayed = members.enrol(program.id, shop.id, an_enrolment("M-1", card="4276 0000"))
    assert not replayed

    again, replayed = members.enrol(program.id, shop.id, an_enrolment("M-1", card="4276 0000"))

    assert again == first
    assert replayed
    with pytest.raises(Conflict, match="external_id_conflict"):
        members.enrol(program.id, shop.id, an_enrolment("M-1", card="4276 9999"))


def test_two_partners_may_give_the_same_number_to_different_members() -> None:
    program = a_program()
    shop, fuel = a_partner(program), a_partner(program)
    anna = members.enrol(program.id, shop.id, an_enrolment("M-1"))[0]
    boris = members.enrol(program.id, fuel.id, an_enrolment("M-1"))[0]

    found = members.identify(program.id, shop.id, [("external", "M-1")])
    found_by_fuel = members.identify(program.id, fuel.id, [("external", "M-1")])

    assert found == {("external", "M-1"): anna.id}
    assert found_by_fuel == {("external", "M-1"): boris.id}


def test_spellings_of_one_card_find_one_member_and_other_programs_do_not() -> None:
    program, other = a_program(), a_program()
    shop, stranger = a_partner(program), a_partner(other)
    member = a_member(program, shop, card="4276 1234-5678")

    keys = [("card", "427612345678"), ("card", "4276-1234-5678"), ("barcode", "427612345678"), ("card", "1")]
    found = members.identify(program.id, shop.id, keys)

    assert found == dict.fromkeys(keys[:2], member.id)
    assert members.identify(other.id, stranger.id, keys) == {}


def test_the_value_of_an_identifier_is_nowhere_in_the_database(session: Session) -> None:
    program = a_program()
    shop = a_partner(program)
    a_member(program, shop, card="4276123456785555")

    rows = fetch_all("SELECT identifier::text AS row FROM identifier WHERE added_by = :shop", {"shop": shop.id})

    assert len(rows) == 2
    assert not [row for row in rows if "4276" in row.row]
    assert [row for row in rows if ",5555," in row.row]


def test_an_identifier_belongs_to_one_member_until_it_is_blocked() -> None:
    program = a_program()
    shop = a_partner(program)
    anna, boris = a_member(program, shop, card="100200300"), a_member(program, shop)
    with pytest.raises(Conflict, match="identifier_in_use") as refused:
        members.add(program.id, shop.id, boris.id, "card", "100200300")
    assert refused.value.errors[0].pointer == "/value"

    card = next(one for one in members.identifiers(anna.id) if one.kind == "card")
    members.block(shop.id, anna.id, card.id)
    members.block(shop.id, anna.id, card.id)
    moved, replayed = members.add(program.id, shop.id, boris.id, "card", "100200300")

    assert members.identify(program.id, shop.id, [("card", "100200300")]) == {("card", "100200300"): boris.id}
    assert not replayed
    assert members.add(program.id, shop.id, boris.id, "card", "100-200-300") == (moved, True)


def test_a_partner_sees_a_member_once_it_was_shown_an_identifier_and_only_so_much() -> None:
    program = a_program()
    shop, fuel = a_partner(program), a_partner(program)
    anna = a_member(program, shop, card="100200300")
    with pytest.raises(NotFound):
        members.seen_by(program.id, fuel.id, anna.id)

    members.identify(program.id, fuel.id, [("card", "100200300")])

    assert members.seen_by(program.id, shop.id, anna.id).intimate
    assert not members.seen_by(program.id, fuel.id, anna.id).intimate
    card = next(one for one in members.identifiers(anna.id) if one.kind == "card")
    with pytest.raises(Forbidden):
        members.block(fuel.id, anna.id, card.id)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "call me"), ("email", "nobody"), ("card", " - "), ("bank_card_token", "4111 1111 1111 1111")],
)
def test_what_cannot_be_an_identifier_is_refused(kind: str, value: str) -> None:
    program = a_program()
    shop = a_partner(program)
    anna = a_member(program, shop)

    with pytest.raises(Invalid) as refused:
        members.add(program.id, shop.id, anna.id, kind, value)

    assert refused.value.errors[0].pointer == "/value"


def test_the_laws_of_members_hold() -> None:
    program = a_program()
    shop = a_partner(program)
    a_member(program, shop, card="100200300")

    assert [law.code for law in members.laws() if offending(law)] == []
