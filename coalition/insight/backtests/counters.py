"""The counters of limits in memory: as those in the database count, without anybody else at them.

A limit of a receipt or of its lines is not remembered: nothing was used of it before. One that rolls counts the days of
its window, the receipt's own day the last of them, and what was used later too (`granting.counting` does the same).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from coalition.promotions.engine import Promotion

NO_DAY = dt.date.min
_ROLLING = re.compile(r"/rolling:P(\d+)([DW])")


@dataclass(frozen=True, slots=True)
class Stood:
    """What counters had used before the first receipt: by key, and of rolling ones by key and day of business."""

    used: Mapping[str, int] = field(default_factory=dict)
    by_day: Mapping[str, Mapping[dt.date, int]] = field(default_factory=dict)


UNUSED = Stood()


class Counters(dict[str, int]):
    """What was used, by the counter's name; `day` is the day of the receipt that asks.

    `changed`: what was used since, by counter and day (of one that rolls, else `NO_DAY`), for whoever keeps it; None
    where nobody does.
    """

    __slots__ = ("_by_day", "changed", "day")

    def __init__(
        self, used: Mapping[str, int] | None = None, by_day: Mapping[str, Mapping[dt.date, int]] | None = None
    ) -> None:
        super().__init__(used or {})
        self.day = NO_DAY
        self.changed: dict[tuple[str, dt.date], int] | None = None
        self._by_day: dict[str, dict[dt.date, int]] = {key: dict(on) for key, on in (by_day or {}).items()}

    def use(self, delta: Mapping[str, int]) -> None:
        """Count what one receipt has used."""
        for counter, used in delta.items():
            if "/receipt:" not in counter:
                self[counter] = super().get(counter, 0) + used
                if self.changed is not None:
                    about = (counter, self.day if "/rolling:" in counter else NO_DAY)
                    self.changed[about] = self.changed.get(about, 0) + used


class RollingCounters(Counters):
    """The same, where some limit rolls."""

    __slots__ = ()

    def get(self, counter: str, default: int = 0) -> int:  # type: ignore[override]
        """What was used of a counter, as of the day."""
        on = self._by_day.get(counter)
        if on is None:
            return super().get(counter, default)
        since = self.day - self._window(counter)
        return sum(used for day, used in on.items() if day > since)

    def use(self, delta: Mapping[str, int]) -> None:
        """Count what one receipt has used, rolling counters by its day."""
        super().use(delta)
        for counter, used in delta.items():
            if "/rolling:" in counter and "/receipt:" not in counter:
                on = self._by_day.setdefault(counter, {})
                on[self.day] = on.get(self.day, 0) + used

    def _window(self, counter: str) -> dt.timedelta:
        rolls = _ROLLING.search(counter)
        return dt.timedelta(days=int(rolls[1]) * (7 if rolls[2] == "W" else 1)) if rolls else dt.timedelta()


def counters_for(promotions: Iterable[Promotion], stood: Stood = UNUSED) -> Counters:
    """Counters of the kind that these promotions need, as they `stood`."""
    rolling = any(limit.period.startswith("rolling:") for one in promotions for limit in one.limits)
    return RollingCounters(stood.used, stood.by_day) if rolling else Counters(stood.used)
