"""Choosing how a price is paid, points and cash, without a script: a few splits to pick from, or one's own number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from catalog import pricing
from catalog.ports import PaymentProvider
from catalog.pricing import Quote
from catalog.site.checkout_form import FormError
from coalition.kernel import ports

OTHER = "other"
_SHARES = (100, 75, 50, 25, 0)  # of the way from the fewest points to the most, in percent
_NUMBER = re.compile(r"[0-9]{1,12}")


def cash_taken() -> bool:
    """Whether anybody takes cash here at all."""
    return ports.bound(PaymentProvider)


def offer(quoted: Quote, available: int) -> dict[str, Any] | None:
    """The splits that a member with so many points can pay by, the most points first; None where points pay all."""
    least, most = quoted.cash_limits
    if quoted.cash is None or least == quoted.points or not cash_taken():
        return None
    wanted = {_rounded(quoted, least + (most - least) * share // 100) for share in _SHARES}
    splits = [pricing.split(quoted, points) for points in sorted(wanted, reverse=True) if points <= available]
    return {
        "choices": [{"points": one.points, "cash": one.cash_minor} for one in splits],
        "least": least,
        "most": min(most, available),
        "step": quoted.cash.points_step,
        "currency": quoted.cash.currency,
    }


def chosen(form: Mapping[str, str | bool]) -> int | None:
    """The points that shall pay; None where nothing was to be chosen. ValueError for what is no number."""
    pay = str(form["pay"])
    text = str(form["pay_points"]).replace(" ", "").replace("\u00a0", "") if pay == OTHER else pay
    if not text and pay != OTHER:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number of points")
    return int(text)


def problem(quoted: Quote, form: Mapping[str, str | bool]) -> list[FormError]:
    """What is wrong with the choice, if anything; delivery may still change what can be paid how."""
    least, most = quoted.cash_limits
    try:
        points = chosen(form)
    except ValueError:
        points = -1
    fits = points is None or least <= points <= most or (form["pay"] != OTHER and points >= 0)
    return [] if fits else [FormError("pay_points", "points_out_of_limits")]


def _rounded(quoted: Quote, points: int) -> int:
    """The nearest number of points below that can be paid, the limits themselves as they are."""
    least, most = quoted.cash_limits
    step = quoted.cash.points_step if quoted.cash else 1
    return most if points >= most else max(least, points // step * step)
