"""How a price can be paid, points and cash, without a script: a few splits to pick from, or one's own number."""

from __future__ import annotations

from typing import Any

from catalog import pricing
from catalog.ports import PaymentProvider
from catalog.pricing import Quote
from coalition.kernel import ports

_SHARES = (100, 75, 50, 25, 0)  # of the way from the fewest points to the most, in percent


def cash_taken() -> bool:
    """Whether anybody takes cash here at all."""
    return ports.bound(PaymentProvider)


def limits(quoted: Quote, available: int) -> dict[str, int] | None:
    """Within which a member with so many points may choose how many pay; None where there is nothing to choose."""
    least, most = quoted.cash_limits
    if quoted.cash is None or least == quoted.points or available < least or not cash_taken():
        return None
    return {"least": least, "most": min(most, available), "step": quoted.cash.points_step}


def offers(quoted: Quote, available: int) -> list[dict[str, Any]]:
    """The ways to pay that a member with so many points can afford, the most points first."""
    if limits(quoted, available) is None:
        whole = quoted.cash_limits[1] == quoted.points and available >= quoted.points
        return [{"points": quoted.points, "cash": None, "after": available - quoted.points}] if whole else []
    least, most = quoted.cash_limits
    wanted = {_rounded(quoted, least + (most - least) * share // 100) for share in _SHARES}
    splits = [pricing.split(quoted, points) for points in sorted(wanted, reverse=True) if points <= available]
    return [
        {
            "points": one.points,
            "cash": {"minor": one.cash_minor, "currency": quoted.cash_currency} if one.cash_minor else None,
            "after": available - one.points,
        }
        for one in splits
    ]


def _rounded(quoted: Quote, points: int) -> int:
    """The nearest number of points below that can be paid, the limits themselves as they are."""
    least, most = quoted.cash_limits
    step = quoted.cash.points_step if quoted.cash else 1
    return most if points >= most else max(least, points // step * step)
