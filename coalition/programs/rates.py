"""At what rate points of one currency become points of another: dated, never overlapping, and kept for ever."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from coalition.kernel import audit
from coalition.kernel.db import execute
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.programs.caching import policies, touch
from coalition.programs.registry import currency_by_id
from coalition.programs.types import Rate

_RATE_MAX = Decimal(10) ** 9
_STEP = Decimal("0.000000001")


def set_rate(from_currency_id: int, to_currency_id: int, rate: Decimal, *, since: dt.date) -> Rate:
    """One minor unit of a currency becomes `rate` of another's from a day on (in the program's zone).

    It ends what was in force before, and takes the place of what was to begin later. Locks the program's row. Invalid
    `policy_unsound` for a rate that is not positive or has more than nine decimals, or currencies of two programs.
    """
    source, target = currency_by_id(from_currency_id), currency_by_id(to_currency_id)
    if source.program_id != target.program_id or source.id == target.id:
        raise _unsound("/to_currency", "A rate leads from one currency of a program to another one of it.")
    if not 0 < rate < _RATE_MAX or rate % _STEP:
        raise _unsound("/rate", "A rate is positive and has at most nine decimals.")
    program_id = source.program_id
    touch(program_id)
    pair = {"program": program_id, "source": source.id, "target": target.id, "since": since}
    execute(
        "UPDATE conversion_rate SET valid = valid * daterange(NULL, :since)"
        " WHERE from_currency_id = :source AND to_currency_id = :target AND NOT isempty(valid)",
        pair,
    )
    execute(
        "INSERT INTO conversion_rate (program_id, from_currency_id, to_currency_id, rate, valid)"
        " VALUES (:program, :source, :target, :rate, daterange(:since, NULL))",
        {**pair, "rate": rate},
    )
    details = {"from": source.code, "to": target.code, "rate": str(rate), "since": since.isoformat()}
    audit.record("rate.set", f"program:{program_id}", **details, version=touch(program_id))
    return Rate(source.id, target.id, rate, since, None)


def rate(program_id: int, from_currency_id: int, to_currency_id: int, on: dt.date) -> Decimal:
    """How many minor units one minor unit becomes on a day. NotFound `no_rate` if there is none."""
    for one in rates(program_id):
        ways = (one.from_currency_id, one.to_currency_id) == (from_currency_id, to_currency_id)
        if ways and one.valid_from <= on and (one.valid_to is None or on < one.valid_to):
            return one.rate
    raise NotFound("no_rate", "There is no rate between these currencies on this day.")


def rates(program_id: int) -> tuple[Rate, ...]:
    """Every rate of a program, past and future ones too, the latest first."""
    return policies(program_id).rates


def _unsound(pointer: str, detail: str) -> Invalid:
    return Invalid("policy_unsound", detail, [FieldError(pointer, "invalid", detail)])
