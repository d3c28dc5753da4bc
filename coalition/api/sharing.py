"""Counting by shares: a process takes a thousandth of a rate at once and gives it out, in place of asking each time.

Asking Valkey took a sixth of an online purchase. What a process has taken and not given out when the window ends is
lost to it, or given out in the next one: either way at most a thousandth of the rate for each process. Of a rate below
2,000 each request is counted by itself.
"""

from __future__ import annotations

import time
from threading import Lock

from limits import RateLimitItem
from limits.strategies import STRATEGIES, FixedWindowRateLimiter

NAME = "shared-out"
_SHARES = 1_000
_REMEMBERED_MAX = 10_000


class SharedOut(FixedWindowRateLimiter):
    """A fixed window of which each process takes shares."""

    def __init__(self, storage: object) -> None:
        super().__init__(storage)  # type: ignore[arg-type]
        self._lock = Lock()
        self._left: dict[str, tuple[int, float]] = {}  # how much of a share is left, and when nobody knows it any more

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Whether `cost` is still within the rate; it is counted."""
        key = item.key_for(*identifiers)
        share = max(cost, item.amount // _SHARES)
        if share > cost and self._given_out(key, cost):
            return True
        before = self.storage.incr(key, item.get_expiry(), amount=share) - share
        left = min(share, item.amount - before) - cost
        if left > 0:
            self._keep(key, left, time.monotonic() + item.get_expiry())
        return left >= 0

    def covered(self, item: RateLimitItem, *identifiers: str) -> bool:
        """Whether one request is within a share that was taken before; then it is counted."""
        return self._given_out(item.key_for(*identifiers), 1)

    def _given_out(self, key: str, cost: int) -> bool:
        with self._lock:
            left, ends = self._standing(key)
            if left < cost:
                return False
            self._left[key] = (left - cost, ends)
            return True

    def _keep(self, key: str, left: int, ends: float) -> None:
        with self._lock:
            if len(self._left) >= _REMEMBERED_MAX:
                self._left.clear()
            self._left[key] = (left + self._standing(key)[0], ends)  # two requests may have taken one at once

    def _standing(self, key: str) -> tuple[int, float]:
        left, ends = self._left.get(key, (0, 0.0))
        return (left, ends) if time.monotonic() < ends else (0, 0.0)


STRATEGIES[NAME] = SharedOut
