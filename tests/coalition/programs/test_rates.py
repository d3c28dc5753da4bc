"""Conversion rates: dated, never two at once, and what was in force stays known."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from coalition import programs
from coalition.kernel.db import execute
from coalition.kernel.errors import Invalid, NotFound
from tests.builders import a_program

_JAN, _MARCH, _JUNE = dt.date(2027, 1, 1), dt.date(2027, 3, 1), dt.date(2027, 6, 1)


@pytest.fixture
def pair(app: Flask) -> tuple[programs.Currency, programs.Currency]:
    """Bonuses and miles of one program."""
    program = a_program()
    miles = programs.add_currency(program.id, "MIL", name_en="miles", name_ru="мили", face_minor=Decimal(2))
    return programs.main_currency(program.id), miles


def _on(pair: tuple[programs.Currency, programs.Currency], day: dt.date) -> Decimal:
    return programs.rate(pair[0].program_id, pair[0].id, pair[1].id, day)


def test_each_day_has_the_rate_that_was_in_force(pair: tuple[programs.Currency, programs.Currency]) -> None:
    bonus, miles = pair
    programs.set_rate(bonus.id, miles.id, Decimal("0.5"), since=_JAN)
    programs.set_rate(bonus.id, miles.id, Decimal("0.4"), since=_MARCH)

    assert [_on(pair, day) for day in (_JAN, dt.date(2027, 2, 28), _MARCH, _JUNE)] == [
        Decimal("0.5"),
        Decimal("0.5"),
        Decimal("0.4"),
        Decimal("0.4"),
    ]
    with pytest.raises(NotFound, match="no_rate"):
        _on(pair, dt.date(2026, 12, 31))
    with pytest.raises(NotFound, match="no_rate"):
        programs.rate(bonus.program_id, miles.id, bonus.id, _JUNE)  # the way back is a rate of its own


def test_a_new_rate_takes_the_place_of_one_that_was_to_begin_later(
    pair: tuple[programs.Currency, programs.Currency],
) -> None:
    bonus, miles = pair
    programs.set_rate(bonus.id, miles.id, Decimal("0.5"), since=_JUNE)

    programs.set_rate(bonus.id, miles.id, Decimal("0.6"), since=_MARCH)
    programs.set_rate(bonus.id, miles.id, Decimal("0.7"), since=_MARCH)

    assert _on(pair, _JUNE) == _on(pair, _MARCH) == Decimal("0.7")


def test_two_rates_of_one_day_offend_the_schema(pair: tuple[programs.Currency, programs.Currency]) -> None:
    bonus, miles = pair
    programs.set_rate(bonus.id, miles.id, Decimal("0.5"), since=_JAN)

    with pytest.raises(IntegrityError, match="ex_conversion_rate_overlap"):
        execute(
            "INSERT INTO conversion_rate (program_id, from_currency_id, to_currency_id, rate, valid)"
            " VALUES (:program, :bonus, :miles, 1, '[2027-05-01,2027-05-02)')",
            {"program": bonus.program_id, "bonus": bonus.id, "miles": miles.id},
        )


@pytest.mark.parametrize("rate", ["0", "-1", "0.0000000001", "1000000000"])
def test_a_rate_is_positive_and_has_nine_decimals(pair: tuple[programs.Currency, programs.Currency], rate: str) -> None:
    with pytest.raises(Invalid) as refusal:
        programs.set_rate(pair[0].id, pair[1].id, Decimal(rate), since=_JAN)

    assert refusal.value.errors[0].pointer == "/rate"


def test_currencies_of_two_programs_have_no_rate(pair: tuple[programs.Currency, programs.Currency]) -> None:
    foreign = programs.main_currency(a_program().id)

    with pytest.raises(Invalid) as refusal:
        programs.set_rate(pair[0].id, foreign.id, Decimal(1), since=_JAN)

    assert refusal.value.errors[0].pointer == "/to_currency"
