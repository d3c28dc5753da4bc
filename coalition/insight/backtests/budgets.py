"""When a budget that members share would have been used up: the first day on which its counter reached its limit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from coalition.promotions.engine import Promotion

SHARED = frozenset({"promotion", "campaign", "partner", "store"})


class Spent(NamedTuple):
    """A budget: its counter's name, its limit, what was used of it, and the day on which it was gone (None: not)."""

    counter: str
    limit: int
    used: int
    gone_on: dt.date | None


def shared(promotions: Iterable[Promotion]) -> bool:
    """Whether some limit is shared by members, so that it matters whose receipt came first."""
    return any(limit.per in SHARED or limit.per == "household" for one in promotions for limit in one.limits)


class Budgets:
    """The counters of shared limits, day by day; others are passed over."""

    __slots__ = ("_gone", "_limits", "_used")

    def __init__(self, promotions: Iterable[Promotion]) -> None:
        self._limits: dict[tuple[str, str, str, str], int] = {}
        for one in promotions:
            for limit in one.limits:
                if limit.per in SHARED and limit.period != "receipt":
                    owner = f"campaign:{one.campaign}" if limit.per == "campaign" else one.id
                    about = (owner, limit.metric, limit.per, limit.period)
                    self._limits[about] = min(limit.value, self._limits.get(about, limit.value))
        self._used: dict[str, tuple[int, int]] = {}
        self._gone: dict[str, dt.date] = {}

    def note(self, delta: Mapping[str, int], used: Mapping[str, int], day: dt.date) -> None:
        """Look at what one receipt has used (`delta`), after which the counters stand at `used`."""
        if not self._limits:
            return
        for counter in delta:
            limit = self._limits.get(_about(counter))
            if limit is not None:
                now = used.get(counter, 0)
                self._used[counter] = (limit, now)
                if now >= limit:
                    self._gone.setdefault(counter, day)

    def spent(self) -> list[Spent]:
        """Every shared counter that was used: those that ran out first, then by name."""
        found = [Spent(counter, *both, self._gone.get(counter)) for counter, both in self._used.items()]
        return sorted(found, key=lambda one: (one.gone_on is None, one.gone_on or dt.date.max, one.counter))


def _about(counter: str) -> tuple[str, str, str, str]:
    """Of `soft/units/store:shop/S1/day:2026-11-18` the promotion, the metric, for whom, and the period."""
    promotion, metric, who, when = parted(counter)
    period, _, rest = when.partition(":")
    return (
        promotion,
        metric,
        who.partition(":")[0],
        f"rolling:{rest.partition(':')[0]}" if period == "rolling" else period,
    )


def parted(counter: str) -> tuple[str, str, str, str]:
    """A counter's name in its parts: promotion or campaign, metric, whose (it may have slashes), when."""
    head, _, when = counter.rpartition("/")
    promotion, metric, who = head.split("/", 2)
    return promotion, metric, who, when
