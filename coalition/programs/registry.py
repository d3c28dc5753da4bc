"""Reading programs and currencies, out of what the process knows (see `caching`)."""

from __future__ import annotations

from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.programs.caching import columns, policies, program_of
from coalition.programs.types import Currency, Program


def get(program_id: int) -> Program:
    """The program. Raises NotFound."""
    return policies(program_id).program


def by_code(code: str) -> Program:
    """The program with this code. Raises NotFound."""
    row = fetch_one("SELECT id FROM program WHERE code = :code", {"code": code})
    if row is None:
        raise NotFound()
    return get(row.id)


def list_programs(*, test: bool = False) -> list[Program]:
    """Every program, by code (an installation has a handful), as they are now; test programs only if asked."""
    only = "" if test else " WHERE kind <> 'test'"
    rows = fetch_all(f"SELECT {columns(Program)} FROM program{only} ORDER BY code LIMIT 10000")
    return [Program(**row._mapping) for row in rows]


def currency(program_id: int, code: str) -> Currency:
    """The points currency with this code. Raises Invalid, which points at a request's `currency`."""
    for found in currencies(program_id):
        if found.code == code:
            return found
    problem = FieldError("/currency", "unknown_currency", f"{code!r} is no currency of this program.")
    raise Invalid("unknown_currency", "The program has no such currency.", [problem])


def currencies(program_id: int) -> list[Currency]:
    """Every points currency of a program in the order of creation; the first is the main one."""
    return list(policies(program_id).currencies.values())


def main_currency(program_id: int) -> Currency:
    """The program's first currency, in which its catalog is priced. Raises NotFound if it has none."""
    found = currencies(program_id)
    if not found:
        raise NotFound()
    return found[0]


def currency_by_id(currency_id: int) -> Currency:
    """The points currency. Raises NotFound."""
    return policies(program_of(currency_id)).currencies[currency_id]
