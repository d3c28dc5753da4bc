"""How much of a month's points is redeemed in the end, and how sure that is: redemption by age over vintages. Pure.

A vintage is the points issued in one month, its age 0 that month. Of the points still there at an age, a part is
redeemed (the hazard) and a part lapses; both are pooled over the vintages that have lived through that age, as Kaplan
and Meier do with lives that are cut off by today. A unit still there at age k will be redeemed with
    value(k) = hazard(k) + (1 - hazard(k) - lapse(k)) * value(k + 1)
Members act alike and a vintage keeps its mood, so errors are measured between vintages, never from the count of points
(Mack, ASTIN 1993), and by vintage as a whole (the cluster-robust variance of Liang and Zeger, 1986): with reach(k) what
a hazard is worth, the error of the curve is the sum over vintages of (sum over k of reach(k) * pull(k))^2, where a pull
is the vintage's own share in the error of the hazard. A vintage strays from the curve as vintages have strayed before.
What lies beyond the oldest age seen is extrapolated from its last three ages and trusted by half. All Decimals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO, ONE = Decimal(0), Decimal(1)
SURE = Decimal("1.96")  # a band holds the truth in 95 of 100 cases
_LAST = 3
_DOUBT = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Vintage:
    """Points issued in one month (less what was clawed back), and what was redeemed and lapsed of them at each age
    that they have lived through in full."""

    issued: int
    redeemed: tuple[int, ...]
    lapsed: tuple[int, ...]

    @property
    def age(self) -> int:
        """How many ages it has lived through."""
        return len(self.redeemed)

    def at_risk(self, age: int) -> int:
        """How many points were still there when it came to an age."""
        return max(self.issued - sum(self.redeemed[:age]) - sum(self.lapsed[:age]), 0)

    def cut(self, ages: int) -> Vintage:
        """The vintage as it was when it had lived through fewer ages."""
        return Vintage(self.issued, self.redeemed[:ages], self.lapsed[:ages])


@dataclass(frozen=True, slots=True)
class Age:
    """What vintages show of one age: the parts of the points at risk that are redeemed and that lapse, the spread of
    the first between vintages (per point) and the squared error of its mean."""

    hazard: Decimal
    lapse: Decimal
    spread: Decimal
    error: Decimal
    at_risk: int = 0
    redeemed: int = 0
    vintages: int = 0

    @property
    def measured(self) -> bool:
        """Whether any vintage has had points at this age."""
        return self.vintages > 0


@dataclass(frozen=True, slots=True)
class Band:
    """An estimate, and the bounds that hold the truth in 95 of 100 cases."""

    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """Redemption by age through the last age at which points can be there; `seen` ages are measured.

    `pulls` are those of each vintage by age; `mood` is the squared part by which a vintage strays from the curve.
    """

    ages: tuple[Age, ...]
    seen: int
    pulls: tuple[tuple[Decimal, ...], ...] = ()
    mood: Decimal = ZERO

    def at(self, age: int) -> Age:
        """What happens at an age; nothing beyond the last."""
        return self.ages[age] if age < len(self.ages) else Age(ZERO, ZERO, ZERO, ZERO)


def fit(vintages: Sequence[Vintage], life: int) -> Curve:
    """The curve that vintages show; `life` is how many ages points can live at the most."""
    seen = min(max((one.age for one in vintages), default=0), life)
    ages: list[Age] = []
    for k in range(life if vintages else 0):
        there = [one for one in vintages if one.age > k and one.at_risk(k) > 0]
        ages.append(_age(there, k, ages) if there else _beyond(ages))
    return Curve(tuple(ages), seen, tuple(_pulls(one, ages) for one in vintages), _mood(vintages, ages))


def ultimate(curve: Curve, vintage: Vintage) -> Band:
    """How many of a vintage's points are redeemed in the end."""
    return total(curve, [vintage])


def total(curve: Curve, vintages: Sequence[Vintage], ages: int | None = None) -> Band:
    """How many points of several vintages are redeemed in the end, or within `ages` more; an error of the curve is one
    and the same for all of them. The band stays within what is possible."""
    so_far = sum((Decimal(sum(one.redeemed)) for one in vintages), ZERO)
    left = sum((Decimal(one.at_risk(one.age)) for one in vintages), ZERO)
    expected, strayed = ZERO, ZERO
    reach: dict[int, Decimal] = defaultdict(Decimal)
    for one in vintages:
        end = len(curve.ages) if ages is None else min(one.age + ages, len(curve.ages))
        there, own, coming = Decimal(one.at_risk(one.age)), ZERO, ZERO
        values = _values(curve, one.age, end)
        for k in range(one.age, end):
            at, worth = curve.ages[k], ONE - values[k + 1 - one.age]
            own += worth**2 * there * at.spread
            reach[k] += worth * there
            coming += there * at.hazard
            there *= ONE - at.hazard - at.lapse
        expected += coming
        strayed += max(own, coming**2 * curve.mood)
    variance = strayed + doubt(curve, reach)
    half = SURE * variance.sqrt()
    value = so_far + expected
    return Band(value, max(value - half, so_far), min(value + half, so_far + left))


