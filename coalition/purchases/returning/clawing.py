"""How much of a purchase a return takes with it: pure, integers only, and exact over any sequence of returns.

What a line brought or cost is taken back in proportion to the quantity returned, cumulatively: the whole share is
floor(share * returned so far / sold), and a return takes that less what was taken before it. So no return takes more
than its part, a full return takes exactly everything, and how a return is cut into pieces changes nothing in the end.
Source: docs/flows/purchases.md, vector V10. This module knows no database and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coalition.kernel.money import largest_remainder


@dataclass(frozen=True, slots=True)
class Stretch:
    """The stretch of a line that one return takes: `parts` of the `sold`, after `before` that were returned earlier.

    A part is a thousandth of the quantity; a line that was sold without a quantity is one part of one.
    """

    no: int
    parts: int
    before: int
    sold: int

    def __post_init__(self) -> None:
        if self.parts < 1 or self.before < 0 or self.before + self.parts > self.sold:
            raise ValueError(f"no stretch of line {self.no}: {self.parts} after {self.before} of {self.sold}")

    def of(self, share: int) -> int:
        """What this stretch takes of the line's `share`, rounded down cumulatively (in the member's favour)."""
        return share * (self.before + self.parts) // self.sold - share * self.before // self.sold


def taken(shares: Mapping[int, int], stretches: Iterable[Stretch]) -> dict[int, int]:
    """What the stretches take of the shares by line number; lines of which nothing is taken are left out."""
    found = {stretch.no: stretch.of(shares.get(stretch.no, 0)) for stretch in stretches}
    return {no: units for no, units in sorted(found.items()) if units}


def spread(total: int, lines: Sequence[tuple[int, int]]) -> dict[int, int]:
    """`total` over lines (number, amount) in proportion to their amounts, by largest remainder: the shares sum to it.

    Exactly as the points paid are spread when a purchase is evaluated: by line number, ties to the earlier line.
    """
    ordered = sorted(lines)
    shares = largest_remainder(total, [amount for _, amount in ordered])
    return {no: share for (no, _), share in zip(ordered, shares, strict=True)}
