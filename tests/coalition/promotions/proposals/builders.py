"""Proposals to answer: what a partner would like, in days that are still to come."""

from __future__ import annotations

import datetime as dt
from typing import Any

from coalition.promotions.proposals import Wanted


def a_wish(**more: Any) -> Wanted:
    """Double points on coffee for a January far ahead, without a budget, unless it says otherwise."""
    days = {"begins_on": dt.date(2099, 1, 1), "ends_on": dt.date(2099, 1, 31)}
    return Wanted(**{"name": "Coffee weeks", "words": "Double points on coffee", **days, **more})
