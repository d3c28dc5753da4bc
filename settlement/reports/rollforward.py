"""The roll-forward of deferred revenue: from opening to closing balance, each step for its own reason. Pure.

A pool is all that one issuer has paid at issue for points of one currency (the portfolio of IFRS 15.4). In a period
first the new money comes, at the old expectation; then points are redeemed; then points end; then the expectation
changes. What is earned is at every stage the cumulative of `revenue.recognised`, and a column is the difference of two
stages, so that the columns sum to the change exactly. Redeemed points earn their own price; what else a redemption sets
free is the breakage that is earned in proportion (B46). All amounts are minor units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from coalition.kernel.money import round_half_up
from settlement.reports.revenue import expected_total, recognised


@dataclass(frozen=True, slots=True)
class Pool:
    """What happened to a pool in one period, and what is expected of it at the end.

    `issued` is net of what was clawed back, `redeemed` of what came back or is owed; `returned_minor` is the share of
    expired points' price that goes back to the issuer.
    """

    issued_minor: int
    returned_minor: int
    issued: int
    redeemed: int
    lapsed: int
    expectation: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """A period of a pool, or the sum of many: opening + issued - returned - redeemed - breakage - estimate = closing.

    `redeemed` was earned by redemptions, `breakage` by points that will not be, `estimate` by a changed expectation.
    """

    opening: int = 0
    issued: int = 0
    returned: int = 0
    redeemed: int = 0
    breakage: int = 0
    estimate: int = 0
    closing: int = 0

    @property
    def earned(self) -> int:
        """The revenue of the period."""
        return self.redeemed + self.breakage + self.estimate


@dataclass(frozen=True, slots=True)
class Standing:
    """A pool since its beginning."""

    allocated_minor: int = 0
    issued: int = 0
    redeemed: int = 0
    lapsed: int = 0
    expectation: Decimal = Decimal(1)

    @property
    def expected(self) -> Decimal:
        """How many of its points are expected to be redeemed in all."""
        return expected_total(self.issued, self.expectation, self.redeemed, self.lapsed)

    @property
    def earned_minor(self) -> int:
        """What has been earned of it."""
        return int(recognised(Decimal(self.allocated_minor), self.redeemed, self.expected, 0))


def roll(pools: Iterable[Pool]) -> tuple[list[Step], Standing]:
    """The step of each period of a pool, from its first, and how it stands at the end."""
    standing, steps = Standing(), []
    for pool in pools:
        after = Standing(
            standing.allocated_minor + pool.issued_minor - pool.returned_minor,
            standing.issued + pool.issued,
            standing.redeemed + pool.redeemed,
            standing.lapsed + pool.lapsed,
            pool.expectation,
        )
        steps.append(_step(standing, after, pool))
        standing = after
    return steps, standing


def total(steps: Sequence[Step]) -> Step:
    """Steps of the same period, added up column by column."""
    return Step(**{field.name: sum(getattr(step, field.name) for step in steps) for field in fields(Step)})


def joined(steps: Sequence[Step]) -> Step:
    """Steps that follow each other, as one: the first opening, the last closing, the sums between."""
    whole = total(steps)
    return Step(
        steps[0].opening if steps else 0,
        whole.issued,
        whole.returned,
        whole.redeemed,
        whole.breakage,
        whole.estimate,
        steps[-1].closing if steps else 0,
    )


def _step(before: Standing, after: Standing, pool: Pool) -> Step:
    held = before.expectation if before.issued else after.expectation
    paid = before.allocated_minor + pool.issued_minor
    issued = Standing(paid, after.issued, before.redeemed, before.lapsed, held)
    redeemed = Standing(paid, after.issued, after.redeemed, before.lapsed, held)
    lapsed = Standing(after.allocated_minor, after.issued, after.redeemed, after.lapsed, held)
    by_redemption = redeemed.earned_minor - issued.earned_minor
    own = _at_price(paid, pool.redeemed, after.issued)
    own = min(own, by_redemption) if pool.redeemed >= 0 else max(own, by_redemption)
    return Step(
        opening=before.allocated_minor - before.earned_minor,
        issued=pool.issued_minor,
        returned=pool.returned_minor,
        redeemed=own,
        breakage=by_redemption - own + lapsed.earned_minor - redeemed.earned_minor,
        estimate=after.earned_minor - lapsed.earned_minor + issued.earned_minor - before.earned_minor,
        closing=after.allocated_minor - after.earned_minor,
    )


def _at_price(allocated_minor: int, points: int, of: int) -> int:
    return int(round_half_up(Decimal(allocated_minor) * points / of)) if of else 0
