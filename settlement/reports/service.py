"""The service element: the fee for running the scheme, earned when it is billed or evenly over the life of the points.

Which of the two is the policy's (`at_once`, `over_life`). Over `n` months a fee earns its share of each month from the
one in which it was billed; cumulatives are rounded half up, so that the months sum to the fee. Sources: IFRS 15 B26,
35; AIR MILES defers service over the life of a point (design/settlement.md).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from coalition.kernel.money import round_half_up
from settlement.accruals import Period
from settlement.reports import billed
from settlement.reports.policies import Policy
from settlement.reports.selection import Selection
from settlement.reports.tables import Column, Row, Table


def earned(fees: Sequence[tuple[dt.date, int]], until: dt.date, life_months: int) -> int:
    """What is earned of fees (first day of their period, minor units) by the end of the month of `until`."""
    return sum(_part(minor, _months(start, until) + 1, life_months) for start, minor in fees)


def roll(fees: Sequence[tuple[dt.date, int]], policy: Policy) -> list[tuple[int, int, int, int]]:
    """Opening, billed, earned and closing deferred fee of each period."""
    found, opening, before = [], 0, 0
    life = policy.life_months if policy.service == "over_life" else 1
    for at, (start, minor) in enumerate(fees):
        by_now = earned(fees[: at + 1], start, life)
        closing = opening + minor - (by_now - before)
        found.append((opening, minor, by_now - before, closing))
        opening, before = closing, by_now
    return found


def table(chosen: Selection, periods: Sequence[Period], policy: Policy) -> Table:
    """The roll-forward of the service fee over the chosen months; of all currencies, as it is billed."""
    fees = [(one.starts_on, billed.service_minor(one, chosen.entity)) for one in periods]
    rows: list[Row] = [
        (period.code, *amounts)
        for period, amounts in zip(periods, roll(fees, policy), strict=True)
        if period.starts_on >= chosen.since
    ]
    money = chosen.program.currency_decimals
    columns = (
        Column("opening", "money", money),
        Column("billed", "money", money, total=True),
        Column("earned", "money", money, total=True),
        Column("closing", "money", money),
    )
    return Table("service", (Column("period"), *columns), rows)


def _months(start: dt.date, until: dt.date) -> int:
    return (until.year - start.year) * 12 + until.month - start.month


def _part(minor: int, months: int, life: int) -> int:
    return int(round_half_up(Decimal(minor) * min(max(months, 0), life) / life))
