"""How members stand at this moment: their tier, what it and a subscription bring, many members at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from coalition.kernel.db import raw
from coalition.members.benefits import Benefits
from coalition.members.tiers import ladder

_STANDING = """
    SELECT m.id, m.program_id, m.tier,
           (SELECT max(g.until) FROM tier_grant g JOIN tier t ON t.id = g.tier_id
             WHERE g.member_id = m.id AND t.code = m.tier),
           CASE WHEN m.perks_until > now() THEN m.perks END,
           coalesce((SELECT array_agg(p.code) FROM subscription s JOIN subscription_plan p ON p.id = s.plan_id
             WHERE s.member_id = m.id AND s.state <> 'lapsed' AND s.ends_at > now()), '{}')
      FROM member m WHERE m.id = ANY(%s)"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's tier (until when, None for base), all its benefits, and the plans it subscribes to (their codes)."""

    tier: str
    tier_until: dt.datetime | None
    benefits: Benefits
    subscriptions: tuple[str, ...]


def standing(member_ids: Iterable[int]) -> dict[int, Standing]:
    """How these members stand, in one statement; unknown ones are left out. A merged member stands as nobody."""
    rows = raw().execute(_STANDING, (list(member_ids),)).fetchall()
    return {
        member_id: Standing(tier, until, ladder(program_id).benefits(tier, perks or {}), tuple(plans))
        for member_id, program_id, tier, until, perks, plans in rows
    }
