"""Vintages as the ledger has them: the points of each month of issue, and what became of them month by month."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from coalition.kernel import clock
from coalition.kernel.db import AnyRow, fetch_all, load_sql
from settlement.reports.selection import Selection
from settlement.reports.survival import Vintage

NEVER = 120  # ages, where points do not end


@dataclass(frozen=True, slots=True)
class Cohort:
    """A vintage with its month of issue; `ages` months of it are over."""

    issued_in: dt.date
    vintage: Vintage


@dataclass(frozen=True, slots=True)
class History:
    """All vintages through `last` (the first day of the last month that counts), and how many ages points can live."""

    last: dt.date
    life: int
    cohorts: tuple[Cohort, ...]

    def cut(self, months: int) -> History:
        """The history as it was known so many months before."""
        last = clock.add_months(self.last, -months)
        kept = [
            Cohort(one.issued_in, one.vintage.cut(max(one.vintage.age - months, 0)))
            for one in self.cohorts
            if one.issued_in <= last
        ]
        return History(last, self.life, tuple(kept))

    def vintages(self) -> list[Vintage]:
        """The vintages alone."""
        return [one.vintage for one in self.cohorts]

    def redeemed_in(self, month: dt.date) -> int:
        """What was redeemed in a month, of all vintages."""
        ages = ((one.vintage, months_between(one.issued_in, month)) for one in self.cohorts)
        return sum(vintage.redeemed[age] for vintage, age in ages if 0 <= age < vintage.age)


def months_between(start: dt.date, end: dt.date) -> int:
    """How many months `end` lies behind `start`."""
    return (end.year - start.year) * 12 + end.month - start.month


def history(chosen: Selection) -> History:
    """The vintages of the chosen currency and issuer through the chosen last month, or the last one that is over."""
    chosen = replace(chosen, until=_last_over(chosen))
    until = clock.start_of_day(clock.add_months(chosen.until, 1), chosen.program.zone)
    rows = fetch_all(
        load_sql(__file__, "cohorts.sql"),
        {
            "program": chosen.program.id,
            "zone": chosen.program.zone,
            "currency": chosen.currency.id,
            "until": until,
            "funder": chosen.entity.id if chosen.entity else None,
        },
    )
    found: dict[dt.date, dict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for row in rows:
        age = max(months_between(row.issued, row.month), 0)
        found[row.issued][row.kind][age] += row.points
    cohorts = tuple(Cohort(issued, _vintage(issued, kinds, chosen.until)) for issued, kinds in sorted(found.items()))
    return History(chosen.until, _life(rows, chosen), cohorts)


def _last_over(chosen: Selection) -> dt.date:
    if clock.end_of_month(chosen.until) <= chosen.on:
        return chosen.until
    month = chosen.on.replace(day=1)
    return month if clock.end_of_month(month) == chosen.on else clock.add_months(month, -1)


def _vintage(issued: dt.date, kinds: dict[str, dict[int, int]], last: dt.date) -> Vintage:
    """Points clawed back were never for a member to spend; of those that had been spent, the redemption goes, too."""
    ages = range(months_between(issued, last) + 1)
    owed, redeemed = sum(kinds["owe"].values()), [kinds["redeem"][age] for age in ages]
    born = sum(kinds["issue"].values()) - sum(kinds["clawback"].values()) - owed
    for age in reversed(ages):
        taken = min(owed, max(redeemed[age], 0))
        redeemed[age] -= taken
        owed -= taken
    return Vintage(max(born, 0), tuple(redeemed), tuple(kinds["expire"][age] for age in ages))


def _life(rows: Sequence[AnyRow], chosen: Selection) -> int:
    """How many ages points can live: from their issue to their last day, which is before the midnight they end at."""
    lives = [1]
    for row in rows:
        if row.kind == "issue" and row.endless:
            return NEVER
        if row.ends_at is not None:
            last = clock.local_date(row.ends_at - dt.timedelta(microseconds=1), chosen.program.zone)
            lives.append(months_between(row.issued, last) + 1)
    return min(max(lives), NEVER)
