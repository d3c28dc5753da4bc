"""Each law of members sees the crime it is there for."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition import members
from coalition.kernel import laws
from coalition.kernel.db import execute, transact
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_ladder, a_member, a_plan

CRIMES = {
    "M1": "UPDATE identifier SET program_id = program_id + 1 WHERE kind = 'card'",
    "M2": "DELETE FROM profile",
    "M3": "UPDATE identifier SET replaces = id WHERE kind = 'card'",
    "M4": "INSERT INTO proof_use (member_id, step, used_at) SELECT id, 7, now() FROM member",
    "M5": "INSERT INTO tier_grant (member_id, tier_id, source, until)"
    " SELECT m.id, t.id, 'staff', now() + interval '1 day' FROM member m, tier t",
    "M6": "UPDATE member SET tier = 'gold'",
    "M7": "UPDATE family_seat SET state = 'left'",
    "M8": "UPDATE subscription SET periods = 2",
    "M10": "UPDATE identifier SET member_id = (SELECT id FROM member WHERE state = 'merged')",
    "M11": "UPDATE member SET merged_into = id WHERE state = 'merged'",
    "M9": "UPDATE subscription SET state = 'lapsed'",
}


@pytest.mark.parametrize("law", members.laws(), ids=lambda law: law.code)
def test_a_law_holds_until_it_is_broken(app: Flask, law: laws.Law) -> None:
    def work() -> None:
        program = a_program()
        shop = a_partner(program)
        anna, _ = a_member(program, shop, card="100200300"), a_member(program, shop, card="100200301")
        a_ladder(program)
        members.invite(program.id, anna.id, ("card", "100200301"))
        members.add_plan(program.id, a_plan())
        members.subscribe(program.id, anna.id, "plus", payment="P-1")
        members.merge(program.id, a_member(program, shop).id, anna.id, reason="one person")

    transact(work)
    assert laws.offending(law) == 0

    transact(lambda: execute(CRIMES[law.code].replace(":", "\\:")))

    assert laws.offending(law) >= 1
