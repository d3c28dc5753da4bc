"""How a debit or hold of a currency draws its lots: the rule, what of promo accounts may pay, and how long it wakes."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

from coalition import ledger
from coalition.kernel import clock
from coalition.programs.calendars import birth
from coalition.programs.promo import eligible
from coalition.programs.registry import get
from coalition.programs.types import Currency, SpendContext


class Drawing(TypedDict):
    """Arguments of `ledger.Debit` and `ledger.hold`."""

    rule: int
    eligible: tuple[tuple[int, int], ...]
    idle_at: dt.datetime | None


def drawing(currency: Currency, context: SpendContext | None = None) -> Drawing:
    """How points of a currency are drawn now. Without a context no promo account pays."""
    promo = eligible(currency, context) if context else ()
    idle_at = birth(currency, clock.now(), get(currency.program_id).zone).idle_at
    return {"rule": ledger.Attribution[currency.attribution.upper()], "eligible": promo, "idle_at": idle_at}
