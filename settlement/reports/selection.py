"""What a report is asked about: one program, one points currency, days and months, maybe one legal entity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from coalition import partners, programs
from coalition.kernel import clock
from coalition.kernel.errors import FieldError, Invalid

FIELDS = ("currency", "on", "since", "until", "entity", "months")
_YEAR = 12
_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The question of one report. `on` is the last day that counts; `since` and `until` are first days of months, both
    included; `months` is how far a forecast looks; all of them in the program's zone."""

    program: programs.Program
    currency: programs.Currency
    on: dt.date
    since: dt.date
    until: dt.date
    entity: partners.LegalEntity | None
    months: int

    @property
    def end(self) -> dt.datetime:
        """The instant at which `on` is over."""
        return clock.end_of_last_day(self.on, self.program.zone)

    def args(self) -> dict[str, str]:
        """The same question as texts, as `select` reads them."""
        return {
            "program": self.program.code,
            "currency": self.currency.code,
            "on": self.on.isoformat(),
            "since": clock.month_code(self.since),
            "until": clock.month_code(self.until),
            "entity": self.entity.code if self.entity else "",
            "months": str(self.months),
        }


def select(args: Mapping[str, str]) -> Selection:
    """Read a question from texts; what is left out is the program's main currency, today, and the last twelve months.

    Raises NotFound for a program that does not exist, Invalid that names every wrong field.
    """
    program = programs.by_code(args.get("program", ""))
    today = clock.local_date(clock.now(), program.zone)
    problems: list[FieldError] = []
    currency = _currency(program, args.get("currency", ""), problems)
    on = _day(args.get("on", ""), today, problems)
    until = _month(args.get("until", ""), "until", on.replace(day=1), problems)
    since = _month(args.get("since", ""), "since", clock.add_months(until, 1 - _YEAR), problems)
    if since > until:
        problems.append(FieldError("/since", "bad_days", "The first month comes after the last."))
    months = _months(args.get("months", ""), problems)
    entity = _entity(program, args.get("entity", ""), problems)
    if problems:
        raise Invalid("invalid", "The report cannot be made of this.", problems)
    return Selection(program=program, currency=currency, on=on, since=since, until=until, entity=entity, months=months)


def _currency(program: programs.Program, code: str, problems: list[FieldError]) -> programs.Currency:
    found = {currency.code: currency for currency in programs.currencies(program.id)}
    if code and code not in found:
        problems.append(FieldError("/currency", "unknown_currency", "The program has no such points currency."))
    return found.get(code) or programs.main_currency(program.id)


def _entity(program: programs.Program, code: str, problems: list[FieldError]) -> partners.LegalEntity | None:
    if not code:
        return None
    found = {entity.code: entity for entity in partners.entities(program.id)}
    if code not in found:
        problems.append(FieldError("/entity", "unknown_entity", "The program has no such legal entity."))
    return found.get(code)


def _day(text: str, default: dt.date, problems: list[FieldError]) -> dt.date:
    try:
        return dt.date.fromisoformat(text) if text else default
    except ValueError:
        problems.append(FieldError("/on", "bad_day", "A day is written as 2026-11-25."))
        return default


def _month(text: str, name: str, default: dt.date, problems: list[FieldError]) -> dt.date:
    try:
        return clock.parse_month(text) if text else default
    except ValueError:
        problems.append(FieldError(f"/{name}", "bad_month", "A month is written as 2026-11."))
        return default


def _months(text: str, problems: list[FieldError]) -> int:
    if not text:
        return _YEAR
    if text.isascii() and text.isdigit() and 0 < int(text) <= _LONGEST:
        return int(text)
    problems.append(FieldError("/months", "bad_number", f"A forecast looks 1 to {_LONGEST} months ahead."))
    return _YEAR
