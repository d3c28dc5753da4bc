"""Money as integers in minor units, and the two roundings the product is allowed to use.

No float touches an amount. A rate is a Decimal; every split sums exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the minor unit of `currency` (ISO 4217), for example 594 EUR is 5.94 euro."""

    amount: int
    currency: str


def round_half_up(value: Decimal, places: int = 0) -> Decimal:
    """`value` rounded half up (away from zero at the half) to `places` decimals, as EN 16931 rounds documents."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def to_minor(value: Decimal, decimals: int = 2) -> int:
    """A decimal amount as integer minor units, rounded half up."""
    return int(round_half_up(value.scaleb(decimals)))


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` (>= 0) in proportion to non-negative `weights`, exactly: the parts sum to `total`.

    Each part is floored, then the units left go to the largest remainders; ties go to the earlier place. With all
    weights zero the whole goes to the first place. ValueError for no weights, or a negative one.
    Source: Hamilton's method of apportionment.
    """
    if not weights or min(weights) < 0 or total < 0:
        raise ValueError("a split needs a non-negative total and non-negative weights")
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    shares = [total * weight for weight in weights]
    parts = [share // whole for share in shares]
    if left := total - sum(parts):
        remainders = [share % whole for share in shares]
        for at in sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)[:left]:
            parts[at] += 1
    return parts


def format_minor(amount: int, decimals: int) -> str:
    """Minor units as a plain decimal text: (594, 2) is "5.94", (-5, 2) is "-0.05"."""
    if decimals == 0:
        return str(amount)
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), 10**decimals)
    return f"{sign}{whole}.{part:0{decimals}d}"
