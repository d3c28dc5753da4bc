"""Rates of exchange: entered by people with their source and moment, fixed for a statement when its period closes.

All prices are in the program's money; a company that has agreed to another settlement currency receives or pays its
position times the rate, rounded half up to two decimals. A rate never changes: a correction is a later one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from coalition import programs
from coalition.kernel import audit, clock
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.kernel.money import round_half_up
from settlement import terms
from settlement.accruals import Period
from settlement.statements.arithmetic import EXACT, Drawn

DECIMALS = 2
FRESH_DAYS = 31
_PLACES = 10
_COLUMNS = "id, base, quote, rate, source, at, entered_by, entered_at"


@dataclass(frozen=True, slots=True)
class Rate:
    """So much of `quote` is one unit of `base` (both ISO 4217), according to `source` at the moment `at`."""

    id: int
    base: str
    quote: str
    rate: Decimal
    source: str
    at: dt.datetime
    entered_by: str
    entered_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """A position in the currency in which it is settled; `rate` None: in the program's own money, as it is."""

    currency: str
    decimals: int
    amount_minor: int
    rate: Rate | None


def enter(base: str, quote: str, rate: Decimal, source: str, at: dt.datetime | None = None) -> Rate:
    """Enter a rate, valid from `at` (now, if it is left out) until a later one. Invalid; Conflict `fx_rate_exists`."""
    moment = at or clock.now()
    _check(base, quote, rate, source, moment)
    row = fetch_one(
        "INSERT INTO fx_rate (base, quote, rate, source, at, entered_by)"
        f" VALUES (:base, :quote, :rate, :source, :at, :actor) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        {
            "base": base,
            "quote": quote,
            "rate": rate,
            "source": source.strip(),
            "at": moment,
            "actor": audit.origin().actor,
        },
    )
    if row is None:
        raise Conflict("fx_rate_exists", f"{source} has given a rate of {base}/{quote} for this moment already.")
    audit.record("fx_rate.enter", f"fx_rate:{row.id}", base=base, quote=quote, rate=str(rate), source=source)
    return Rate(**row._mapping)


def rates(limit: int = 100) -> list[Rate]:
    """The rates that were entered, the latest moment first."""
    rows = fetch_all(f"SELECT {_COLUMNS} FROM fx_rate ORDER BY at DESC, id DESC LIMIT :limit", {"limit": limit})
    return [Rate(**row._mapping) for row in rows]


def settle(period: Period, drawn: Sequence[Drawn]) -> tuple[dict[int, Settlement], list[str]]:
    """What each position comes to in its settlement currency, by entity; and the currencies that lack a fresh rate.

    The rate is the last one that is not later than now and at most 31 days older than the period's end.
    """
    program = programs.get(period.program_id)
    wanted = _currencies(period)
    known = {
        currency: _last(program.currency, currency, period) for currency in set(wanted.values()) - {program.currency}
    }
    settled = {}
    for one in drawn:
        currency = program.currency if one.is_operator else wanted.get(one.entity_id, program.currency)
        rate = known.get(currency)
        if currency == program.currency or rate is None:
            settled[one.entity_id] = Settlement(program.currency, program.currency_decimals, one.position_minor, None)
        else:
            amount = convert(one.position_minor, program.currency_decimals, rate.rate)
            settled[one.entity_id] = Settlement(currency, DECIMALS, amount, rate)
    drawn_ids = {one.entity_id for one in drawn if not one.is_operator}
    missing = {currency for entity_id, currency in wanted.items() if entity_id in drawn_ids} - {program.currency}
    return settled, sorted(currency for currency in missing if known[currency] is None)


def convert(amount_minor: int, decimals: int, rate: Decimal) -> int:
    """An amount (minor units with so many decimals) times a rate, in hundredths of the other currency, half up."""
    with localcontext(EXACT):
        return int(round_half_up((amount_minor * rate).scaleb(DECIMALS - decimals)))


def _currencies(period: Period) -> dict[int, str]:
    """The settlement currency of each entity: that of the last version that began before the period's end."""
    found: dict[int, str] = {}
    for agreement in terms.list_agreements(period.program_id):
        if agreement.state == "active" and agreement.starts_on <= period.ends_on:
            found[agreement.legal_entity_id] = agreement.currency
    return found


def _last(base: str, quote: str, period: Period) -> Rate | None:
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM fx_rate WHERE base = :base AND quote = :quote AND at <= now()"
        " AND at >= CAST(:ends_on AS date) - :days ORDER BY at DESC, id DESC LIMIT 1",
        {"base": base, "quote": quote, "ends_on": period.ends_on, "days": FRESH_DAYS},
    )
    return None if row is None else Rate(**row._mapping)


def _check(base: str, quote: str, rate: Decimal, source: str, at: dt.datetime) -> None:
    problems = []
    for pointer, code in (("/base", base), ("/quote", quote)):
        if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
            problems.append(FieldError(pointer, "bad_currency", "Write a currency as three letters, like EUR."))
    if base == quote:
        problems.append(FieldError("/quote", "invalid", "A rate is between two currencies."))
    if not rate.is_finite() or not 0 < rate < 10**9 or rate != round(rate, _PLACES):
        problems.append(FieldError("/rate", "bad_rate", "A rate is above zero and has at most ten decimals."))
    if not 1 <= len(source.strip()) <= 100 or "\0" in source:
        problems.append(FieldError("/source", "required", "Say who gives this rate, in 1 to 100 characters."))
    if at > clock.now() + dt.timedelta(minutes=5):
        problems.append(FieldError("/at", "invalid", "A rate of a moment to come is not known yet."))
    if problems:
        raise Invalid("invalid", "This is no rate of exchange.", problems)
