"""What each member gets under the two rulesets: the first of them, and how it is spread over all.

Worth is in millionths of a minor unit. A quantile is the value at its place in the order of all members who bought
(nearest rank: the smallest value that at least the share has or less; Hyndman and Fan, 1996, definition 1).
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

TOP = 20
QUANTILES_BP = (1_000, 2_500, 5_000, 7_500, 9_000, 9_900, 10_000)


class Top(NamedTuple):
    """One of the members who get most under the draft."""

    member_id: int
    active: int
    draft: int


class People:
    """Members and what they get."""

    __slots__ = ("_by",)

    def __init__(self) -> None:
        self._by: dict[int, list[int]] = {}

    def add(self, member_id: int, active: int, draft: int) -> None:
        """Count what one receipt brought a member."""
        both = self._by.get(member_id)
        if both is None:
            self._by[member_id] = [active, draft]
        else:
            both[0] += active
            both[1] += draft

    def __len__(self) -> int:
        return len(self._by)

    def touched(self) -> int:
        """How many get another worth under the draft."""
        return sum(active != draft for active, draft in self._by.values())

    def top(self) -> list[Top]:
        """Who would get most more; members with the same, by their number."""
        gaining = ((draft - active, -member_id, active, draft) for member_id, (active, draft) in self._by.items())
        first = heapq.nlargest(TOP, (one for one in gaining if one[0] > 0))
        return [Top(-negative, active, draft) for _, negative, active, draft in first]

    def quantiles(self) -> dict[int, int]:
        """The gain of a member at each share of all members (in ten-thousandths)."""
        gains = sorted(draft - active for active, draft in self._by.values())
        return {share: gains[max(-(-len(gains) * share // 10_000) - 1, 0)] for share in QUANTILES_BP} if gains else {}
