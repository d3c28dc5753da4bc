"""When the operator earns what it was paid for points: the formulas of IFRS 15, pure. No database, no clock.

A payment for points is a contract liability until they are redeemed. Of a pool of points that was paid `allocated`,
    recognised(t) = allocated * redeemed(t) / expected total redemption(t)
has been earned by t, so that the points that nobody will redeem (breakage) are earned in proportion to those that are,
and a changed estimate is caught up at once. Every cumulative is rounded half up and a period's revenue is the
difference of two of them: the periods always sum to the whole. Money is in any one unit, rounded to `places` decimals.
Sources: IFRS 15 B39-B47 and example 52; KPMG, Revenue handbook, example 10A; design/settlement.md, "Accounting".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from coalition.kernel.money import round_half_up

_ZERO = Decimal(0)
# A bigint of points times as many minor units stays exact in it, and a quotient has digits to spare.
_DIGITS = 60


def allocated_to_points(price: Decimal, goods: Decimal, points: Decimal, places: int = 2) -> Decimal:
    """The part of a transaction's `price` that pays for points, by relative stand-alone selling prices (IFRS 15.76,
    B42): `goods` is that of what was sold, `points` that of the points, their expected breakage already taken off."""
    with localcontext(prec=_DIGITS):
        whole = goods + points
        return round_half_up(price * points / whole, places) if whole else round_half_up(_ZERO, places)


def expected_total(points: int, expectation: Decimal, redeemed: int = 0, lapsed: int = 0) -> Decimal:
    """How many of `points` are expected to be redeemed in all: `expectation` of them, yet never fewer than have been
    `redeemed` and never more than can be once `lapsed` are gone. When none is left it is exactly what was redeemed."""
    with localcontext(prec=_DIGITS):
        return max(Decimal(redeemed), min(points * expectation, Decimal(points - lapsed)))


def recognised(allocated: Decimal, redeemed: int, expected: Decimal, places: int = 2) -> Decimal:
    """What has been earned of `allocated` once `redeemed` of `expected` points were redeemed: all of it at the most,
    and all of it when no redemption is expected any more (B46). `redeemed` is below zero where more came back than
    went, as of points that were issued under other terms."""
    with localcontext(prec=_DIGITS):
        if redeemed >= expected or not expected:
            return round_half_up(allocated, places)
        return round_half_up(allocated * redeemed / expected, places)


def deferred(allocated: Decimal, redeemed: int, expected: Decimal, places: int = 2) -> Decimal:
    """What remains a contract liability: with what is recognised it makes `allocated` exactly."""
    return round_half_up(allocated, places) - recognised(allocated, redeemed, expected, places)


def revenues(
    allocated: Decimal, redeemed: Sequence[int], expected: Sequence[Decimal], places: int = 2
) -> list[Decimal]:
    """The revenue of each period, from what was redeemed by its end and what was expected in all at its end."""
    earned, found = _ZERO, []
    for points, total in zip(redeemed, expected, strict=True):
        by_now = recognised(allocated, points, total, places)
        found.append(by_now - earned)
        earned = by_now
    return found


def catch_up(allocated: Decimal, redeemed: int, before: Decimal, after: Decimal, places: int = 2) -> Decimal:
    """What changes at once when the expected total goes from `before` to `after`: + earned now, - given back."""
    return recognised(allocated, redeemed, after, places) - recognised(allocated, redeemed, before, places)
