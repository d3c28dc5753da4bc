"""The estimate finds the truth of populations that were made with known parameters, as often as its band promises."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from settlement.reports import outlook, survival
from settlement.reports.survival import Vintage

D = Decimal
LIFE = 24
HAZARDS = [0.03, 0.10, 0.08, 0.07, 0.06, *(0.045 - 0.0012 * age for age in range(5, LIFE))]


def a_population(seed: int, months: int, *, noise: float = 0.2) -> tuple[list[Vintage], list[int]]:
    """Vintages of `months` months as they are after the last of them, and what each redeems in the end.

    Every vintage has hazards of its own around the known ones; what is left at the age of 24 months expires.
    """
    chance = random.Random(seed)
    vintages, ends = [], []
    for born in range(months):
        issued = chance.randint(800_000, 1_200_000)
        mood = chance.gauss(1, noise / 2)
        left, redeemed, lapsed = issued, [], []
        for age in range(LIFE):
            drawn = min(int(left * max(HAZARDS[age] * mood * chance.gauss(1, noise), 0)), left)
            gone = left - drawn if age == LIFE - 1 else 0
            left -= drawn + gone
            redeemed.append(drawn)
            lapsed.append(gone)
        vintages.append(Vintage(issued, tuple(redeemed), tuple(lapsed)).cut(months - born))
        ends.append(sum(redeemed))
    return vintages, ends


def true_share() -> float:
    left, share = 1.0, 0.0
    for hazard in HAZARDS:
        share += left * hazard
        left *= 1 - hazard
    return share


def test_the_known_parameters_are_recovered() -> None:
    vintages, _ = a_population(7, 36)

    curve = survival.fit(vintages, LIFE)

    for age, known in enumerate(HAZARDS[:12]):
        measured = curve.ages[age]
        assert abs(float(measured.hazard) - known) < 4 * float(measured.error.sqrt()) + 0.004, age
    final = survival.share(curve)[-1]
    assert final.low <= D(true_share()) <= final.high
    assert final.high - final.low < D("0.2")


@pytest.mark.parametrize("months", [12, 18, 36])
def test_the_true_end_lies_within_the_band(months: int) -> None:
    held = tried = 0
    for seed in range(40):
        vintages, ends = a_population(seed, months)
        band = survival.total(survival.fit(vintages, LIFE), vintages)
        held += band.low <= sum(ends) <= band.high
        tried += 1

    assert held / tried >= 0.85


def test_what_has_ended_is_known_exactly() -> None:
    vintages, ends = a_population(3, 36)

    band = survival.ultimate(survival.fit(vintages, LIFE), vintages[0])

    assert band.value == band.low == band.high == ends[0]


def test_without_spread_the_curve_is_the_hazards_and_the_band_is_narrow() -> None:
    vintages, ends = a_population(1, 30, noise=0.0)

    curve = survival.fit(vintages, LIFE)
    band = survival.total(curve, vintages)

    assert abs(float(curve.ages[3].hazard) - HAZARDS[3]) < 1e-4
    assert abs(band.value - sum(ends)) < sum(ends) * D("0.001")


def test_nothing_known_is_nothing_foretold() -> None:
    empty = survival.fit([], LIFE)

    assert survival.total(empty, []) == survival.Band(D(0), D(0), D(0))
    assert survival.share(empty) == []


def test_months_ahead_lie_within_their_band() -> None:
    held = tried = 0
    for seed in range(15):
        vintages, _ = a_population(seed, 42)
        past = [one.cut(max(36 - born, 0)) for born, one in enumerate(vintages[:36])]
        births = [one.issued for one in past]
        for ahead, month in enumerate(outlook.fitted(past, LIFE, births, 6)):
            now = 36 + ahead
            lived = [(one, now - born) for born, one in enumerate(vintages[: now + 1])]
            came = sum(one.redeemed[age] for one, age in lived if age < one.age)
            held += month.redeemed.low <= came <= month.redeemed.high
            tried += 1

    assert held / tried >= 0.85
