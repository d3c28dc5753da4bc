"""Programs: codes, currencies and the day on which points expire."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from coalition import programs
from coalition.kernel.errors import Invalid, NotFound
from tests.builders import a_program


def test_a_program_is_found_by_its_code_and_no_other(app: Flask) -> None:
    program = a_program("coral")

    assert programs.by_code("coral") == program
    with pytest.raises(NotFound):
        programs.by_code("other")


def test_a_foreign_currency_is_refused_with_its_field(app: Flask) -> None:
    program = a_program()

    with pytest.raises(Invalid) as refusal:
        programs.currency(program.id, "MIL")

    assert refusal.value.code == "unknown_currency"
    assert refusal.value.errors[0].pointer == "/currency"


@pytest.mark.parametrize(
    ("earned", "expires"),
    [
        ("2026-11-21T10:00:00Z", "2027-11-30T22:00:00Z"),  # midnight in Riga in winter
        ("2026-03-31T20:30:00Z", "2027-03-31T21:00:00Z"),  # still March in Riga, expiring in summer time
        ("2026-03-31T21:30:00Z", "2027-04-30T21:00:00Z"),  # already April in Riga
        ("2027-02-28T12:00:00Z", "2028-02-29T22:00:00Z"),  # into a leap year
    ],
)
def test_points_last_through_the_month_twelve_months_on(app: Flask, earned: str, expires: str) -> None:
    program = a_program()
    currency = programs.main_currency(program.id)

    got = programs.birth(currency, dt.datetime.fromisoformat(earned), program.zone).expires_at

    assert got == dt.datetime.fromisoformat(expires)


def test_points_without_a_term_never_expire(app: Flask) -> None:
    program = a_program(expiry_months=None)

    born = programs.birth(programs.main_currency(program.id), dt.datetime.now(dt.UTC), program.zone)

    assert born == programs.Birth(active_at=None, expires_at=None, idle_at=None)
