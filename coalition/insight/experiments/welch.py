"""The difference of two means with its confidence interval, for groups that may differ in size and spread. Pure.

Sources: B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
involved", Biometrika 34 (1947); degrees of freedom by F. E. Satterthwaite, Biometrics Bulletin 2 (1946). The quantile
of Student's t follows from the normal one by the expansion 26.7.5 of Abramowitz and Stegun, "Handbook of Mathematical
Functions" (1964); from 29 degrees of freedom on it is right to five digits. Sums are integers and their means exact;
only the root and the quantile are rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist

LEAST = 30
CONFIDENCE = Decimal("0.95")
POWER = Decimal("0.80")


@dataclass(frozen=True, slots=True)
class Sample:
    """A group: how many, the sum of what was measured of each, and the sum of its squares."""

    count: int = 0
    total: int = 0
    squares: int = 0

    def plus(self, value: int) -> Sample:
        """The group with one more."""
        return Sample(self.count + 1, self.total + value, self.squares + value * value)

    @property
    def mean(self) -> Fraction:
        """What was measured on average; ZeroDivisionError for nobody."""
        return Fraction(self.total, self.count)

    @property
    def variance(self) -> Fraction:
        """The unbiased estimate of the variance (at least two are needed)."""
        return (self.squares - Fraction(self.total**2, self.count)) / (self.count - 1)


@dataclass(frozen=True, slots=True)
class Uplift:
    """What the treated have on average more than the control group: between `low` and `high` with that confidence.

    `detectable` is the least true difference that groups like these would have shown with the power 0.80.
    """

    difference: Decimal
    low: Decimal
    high: Decimal
    degrees: Decimal
    detectable: Decimal

    @property
    def proven(self) -> bool:
        """Whether the interval leaves out that there is no difference."""
        return not self.low <= 0 <= self.high


def uplift(treated: Sample, control: Sample, confidence: Decimal = CONFIDENCE) -> Uplift | None:
    """The uplift; None where a group has fewer than thirty members, or nobody differs from anybody."""
    if min(treated.count, control.count) < LEAST:
        return None
    first, second = (group.variance / group.count for group in (treated, control))
    if not first + second:
        return None
    degrees = (first + second) ** 2 / (first**2 / (treated.count - 1) + second**2 / (control.count - 1))
    error = _decimal(first + second).sqrt()
    difference = _decimal(treated.mean - control.mean)
    margin = student(1 - (1 - confidence) / 2, degrees) * error
    seen = normal(1 - (1 - confidence) / 2) + normal(POWER)
    return Uplift(difference, difference - margin, difference + margin, _decimal(degrees), seen * error)


def student(probability: Decimal, degrees: Fraction) -> Decimal:
    """The quantile of Student's t."""
    x, n = normal(probability), _decimal(degrees)
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92_160,
    )
    return x + sum(term / n**power for power, term in enumerate(terms, start=1))


def normal(probability: Decimal) -> Decimal:
    """The quantile of the normal distribution."""
    return Decimal(repr(NormalDist().inv_cdf(float(probability))))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
