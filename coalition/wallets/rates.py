"""What an amount becomes at a rate, in whole units on both sides. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor


def convertible(amount: int, rate: Decimal) -> tuple[int, int]:
    """What of `amount` is taken, and what it becomes at `rate` units for one: (0, 0) when it comes to nothing.

    The result is rounded down, and only as much is taken as it needs: 301 at 0.5 is 150, for 300. Exact, whatever the
    rate's decimals.
    """
    exact = Fraction(rate)
    result = floor(amount * exact)
    return ceil(result / exact), result
