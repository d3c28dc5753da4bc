"""The months ahead: how many points will be redeemed in each, from the vintages that are there and those to come. Pure.

Each vintage goes on as the curve says; every coming month issues what the months before have issued on average. The
band joins three doubts: about the curve, about what will be issued, and how far whole months have strayed from what the
curve would have said of them (seasons, sales, one good reward), measured on the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from settlement.reports import survival
from settlement.reports.survival import ONE, SURE, ZERO, Band, Curve, Vintage

LOOKED_BACK = 12


@dataclass(frozen=True, slots=True)
class Month:
    """A month ahead, in points: what is issued, redeemed (with its band) and lapses, and what is there at its end."""

    issued: Decimal
    redeemed: Band
    lapsed: Decimal
    outstanding: Decimal


@dataclass(frozen=True, slots=True)
class Pace:
    """What a month issues, the squared error of that, and how far months stray from the curve (as a share, squared)."""

    issued: Decimal
    error: Decimal
    stray: Decimal


def pace(vintages: Sequence[Vintage], curve: Curve, births: Sequence[int]) -> Pace:
    """The pace of the last months: `births` are the issues of every month, the last one last; `vintages` are in step
    with them, the last one having lived through one age."""
    recent = [Decimal(one) for one in births[-LOOKED_BACK:]] or [ZERO]
    mean = sum(recent, ZERO) / len(recent)
    spread = sum(((one - mean) ** 2 for one in recent), ZERO) / max(len(recent) - 1, 1)
    gaps = weights = ZERO
    for back in range(1, min(LOOKED_BACK, len(vintages)) + 1):
        ages = [(one, one.age - back) for one in vintages if one.age >= back]
        told = sum((one.at_risk(age) * curve.at(age).hazard for one, age in ages), ZERO)
        gaps += (sum(one.redeemed[age] for one, age in ages) - told) ** 2
        weights += told**2
    stray = gaps / weights if weights else ZERO
    return Pace(mean, spread + spread / len(recent), stray)


def ahead(curve: Curve, vintages: Sequence[Vintage], at: Pace, months: int) -> list[Month]:
    """The months after the last one of the vintages."""
    living = [(one.age, Decimal(one.at_risk(one.age)), ZERO) for one in vintages]
    found = []
    for _ in range(months):
        living.append((0, at.issued, at.error))
        month, living = _month(curve, living, at)
        found.append(month)
    return found


Living = list[tuple[int, Decimal, Decimal]]


def _month(curve: Curve, living: Living, at: Pace) -> tuple[Month, Living]:
    """One month: every vintage at its age, with the squared error of how many points it has."""
    redeemed = lapsed = doubt = ZERO
    by_age: dict[int, Decimal] = {}
    after: Living = []
    for age, there, error in living:
        now = curve.at(age)
        redeemed += there * now.hazard
        lapsed += there * now.lapse if age + 1 < len(curve.ages) else there * (ONE - now.hazard)
        doubt += error * now.hazard**2
        by_age[age] = by_age.get(age, ZERO) + there
        stays = ONE - now.hazard - now.lapse if age + 1 < len(curve.ages) else ZERO
        after.append((age + 1, there * stays, error * stays**2))
    doubt += survival.doubt(curve, by_age)
    half = SURE * (doubt + redeemed**2 * at.stray).sqrt()
    band = Band(redeemed, max(redeemed - half, ZERO), redeemed + half)
    return Month(at.issued, band, lapsed, sum((there for _, there, _ in after), ZERO)), after


def fitted(vintages: Sequence[Vintage], life: int, births: Sequence[int], months: int) -> list[Month]:
    """The months ahead of a history, in one go."""
    curve = survival.fit(vintages, life)
    return ahead(curve, vintages, pace(vintages, curve, births), months)
