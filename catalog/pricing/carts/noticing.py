"""Telling members that something has become dearer: what they wish for, and what they hold a price of.

A price that is held stays as it is until it is over; the notice says until when. Rises are noted when prices are
computed anew (`rebuild`), of prices for everybody alone: that a personal offer ended is said by the offer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel.db import fetch_all, load_sql

_MOST = 100


@dataclass(frozen=True, slots=True)
class Dearer:
    """A reward whose price for everybody has risen. `held_until` and `quote_id` are given where a quote holds the old
    price, `held_points` a piece; without a quote it stands on the member's wish list."""

    reward_id: int
    from_points: int
    to_points: int
    risen_at: dt.datetime | None
    quote_id: int | None
    held_points: int | None
    held_until: dt.datetime | None


def dearer(program_id: int, member_id: int) -> list[Dearer]:
    """What has become dearer since the member wished for it or had it quoted; prices that are held first."""
    rows = fetch_all(
        load_sql(__file__, "dearer.sql"), {"program_id": program_id, "member_id": member_id, "most": _MOST}
    )
    return [Dearer(*row) for row in rows]
