"""What may be agreed at all: modes, prices, shares, tax, days. Pure; the schema holds the same, in its own words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal

from babel.numbers import get_currency_precision

from coalition.kernel.errors import FieldError, Invalid
from coalition.ledger import REVERSAL_ORDERS
from settlement.terms.agreements import Prices

VAT_PROFILES = ("UK_SERVICE", "DE_THIRD_PARTY", "NONE")
OVER_LIMIT = ("decline", "throttle")
CYCLES = ("day", "week", "month", "quarter")
_PRICE_PLACES = 6
_CENTS = 2
_MONEY_MAX = 10**15
_PRICED = {"on_issue": (True, False), "on_redeem": (False, True), "hybrid": (True, True), "none": (False, False)}


def check(prices: Prices, starts_on: dt.date, ends_on: dt.date | None, currency: str, home: str) -> None:
    """Refuse terms that make no sense; `home` is the program's money. Invalid, with a pointer to every wrong field.

    What is settled in other money is rounded to hundredths, so that money has to have them: not JPY, not KWD.
    """
    problems = [*_funding(prices), *_redeeming(prices), *_tax(prices), *_settling(prices)]
    if ends_on is not None and ends_on < starts_on:
        problems.append(FieldError("/ends_on", "bad_days", "An agreement ends after it starts."))
    if not re.fullmatch("[A-Z]{3}", currency):
        problems.append(FieldError("/currency", "bad_currency", "A currency has three capital letters."))
    elif currency != home and get_currency_precision(currency) != _CENTS:
        problems.append(FieldError("/currency", "bad_currency", "A foreign currency needs two decimals."))
    if problems:
        raise Invalid("invalid", "This cannot be agreed.", problems)


def _funding(prices: Prices) -> Iterator[FieldError]:
    if _PRICED.get(prices.funding_mode) != (prices.issue_price > 0, prices.redemption_price > 0):
        yield FieldError("/funding_mode", "prices_do_not_fit", "The prices do not fit the funding mode.")
    amounts = (prices.issue_price, prices.redemption_price, prices.service_price, prices.redeemer_rate or Decimal(0))
    if not all(0 <= amount < 10**_PRICE_PLACES and not _too_fine(amount) for amount in amounts):
        yield FieldError("/prices", "bad_price", "A price has at most six decimals and is not negative.")
    if prices.funding_mode == "none" and (prices.service_price or prices.breakage_share):
        yield FieldError("/service_price", "prices_do_not_fit", "Who funds nothing pays no fee for it.")
    if not _is_share(prices.breakage_share):
        yield FieldError("/breakage_share", "bad_share", "A share lies between 0 and 1.")


def _redeeming(prices: Prices) -> Iterator[FieldError]:
    if prices.redeemer_commission is not None and not _is_share(prices.redeemer_commission):
        yield FieldError("/redeemer_commission", "bad_share", "A share lies between 0 and 1.")
    if prices.redeemer_commission is not None and prices.redeemer_rate is not None:
        yield FieldError("/redeemer_commission", "rate_or_commission", "Agree on a rate or a commission, not on both.")
    if prices.reversal_order not in REVERSAL_ORDERS:
        yield FieldError("/reversal_order", "invalid", f"Draws come back {' or '.join(REVERSAL_ORDERS)}.")


def _tax(prices: Prices) -> Iterator[FieldError]:
    if prices.vat_profile not in VAT_PROFILES or not 0 <= prices.vat_rate < 1 or _too_fine(prices.vat_rate):
        yield FieldError("/vat_rate", "bad_vat", "The VAT profile or rate is unknown.")
    elif prices.vat_profile == "NONE" and prices.vat_rate:
        yield FieldError("/vat_rate", "bad_vat", "Without VAT its rate is zero.")


def _settling(prices: Prices) -> Iterator[FieldError]:
    if prices.cycle not in CYCLES:
        yield FieldError("/cycle", "invalid", f"A cycle is one of {', '.join(CYCLES)}.")
    for name in ("credit_limit_minor", "prefund_minor"):
        amount = getattr(prices, name)
        if amount is not None and not 0 <= amount <= _MONEY_MAX:
            yield FieldError(f"/{name}", "bad_amount", "A limit is an amount, and not a negative one.")
    if prices.over_limit not in OVER_LIMIT:
        yield FieldError("/over_limit", "invalid", f"What exceeds a limit is one of {', '.join(OVER_LIMIT)}.")
    if prices.credit_limit_minor is not None and prices.prefund_minor is not None:
        yield FieldError("/prefund_minor", "limit_or_prefund", "Agree on a limit or a prepaid block, not on both.")


def _is_share(value: Decimal) -> bool:
    return 0 <= value <= 1 and not _too_fine(value)


def _too_fine(value: Decimal) -> bool:
    return value != round(value, _PRICE_PLACES)
