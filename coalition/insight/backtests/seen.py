"""What a back-test knows of a receipt, and what a ruleset gave for it: pure values, integers only.

Worth is in millionths of a minor unit of the program's money (`E6`), because a point's face value has six decimals: so
sums are exact, and money is rounded once, where it is shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from coalition.kernel.money import round_half_up

E6 = 1_000_000
DISCOUNTS = "discounts"
Shares = tuple[tuple[int, int], ...]
Base = Sequence[tuple[str, Mapping[int, int]]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A stored receipt as the sums group it: `day` is of the program's zone, `spent` what was paid in money.

    `entity_id` is the legal entity that sold; `base` what the base rules really gave, by currency and line: the same
    under every ruleset.
    """

    purchase_id: int
    member_id: int
    day: dt.date
    partner_id: int
    outlet_id: int
    tier: str
    spent: int
    entity_id: int = 0
    base: Base = ()


class Award(NamedTuple):
    """Points that a promotion gave: `units` of a currency (by its code), and how many each legal entity pays for.

    What a discount took off is an award too: of minor units of money, in the currency `DISCOUNTS`.
    """

    promotion: str
    currency: str
    units: int
    shares: Shares


@dataclass(frozen=True)
class Outcome:
    """What one ruleset gave for one receipt. `gifts`: how often what is no money, by (promotion, kind)."""

    awards: tuple[Award, ...] = ()
    gifts: tuple[tuple[tuple[str, str], int], ...] = ()

    @cached_property
    def units(self) -> Mapping[str, int]:
        """Units by currency."""
        found: dict[str, int] = {}
        for award in self.awards:
            found[award.currency] = found.get(award.currency, 0) + award.units
        return found


NOTHING = Outcome()


def face_e6(face_minor: Decimal) -> int:
    """The face value of a unit in millionths of a minor unit."""
    return int(face_minor * E6)


def minor(worth_e6: int) -> int:
    """Worth as minor units of money, rounded half up."""
    return int(round_half_up(Decimal(worth_e6) / E6))