def share(curve: Curve) -> list[Band]:
    """The part of a fresh vintage that is redeemed by the end of each age, with the error of the curve."""
    found = []
    there = [ONE]
    for at in curve.ages:
        there.append(there[-1] * (ONE - at.hazard - at.lapse))
    for end in range(1, len(curve.ages) + 1):
        values = _values(curve, 0, end)
        reach = {k: there[k] * (ONE - values[k + 1]) for k in range(end)}
        half = SURE * doubt(curve, reach).sqrt()
        found.append(Band(values[0], max(values[0] - half, ZERO), min(values[0] + half, ONE)))
    return found


def doubt(curve: Curve, reach: Mapping[int, Decimal]) -> Decimal:
    """The variance that the error of the curve gives to a sum of `reach` times hazard; ages that one vintage alone has
    lived through err by themselves, extrapolated ones all together."""
    pulled = (sum((amount * pull[k] for k, amount in reach.items() if k < len(pull)), ZERO) for pull in curve.pulls)
    known = [(amount, curve.at(k)) for k, amount in reach.items()]
    alone = [(amount, at) for amount, at in known if at.vintages == 1]
    beyond = sum((amount * at.error.sqrt() for amount, at in known if not at.measured), ZERO)
    measured = sum((one**2 for one in pulled), ZERO) + sum((amount**2 * at.error for amount, at in alone), ZERO)
    return measured + beyond**2


def _pulls(vintage: Vintage, ages: Sequence[Age]) -> tuple[Decimal, ...]:
    """How far a vintage pulls each hazard, with the correction for few vintages."""
    found = []
    for k in range(min(vintage.age, len(ages))):
        at = ages[k]
        if at.vintages < 2:
            found.append(ZERO)
            continue
        gap = (vintage.redeemed[k] - vintage.at_risk(k) * at.hazard) / at.at_risk
        found.append(gap * (Decimal(at.vintages) / (at.vintages - 1)).sqrt())
    return tuple(found)


def _mood(vintages: Sequence[Vintage], ages: Sequence[Age]) -> Decimal:
    """The squared part by which vintages have strayed from what the curve says of them, weighed by what it says."""
    told = [
        (one, sum((one.at_risk(k) * ages[k].hazard for k in range(min(one.age, len(ages)))), ZERO)) for one in vintages
    ]
    told = [(one, amount) for one, amount in told if amount > 0]
    if len(told) < 2:
        return ZERO
    gaps = (amount * (sum(one.redeemed) / amount - ONE) ** 2 for one, amount in told)
    weight = sum((amount for _, amount in told), ZERO)
    return sum(gaps, ZERO) / weight * len(told) / (len(told) - 1)


def _values(curve: Curve, age: int, end: int) -> list[Decimal]:
    """`value` of every age from `age` through `end`, in one pass; a unit that is still there at the end is worth 0."""
    found = [ZERO]
    for k in reversed(range(age, end)):
        at = curve.ages[k]
        found.append(at.hazard + (ONE - at.hazard - at.lapse) * found[-1])
    return found[::-1]


def _beyond(before: Sequence[Age]) -> Age:
    """An age at which no vintage has had a point: the last three measured ones go on, and are trusted by half."""
    last = [one for one in before if one.measured][-_LAST:]
    if not last:
        return Age(ZERO, ZERO, ZERO, ZERO)
    hazard = _mean([one.hazard for one in last])
    lapse = min(_mean([one.lapse for one in last]), ONE - hazard)
    return Age(hazard, lapse, last[-1].spread, (_DOUBT * hazard) ** 2)


def _age(vintages: Sequence[Vintage], k: int, before: Sequence[Age]) -> Age:
    at_risk = sum(one.at_risk(k) for one in vintages)
    redeemed = sum(one.redeemed[k] for one in vintages)
    hazard = min(max(Decimal(redeemed) / at_risk, ZERO), ONE)
    lapse = min(max(Decimal(sum(one.lapsed[k] for one in vintages)) / at_risk, ZERO), ONE - hazard)
    spread = hazard * (ONE - hazard)
    if len(vintages) > 1:
        gaps = (one.at_risk(k) * (Decimal(one.redeemed[k]) / one.at_risk(k) - hazard) ** 2 for one in vintages)
        spread = max(spread, sum(gaps, ZERO) / (len(vintages) - 1))
    elif before:
        spread = max(spread, before[-1].spread)
    return Age(hazard, lapse, spread, spread / at_risk, at_risk, redeemed, len(vintages))


def _mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, ZERO) / len(values)
