"""How a member climbed and came down: its tier, step by step. The trail is append-only (`tier_change`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from coalition.kernel.db import fetch_all, raw

_MOST = 200
_TIERS_AT = """
    SELECT coalesce((SELECT c.from_tier FROM tier_change c
                      WHERE c.member_id = m.id AND c.changed_at > x.at ORDER BY c.id LIMIT 1), m.tier)
      FROM unnest(%s::bigint[], %s::timestamptz[]) WITH ORDINALITY x(member_id, at, place)
      JOIN member m ON m.id = x.member_id ORDER BY x.place"""


@dataclass(frozen=True, slots=True)
class TierStep:
    """A change of tier, by codes (`base` below all): why (qualified, subscription, lapsed, merged), and until when."""

    from_tier: str
    to_tier: str
    until: dt.datetime | None
    why: str
    changed_at: dt.datetime


def tier_history(member_id: int) -> list[TierStep]:
    """A member's changes of tier, the latest first; at most 200."""
    rows = fetch_all(
        "SELECT from_tier, to_tier, until, why, changed_at FROM tier_change WHERE member_id = :member"
        " ORDER BY id DESC LIMIT :most",
        {"member": member_id, "most": _MOST},
    )
    return [TierStep(**row._mapping) for row in rows]


def tiers_at(moments: Sequence[tuple[int, dt.datetime]]) -> list[str]:
    """The tier that each of these members had at an instant, by code, in one statement and in order."""
    columns = [list(column) for column in zip(*moments, strict=True)]
    return [tier for (tier,) in raw().execute(_TIERS_AT.encode(), columns)] if columns else []
