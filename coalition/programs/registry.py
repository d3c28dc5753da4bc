"""Reading programs and currencies: few, small, rarely changed rows, kept in the process once read.

A row of either table never changes today; when it does (a program's life cycle), the cache gets a version.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from coalition.kernel import clock
from coalition.kernel.db import session
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.programs.models import CurrencyRow, ProgramRow


@dataclass(frozen=True, slots=True)
class Program:
    """A loyalty program. `currency` is the ISO 4217 code of its money, with `currency_decimals` decimals."""

    id: int
    code: str
    name: str
    zone: str
    currency: str
    currency_decimals: int


@dataclass(frozen=True, slots=True)
class Currency:
    """A points currency. `face_minor` is what one minor unit of it is worth, in minor units of the program's money."""

    id: int
    program_id: int
    code: str
    name_en: str
    name_ru: str
    decimals: int
    face_minor: Decimal
    expiry_months: int | None
    attribution: str


def get(program_id: int) -> Program:
    """The program. Raises NotFound."""
    return _program(session().get(ProgramRow, program_id))


def by_code(code: str) -> Program:
    """The program with this code. Raises NotFound."""
    return _program(session().scalar(select(ProgramRow).where(ProgramRow.code == code)))


def list_programs() -> list[Program]:
    """Every program, by code (an installation has a handful)."""
    return [_program(row) for row in session().scalars(select(ProgramRow).order_by(ProgramRow.code).limit(1000))]


def currency(program_id: int, code: str) -> Currency:
    """The points currency with this code. Raises Invalid, which points at a request's `currency`."""
    for found in currencies(program_id):
        if found.code == code:
            return found
    problem = FieldError("/currency", "unknown_currency", f"{code!r} is no currency of this program.")
    raise Invalid("unknown_currency", "The program has no such currency.", [problem])


def currencies(program_id: int) -> list[Currency]:
    """Every points currency of a program in the order of creation; the first is the main one."""
    rows = session().scalars(
        select(CurrencyRow).where(CurrencyRow.program_id == program_id).order_by(CurrencyRow.id).limit(100)
    )
    return [_currency(row) for row in rows]


def main_currency(program_id: int) -> Currency:
    """The program's first currency, in which its catalog is priced. Raises NotFound if it has none."""
    found = currencies(program_id)
    if not found:
        raise NotFound()
    return found[0]


def currency_by_id(currency_id: int) -> Currency:
    """The points currency. Raises NotFound."""
    row = session().get(CurrencyRow, currency_id)
    if row is None:
        raise NotFound()
    return _currency(row)


def expiry(of: Currency, earned_at: dt.datetime, zone: str) -> dt.datetime | None:
    """When points earned at `earned_at` expire: the midnight after the last day of the month, `expiry_months` on.

    None for a currency that never expires. The day counts in `zone`.
    """
    if of.expiry_months is None:
        return None
    last = clock.end_of_month(clock.add_months(clock.local_date(earned_at, zone), of.expiry_months))
    return clock.end_of_last_day(last, zone)


def _program(row: ProgramRow | None) -> Program:
    if row is None:
        raise NotFound()
    return Program(row.id, row.code, row.name, row.zone, row.currency, row.currency_decimals)


def _currency(row: CurrencyRow) -> Currency:
    names = (row.code, row.name_en, row.name_ru)
    return Currency(row.id, row.program_id, *names, row.decimals, row.face_minor, row.expiry_months, row.attribution)
