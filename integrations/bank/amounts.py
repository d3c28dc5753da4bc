"""Amounts of ISO 20022: decimal texts with their currency, as integers in minor units. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import get_currency_precision
from lxml import etree

from coalition.kernel.errors import Invalid

_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{0,5})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def currency_of(element: etree._Element | None) -> str:
    """The currency of an amount. Raises Invalid `bank_file_incomplete`."""
    code = "" if element is None else element.get("Ccy", "")
    if not _CURRENCY.fullmatch(code):
        raise Invalid("bank_file_incomplete", "An amount lacks its currency.")
    return code


def minor(element: etree._Element | None, currency: str) -> int:
    """An amount (not negative) in minor units. Raises Invalid: `bank_currency_differs`, `bank_amount_invalid`."""
    if element is None:
        raise Invalid("bank_file_incomplete", "A statement lacks an amount.")
    if currency_of(element) != currency:
        raise Invalid("bank_currency_differs", f"An amount is not in {currency}, the currency of the account.")
    text = (element.text or "").strip()
    if not _AMOUNT.fullmatch(text):
        raise Invalid("bank_amount_invalid", f"{text[:30]!r} is no amount; the sign stands beside it.")
    exact = Decimal(text).scaleb(int(get_currency_precision(currency)))
    if exact != int(exact):
        raise Invalid("bank_amount_invalid", f"{text} has more decimals than {currency}.")
    return int(exact)
