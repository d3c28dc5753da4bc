"""How numbers, points, money, days and instants are written for the viewer: Jinja filters over Babel.

Amounts come as integers in minor units and leave as text; nothing here computes. Instants are shown in the zone of
the request (the program's), which a door sets with `use_zone`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from babel import Locale, dates, numbers
from flask import Flask, g, has_app_context
from flask_babel import get_babel, get_locale, refresh

from coalition.kernel import clock
from coalition.kernel.money import round_half_up

Moment = dt.date | dt.datetime
_MINUS = "\u2212"
_PATTERNS = {
    "day": "d MMM",
    "day_year": "d MMM y",
    "long": "d MMMM y",
    "weekday": "EEEE, d MMMM",
    "month": "LLLL y",
    "short_month": "LLL",
    "instant": "d MMM, HH:mm",
    "instant_year": "d MMM y, HH:mm",
    "full": "d MMMM y, HH:mm",
    "time": "HH:mm",
}
_PATTERNS_OF = {("ru", "weekday"): "d MMMM, EEEE"}


def use_zone(zone: str) -> None:
    """Show this request's instants in `zone` (an IANA name), usually the program's."""
    g.viewer_zone = zone
    refresh()


def viewer_zone() -> str:
    """The zone set by `use_zone`, else the application's default (UTC unless BABEL_DEFAULT_TIMEZONE says more)."""
    return str(getattr(g, "viewer_zone", "") or get_babel().default_timezone)


def points(amount: int, decimals: int = 0) -> str:
    """Points without a sign or a word: 24900 is "24,900" (en) or "24 900" (ru)."""
    return _decimal(amount, decimals)


def signed(amount: int, decimals: int = 0) -> str:
    """A change: "+186", "−2,100", and a plain "0"."""
    return _sign(amount) + _decimal(abs(amount), decimals)


def money(minor: int, currency: str = "EUR", decimals: int = 2) -> str:
    """Money with its currency: "€29,466.00", "−€5.94"."""
    text = numbers.format_currency(Decimal(abs(minor)).scaleb(-decimals), currency, locale=_locale())
    return (_MINUS if minor < 0 else "") + text


def signed_money(minor: int, currency: str = "EUR", decimals: int = 2) -> str:
    """A position: + receives, − pays."""
    return ("+" if minor > 0 else "") + money(minor, currency, decimals)


def exact(value: Decimal, places: int = 2) -> str:
    """A Decimal with all its digits, at least `places` of them after the point; nothing is rounded away."""
    pattern = "#,##0." + "0" * places + "#" * 10
    text = numbers.format_decimal(abs(value), format=pattern, locale=_locale(), decimal_quantization=False)
    return (_MINUS if value < 0 else "") + text


def compact(value: int, decimals: int = 0) -> str:
    """A figure for the axis of a chart: 61200 is "61.2K"."""
    amount = Decimal(abs(value)).scaleb(-decimals)
    digits = 0 if amount < 1000 else 1
    text = numbers.format_compact_decimal(amount, locale=_locale(), fraction_digits=digits)
    return (_MINUS if value < 0 else "") + text


def percent(basis_points: int) -> str:
    """Basis points as a signed percentage, rounded half up to one decimal: 620 is "+6.2%"."""
    return _sign(basis_points) + rate(round_half_up(Decimal(abs(basis_points)).scaleb(-2), 1))


def share(percentage: int) -> str:
    """A whole percentage: 32 is "32%" (en) or "32 %" (ru)."""
    return rate(Decimal(percentage))


def quantity(thousandths: int) -> str:
    """How much of something, in thousandths: 1500 is "1.5", 2000 is "2"."""
    return str(numbers.format_decimal(Decimal(thousandths).scaleb(-3), format="#,##0.###", locale=_locale()))


def rate(percentage: Decimal) -> str:
    """A percentage with the decimals it has: Decimal("5.50") is "5.5%"."""
    scaled = percentage.scaleb(-2)
    return str(numbers.format_percent(scaled, locale=_locale(), decimal_quantization=False))


def when(value: Moment, style: str = "instant") -> str:
    """A date or an instant in words; `style` is a key of the patterns. "day" and "instant" name another year."""
    if isinstance(value, dt.datetime):
        value = value.astimezone(dates.get_timezone(viewer_zone()))
    if style in ("day", "instant") and value.year != clock.local_date(clock.now(), viewer_zone()).year:
        style += "_year"
    pattern = _PATTERNS_OF.get((_locale().language, style), _PATTERNS[style])
    if isinstance(value, dt.datetime):
        return str(dates.format_datetime(value, pattern, tzinfo=value.tzinfo, locale=_locale()))
    return str(dates.format_date(value, pattern, locale=_locale()))


def month_title(value: Moment) -> str:
    """A month as it opens a line: "October 2026", "Октябрь 2026"."""
    text = when(value, "month")
    return text[:1].upper() + text[1:]


def machine(value: Moment) -> str:
    """The same moment for the `datetime` attribute of a <time> element."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def install(app: Flask) -> None:
    """Offer every function here to the templates as a filter of its own name."""
    for function in (
        points,
        signed,
        money,
        signed_money,
        exact,
        compact,
        percent,
        share,
        quantity,
        rate,
        when,
        month_title,
        machine,
    ):
        app.jinja_env.filters[function.__name__] = function


def _decimal(amount: int, decimals: int) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    text = numbers.format_decimal(Decimal(abs(amount)).scaleb(-decimals), format=pattern, locale=_locale())
    return (_MINUS if amount < 0 else "") + text


def _sign(amount: int) -> str:
    return "+" if amount > 0 else _MINUS if amount < 0 else ""


def _locale() -> Locale:
    return (get_locale() if has_app_context() else None) or Locale("en", "GB")
