"""What an effect of a promotion asks for, before any limit: exact, rounded once, and what each line weighs in it.

Everything is a whole number: `top / scale` units (or minor money, of a discount) is the exact total, and the lines
share it in proportion to their weights by largest remainder, ties to the lower number. An effect that rounds by line
rounds each line for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from coalition.kernel.money import largest_remainder
from coalition.promotions.engine.terms import Effect, Promotion

Exact = tuple[int, int, Mapping[int, int]]
NOTHING: Exact = (0, 1, {})


class Bid(NamedTuple):
    """What an effect asks for. `bid` makes it.

    `units` is the exact total after its one rounding; `worth`: of one unit, in minor money; `weights` stand in the
    order of the lines' numbers, and are empty where an event has no lines.
    """

    promotion: Promotion
    effect: Effect
    worth: int
    units: int
    top: int
    scale: int
    weights: Mapping[int, int]

    def only(self, numbers: Iterable[int]) -> Bid:
        """The part that these lines bring."""
        kept, whole = set(numbers), sum(self.weights.values())
        weights = {no: weight for no, weight in self.weights.items() if no in kept}
        exact = self.top * sum(weights.values()), self.scale * (whole or 1), weights
        return bid(self.promotion, self.effect, self.worth, exact)

    def spread(self, granted: int) -> dict[int, int]:
        """What was granted, over the lines; lines that get nothing are left out."""
        weights = self.weights
        if len(weights) <= 1 or not granted:
            return dict.fromkeys(weights, granted) if granted else {}
        if self.effect.by_line and granted == self.units:
            parts: Iterable[int] = _line_by_line(self.top, self.scale, weights, self.effect.mode)
        else:
            parts = largest_remainder(granted, list(weights.values()))
        return {no: part for no, part in zip(weights, parts, strict=True) if part}


def bid(promotion: Promotion, effect: Effect, worth: int, exact: Exact) -> Bid:
    """What an effect asks for, of this exact total and these weights, rounded as it says."""
    top, scale, weights = exact
    if effect.by_line and weights:
        units = sum(_line_by_line(top, scale, weights, effect.mode))
    else:
        units = top // scale if effect.mode == "floor" else _rounded(top, scale, effect.mode)
    return Bid(promotion, effect, worth, units, top, scale, weights)


def exactly(parts: Mapping[int, Fraction]) -> Exact:
    """The total and the weights, where what each line brings is known."""
    scale = lcm(*(part.denominator for part in parts.values()))
    weights = {no: part.numerator * (scale // part.denominator) for no, part in parts.items()}
    return sum(weights.values()), scale, weights


def _rounded(top: int, scale: int, mode: str) -> int:
    """`top / scale` as a whole number: `floor`, `half_up` or `ceil`; values are never negative."""
    if mode == "half_up":
        return (2 * top + scale) // (2 * scale)
    return top // scale if mode == "floor" else -(-top // scale)


def _line_by_line(top: int, scale: int, weights: Mapping[int, int], mode: str) -> list[int]:
    whole = sum(weights.values()) or 1
    return [_rounded(top * weight, scale * whole, mode) for weight in weights.values()]
