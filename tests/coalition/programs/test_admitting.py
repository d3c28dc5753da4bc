"""Who may earn and redeem in which state of a program."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask

from coalition import programs
from coalition.kernel.errors import Conflict, Invalid
from tests.builders import a_program
from tests.coalition.programs.builders import in_state

_LAW = [
    ("draft", "program_not_open", "program_not_open"),
    ("pilot", "not_in_pilot", "not_in_pilot"),
    ("live", None, None),
    ("sunset", "program_closed_to_earning", None),
    ("ended", "program_ended", "program_ended"),
]


@pytest.mark.parametrize(("state", "earn", "redeem"), _LAW)
def test_the_state_says_who_may_do_what(
    app: Flask, state: programs.State, earn: str | None, redeem: str | None
) -> None:
    program = in_state(state)

    assert _codes(program, "earn", 7) == ({7: earn} if earn else {})
    assert _codes(program, "redeem", 7) == ({7: redeem} if redeem else {})


def test_the_sunset_is_over_with_its_last_day_whether_the_job_has_come_by_or_not(app: Flask) -> None:
    program = in_state("sunset")
    assert program.sunset_ends_on is not None
    yesterday = program.sunset_ends_on - dt.timedelta(days=2)

    assert _codes(replace(program, sunset_ends_on=yesterday), "redeem", 7) == {7: "program_ended"}


def test_a_pilot_is_for_its_members_only(app: Flask) -> None:
    program = in_state("pilot")
    programs.add_pilots(program.id, [7])

    assert _codes(program, "earn", 7, 8) == {8: "not_in_pilot"}


def test_a_halted_program_earns_and_does_not_redeem(app: Flask) -> None:
    program = a_program()

    assert programs.halt(program.id, "law L3 is offended")
    assert not programs.halt(program.id, "again")

    halted = programs.get(program.id)
    assert halted.halt_reason == "law L3 is offended"
    assert _codes(halted, "earn", 7) == {}
    assert _codes(halted, "redeem", 7) == {7: "program_halted"}
    assert _codes(programs.resume(program.id, "a wrong alarm"), "redeem", 7) == {}
    with pytest.raises(Conflict, match="not_halted"):
        programs.resume(program.id, "again")


def test_a_halt_and_its_end_say_why(app: Flask) -> None:
    program = a_program()

    for act in (programs.halt, programs.resume):
        with pytest.raises(Invalid) as refusal:
            act(program.id, "  ")
        assert refusal.value.errors[0].pointer == "/reason"


def test_tier_points_are_not_spent_and_personal_ones_not_transferred(app: Flask) -> None:
    program = a_program()
    names = {"name_en": "points", "name_ru": "баллы", "face_minor": Decimal(1)}
    tier = programs.add_currency(program.id, "TIER", kind="tier", transferable=False, **names)
    bonus = programs.main_currency(program.id)

    with pytest.raises(Invalid, match="currency_not_spendable"):
        programs.let_redeem(tier.id, 7)
    with pytest.raises(Invalid, match="currency_not_transferable"):
        programs.let_transfer(tier.id, 7)
    programs.let_redeem(bonus.id, 7)
    programs.let_transfer(bonus.id, 7)


def _codes(program: programs.Program, deed: programs.Deed, *member_ids: int) -> dict[int, str]:
    return {member_id: refusal.code for member_id, refusal in programs.admit(program, deed, member_ids).items()}
