"""Partners, their entities and outlets."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from coalition import partners
from coalition.kernel.errors import NotFound
from tests.builders import a_partner, a_program


def test_outlets_are_found_by_code_within_their_partner(app: Flask) -> None:
    program = a_program()
    first, second = a_partner(program), a_partner(program)

    found = partners.outlets(first.id, ["S1", "S9"])

    assert list(found) == ["S1"]
    assert found["S1"].partner_id == first.id
    assert partners.outlets(second.id, ["S1"])["S1"].id != found["S1"].id


def test_a_program_has_one_operator(app: Flask) -> None:
    program = a_program()

    assert partners.operator_entity(program.id).code == "CORAL"
    with pytest.raises(IntegrityError):
        partners.join(program.id, "second", "Second", kind="operator")


def test_a_partner_of_another_program_is_not_there(app: Flask) -> None:
    here, there = a_program(), a_program()
    partner = a_partner(there)

    with pytest.raises(NotFound):
        partners.by_code(here.id, partner.code)


def test_an_outlet_sells_for_an_entity_of_its_own_partner(app: Flask) -> None:
    program = a_program()
    one, other = a_partner(program), a_partner(program)
    foreign = partners.entities_of(other.id)[0]

    with pytest.raises(ValueError, match="must belong"):
        partners.open_outlet(one.id, foreign.id, "S2", "Shop 2", city="Riga", zone="Europe/Riga")
