"""Staff find members by anything a member may tell, whichever kind it is and however it is written."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition import members
from coalition.kernel.errors import NotFound
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import an_enrolment


@pytest.mark.parametrize(
    "typed", ["4276 0000 1234 5678", "+371 20 000 018", "20000018", "Anna@Coral.example ", "M-7", "mbr"]
)
def test_a_value_is_looked_up_under_every_kind(app: Flask, typed: str) -> None:
    program = a_program()
    partner = a_partner(program)
    told = an_enrolment("M-7", card="4276000012345678", email="anna@coral.example", phone="+37120000018")
    anna, _ = members.enrol(program.id, partner.id, told)
    members.add(program.id, partner.id, anna.id, "phone", "+37120000018")

    found = members.search(program.id, [partner.id], typed)

    assert found == ([] if typed == "mbr" else [anna.id])


def test_a_partners_own_numbers_mean_nothing_at_another(app: Flask) -> None:
    program = a_program()
    one, other = a_partner(program), a_partner(program)
    anna, _ = members.enrol(program.id, one.id, an_enrolment("M-7"))

    assert members.search(program.id, [one.id], "M-7") == [anna.id]
    assert members.search(program.id, [other.id], "M-7") == []


@pytest.mark.parametrize(
    ("typed", "found"), [("OZO", True), ("anna ozola", True), ("zola", False), ("%", False), ("", False)]
)
def test_names_are_found_by_how_their_words_begin(app: Flask, typed: str, found: bool) -> None:
    program = a_program()
    anna, _ = members.enrol(program.id, a_partner(program).id, an_enrolment("M-7"))

    page = members.by_name(program.id, typed, None, 10)

    assert [one.member.id for one in page.items] == ([anna.id] if found else [])


def test_staff_know_members_of_every_program(app: Flask) -> None:
    program = a_program()
    anna, _ = members.enrol(program.id, a_partner(program).id, an_enrolment("M-7"))

    assert members.whose(anna.id) == anna
    assert members.some(a_program().id, [anna.id]) == []
    with pytest.raises(NotFound):
        members.whose(anna.id + 1000)
