"""The form of an agreement's version: texts as people write them, and the terms that they mean."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from coalition.console import forms
from coalition.kernel.errors import Refusal
from coalition.kernel.money import format_minor
from coalition.programs import Program
from settlement.terms import Agreement, Prices

_PRICES = ("issue_price", "redemption_price", "service_price", "redeemer_rate")
_SHARES = ("redeemer_commission", "breakage_share", "vat_rate")
_LIMITS = ("credit_limit", "prefund")
_CHOICES = ("funding_mode", "reversal_order", "vat_profile", "cycle", "model", "over_limit")
NAMES = (*_PRICES, *_SHARES, *_LIMITS, *_CHOICES, "currency", "starts_on", "ends_on", "note")
FIELDS = {
    **{f"/{name}": name for name in NAMES},
    "/prices": "issue_price",
    "/credit_limit_minor": "credit_limit",
    "/prefund_minor": "prefund",
}
_OPTIONAL = {"redeemer_rate", "redeemer_commission", *_LIMITS}
_PLACES = 6
Days = tuple[dt.date, dt.date | None]


def read(given: dict[str, str], decimals: int) -> tuple[forms.Errors, Prices | None, Days | None]:
    """What was typed: the terms and their days, or what is wrong with single fields. Shares are typed in percent."""
    numbers = {name: _number(given[name], name, _PLACES) for name in _PRICES}
    numbers |= {name: _number(given[name], name, _PLACES - 2) for name in _SHARES}
    limits = {name: _number(given[name], name, decimals) for name in _LIMITS}
    wrong = [name for name, number in (numbers | limits).items() if isinstance(number, str)]
    days = {name: _day(given[name]) for name in ("starts_on", "ends_on")}
    errors = [forms.error(name, "invalid") for name in wrong]
    errors += [forms.error(name, "day") for name, day in days.items() if isinstance(day, str)]
    if not given["starts_on"]:
        errors.append(forms.error("starts_on", "day"))
    if not given["note"]:
        errors.append(forms.error("note", "say_why"))
    if errors:
        return errors, None, None
    exact = {name: Decimal(number).scaleb(-_PLACES) for name, number in numbers.items() if number is not None}
    rest = {f"{name}_minor": limit for name, limit in limits.items()}
    prices = Prices(**{name: given[name] for name in _CHOICES}, **exact, **rest)  # type: ignore[arg-type]
    return [], prices, (days["starts_on"], days["ends_on"])  # type: ignore[return-value]


def refused(refusal: Refusal) -> forms.Errors:
    """What a refusal says beside which field, by its own codes."""
    found = [forms.error(FIELDS[at.pointer], at.code, at.detail) for at in refusal.errors if at.pointer in FIELDS]
    return found or [forms.error("", refusal.code, refusal.detail)]


def filled(now: Agreement | None, program: Program) -> dict[str, str]:
    """The form as it is first shown: what holds now, or nothing."""
    if now is None:
        first = Prices()
        chosen = {name: str(getattr(first, name)) for name in _CHOICES}
        return dict.fromkeys(NAMES, "") | chosen | {"currency": program.currency}
    shown = dict.fromkeys(NAMES, "")
    for name in _PRICES:
        value = getattr(now, name)
        shown[name] = "" if value is None else f"{value.normalize():f}"
    for name in _SHARES:
        value = getattr(now, name)
        shown[name] = "" if value is None else f"{(value * 100).normalize():f}"
    for name in _LIMITS:
        value = getattr(now, f"{name}_minor")
        shown[name] = "" if value is None else format_minor(value, program.currency_decimals)
    return shown | {name: str(getattr(now, name)) for name in (*_CHOICES, "currency")}


def _number(text: str, name: str, places: int) -> int | str | None:
    """A number in its last decimals; None for an optional one that is left out; a text if it is none."""
    if not text:
        return None if name in _OPTIONAL else 0
    found = forms.units(text, places)
    return "invalid" if found is None or found < 0 else found


def _day(text: str) -> dt.date | str | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return "day"
