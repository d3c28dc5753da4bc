"""What a receipt earns under a set of rules: pure, integers only, one rounding per effect.

The order is fixed: points paid are spread over the lines first (largest remainder), what is left of a line is its
earning base; each rule sums the bases of the lines that count and rounds once, down (a tier's factor is applied to
that and rounds down once more); the units go back to the lines by largest remainder, so that they sum exactly and a
later return can take back line by line. A line without a quantity counts for nothing. This module knows no database
and no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple, Protocol

from coalition.kernel.money import largest_remainder
from coalition.promotions.engine.discounting import net

ONCE_BP = 10_000
NO_VAT: Mapping[int, int] = {}
_NO = attrgetter("no")


class Line(Protocol):
    """One line of a receipt: `amount` in minor units before the program's own discounts, `qty_m` in thousandths."""

    @property
    def no(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def qty_m(self) -> int | None: ...


class Receipt(Protocol):
    """What the evaluation reads of a purchase."""

    @property
    def occurred_at(self) -> dt.datetime: ...
    @property
    def lines(self) -> Sequence[Line]: ...
    @property
    def mcc(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a base rule: `points` for every full `each_minor` of money, paid by `funder_id`.

    `funder_id` is a legal entity; None means the entity of the outlet. In force from `valid_from` up to `valid_to`.
    `tiers`: the tiers whose members earn by it, None for all. `promo_account_id`: where the points pay, None anywhere.
    `mccs`: the merchant categories that earn (None: all, also purchases without one), less those excluded. With an
    `event_type` it gives `points` for an event, and nothing for a purchase.
    """

    id: int
    partner_id: int
    code: str
    version: int
    currency_id: int
    points: int
    each_minor: int
    funder_id: int | None
    name_en: str
    name_ru: str
    valid_from: dt.datetime
    valid_to: dt.datetime | None
    tiers: tuple[str, ...] | None = None
    promo_account_id: int | None = None
    mccs: frozenset[str] | None = None
    mccs_excluded: frozenset[str] = frozenset()
    event_type: str | None = None

    def covers(self, instant: dt.datetime) -> bool:
        """Whether this version is the one for what occurred at `instant`."""
        return self.valid_from <= instant and (self.valid_to is None or instant < self.valid_to)

    def takes(self, receipt: Receipt) -> bool:
        """Whether the rule is about a purchase at such a merchant."""
        if self.event_type is not None:
            return False
        if self.mccs is None and not self.mccs_excluded:
            return True
        mcc = receipt.mcc
        return (self.mccs is None or mcc in self.mccs) and mcc not in self.mccs_excluded


@dataclass(frozen=True, slots=True)
class Earner:
    """Who earns: the member's tier and the factor that it brings, in basis points.

    The factor multiplies what every rule gives but those of the currencies in `plain` (points that count for a tier).
    """

    tier: str = "base"
    earn_x_bp: int = ONCE_BP
    plain: frozenset[int] = frozenset()

    def factor_bp(self, rule: Rule) -> int:
        """The factor under a rule."""
        return ONCE_BP if rule.currency_id in self.plain else self.earn_x_bp


ANYBODY = Earner()


class Reason(NamedTuple):
    """Why an award was made, as a key and its numbers; `sentence` turns it into words."""

    key: str
    params: Mapping[str, int]


class Award(NamedTuple):
    """Points earned: `units` of the rule's currency (at least one), and how many of them each line brought."""

    rule: Rule
    units: int
    lines: Mapping[int, int]
    reason: Reason


def evaluate(
    receipt: Receipt,
    rules: Iterable[Rule],
    *,
    points_paid: int = 0,
    earner: Earner = ANYBODY,
    vat: Mapping[int, int] = NO_VAT,
) -> list[Award]:
    """The awards of a receipt, in the order of the rules' codes; the order of lines and rules given changes nothing.

    `points_paid` is the part of the total, in minor units of money, that was paid with points and earns nothing;
    ValueError if it is more than the total. `vat`: by line, the rate of the VAT that is taken out of what is left, in
    hundredths of a percent, each line rounded for itself.
    """
    lines = sorted(receipt.lines, key=_NO)
    bases = earning_bases(lines, points_paid)
    if vat:
        bases = [net(base, vat.get(line.no, 0)) for line, base in zip(lines, bases, strict=True)]
    counting = [(line.no, base) for line, base in zip(lines, bases, strict=True) if line.qty_m and base]
    found = (
        _award(rule, counting, earner.factor_bp(rule))
        for rule in sorted(rules, key=lambda rule: rule.code)
        if rule.covers(receipt.occurred_at)
        and rule.takes(receipt)
        and (rule.tiers is None or earner.tier in rule.tiers)
    )
    return [award for award in found if award is not None]


def evaluate_event(
    event_type: str, occurred_at: dt.datetime, rules: Iterable[Rule], *, earner: Earner = ANYBODY
) -> list[Award]:
    """The awards of an event that is no purchase: each rule for its type gives its fixed points, whatever the tier."""
    return [
        Award(rule, rule.points, {}, Reason("event.fixed", {"units": rule.points}))
        for rule in sorted(rules, key=lambda rule: rule.code)
        if rule.event_type == event_type
        and rule.covers(occurred_at)
        and (rule.tiers is None or earner.tier in rule.tiers)
    ]


def earning_bases(lines: Sequence[Line], points_paid: int) -> list[int]:
    """The money on which each line earns: its amount less its share of the points paid. They sum to total - paid."""
    amounts = [line.amount for line in lines]
    if not points_paid:
        return amounts
    if not 0 <= points_paid <= sum(amounts):
        raise ValueError("points cannot pay more than the total")
    shares = largest_remainder(points_paid, amounts)
    return [amount - share for amount, share in zip(amounts, shares, strict=True)]


def _award(rule: Rule, counting: Sequence[tuple[int, int]], factor_bp: int) -> Award | None:
    bases = [base for _, base in counting]
    total = sum(bases)
    units = rule.points * (total // rule.each_minor) * factor_bp // ONCE_BP
    if not units:
        return None
    shares = largest_remainder(units, bases)
    lines = {no: share for (no, _), share in zip(counting, shares, strict=True) if share}
    params = {"units": units, "base_minor": total, "points": rule.points, "each_minor": rule.each_minor}
    if factor_bp == ONCE_BP:
        return Award(rule, units, lines, Reason("base.per_amount", params))
    return Award(rule, units, lines, Reason("base.per_amount_tier", {**params, "factor_bp": factor_bp}))
