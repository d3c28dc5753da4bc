"""Launching a program: its money, its zone and the currencies its members earn."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from coalition.kernel import audit
from coalition.kernel.db import session
from coalition.programs.models import CurrencyRow, ProgramRow
from coalition.programs.registry import Currency, Program, currency_by_id, get


def launch(code: str, name: str, *, zone: str, currency: str, currency_decimals: int = 2) -> Program:
    """A new program in a time zone, selling and settling in `currency`. ZoneInfoNotFoundError for an unknown zone."""
    ZoneInfo(zone)
    row = ProgramRow(code=code, name=name, zone=zone, currency=currency, currency_decimals=currency_decimals)
    session().add(row)
    session().flush()
    audit.record("program.launch", f"program:{row.id}", code=code)
    return get(row.id)


def add_currency(
    program_id: int,
    code: str,
    *,
    name_en: str,
    name_ru: str,
    face_minor: Decimal,
    decimals: int = 0,
    expiry_months: int | None = None,
) -> Currency:
    """A new points currency of a program; the first one added is the main one."""
    row = CurrencyRow(
        program_id=program_id,
        code=code,
        name_en=name_en,
        name_ru=name_ru,
        decimals=decimals,
        face_minor=face_minor,
        expiry_months=expiry_months,
        attribution="fefo",
    )
    session().add(row)
    session().flush()
    audit.record("currency.add", f"currency:{row.id}", program_id=program_id, code=code)
    return currency_by_id(row.id)
