"""How a member climbed and came down: its tier, step by step. The trail is append-only (`tier_change`)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel.db import fetch_all

_MOST = 200


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
