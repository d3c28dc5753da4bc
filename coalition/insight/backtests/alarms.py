"""The alarm of arbitrage: receipts for which the reward is worth more than the margin, or than what was paid at all.

Whoever buys for the reward alone finds such receipts first. Everything that a receipt brings its member counts: the
base rules, the promotions, and what discounts take off. The margin is an assumption of who asks, in ten-thousandths of
the money paid before those discounts.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from coalition.insight.backtests.seen import E6

WORST = 20
_BP = 10_000


class Alarm(NamedTuple):
    """A receipt that gives more than it brings: `paid` is money in minor units, `reward` millionths of one."""

    purchase_id: int
    member_id: int
    paid: int
    reward: int


class Alarms:
    """How many receipts there are of each kind, and the worst of them."""

    __slots__ = ("_worst", "above_margin", "above_spend", "margin_bp")

    def __init__(self, margin_bp: int) -> None:
        self.margin_bp = margin_bp
        self.above_margin = self.above_spend = 0
        self._worst: list[tuple[int, int, Alarm]] = []

    def add(self, alarm: Alarm) -> None:
        """Look at a receipt."""
        if alarm.reward * _BP <= alarm.paid * self.margin_bp * E6:
            return
        self.above_margin += 1
        self.above_spend += alarm.reward > alarm.paid * E6
        self._keep(alarm)

    def worst(self) -> list[Alarm]:
        """The receipts that exceed what they bring by most."""
        return [alarm for *_, alarm in sorted(self._worst, reverse=True)]

    def _keep(self, alarm: Alarm) -> None:
        over = alarm.reward * _BP - alarm.paid * self.margin_bp * E6
        entry = (over, -alarm.purchase_id, alarm)
        if len(self._worst) < WORST:
            heapq.heappush(self._worst, entry)
        else:
            heapq.heappushpop(self._worst, entry)
