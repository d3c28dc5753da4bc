"""Whether a promotion is open to an event: dates, lateness, coupon, audience, condition and uses, in this order."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from coalition.promotions.engine.facts import Facts, instant
from coalition.promotions.engine.limiting import Counters
from coalition.promotions.engine.terms import Promotion, Rule

_BUCKETS = 10_000


def shut(promotion: Promotion, facts: Facts, counters: Counters) -> str | None:
    """Why a promotion does not apply: `dates`, `late`, `coupon`, `audience`, `control`, `condition`, `limit:uses`."""
    begins, ends = promotion.begins, promotion.ends
    if (begins and facts.at < begins) or (ends and facts.at >= ends):
        return "dates"
    if not promotion.takes_late and facts.event.get("late") is True:
        return "late"
    if promotion.coupon and promotion.coupon not in (facts.payload.get("coupons") or ()):
        return "coupon"
    if promotion.selects and (why := _not_meant(promotion, facts)):
        return why
    if not promotion.late and not rules(promotion, facts):
        return "condition"
    return "limit:uses" if promotion.uses and counters.exhausted(promotion) else None


def rules(promotion: Promotion, facts: Facts) -> Sequence[Rule]:
    """The rules that apply as things stand: some ask for what is left after the discounts so far."""
    found: Sequence[Rule] | None = facts.applying.get(promotion.id)
    if found is None:
        found = promotion.rules
        if len(found) > 1:
            found = [rule for rule in found if rule.when is None or rule.when(facts)]
            found = found[:1] if promotion.first_rule_only else found
        elif found and found[0].when is not None and not found[0].when(facts):
            found = ()
        if not promotion.late:
            facts.applying[promotion.id] = found
    return found


def stable_bucket(member: str, campaign: str) -> int:
    """A member's place from 0 up to 9,999 in a campaign: always the same, and another one in another campaign."""
    digest = hashlib.sha256(f"{member}|{campaign}".encode()).digest()
    return int.from_bytes(digest[:8]) % _BUCKETS


def _not_meant(promotion: Promotion, facts: Facts) -> str | None:
    found = facts["member.segments"]
    segments = found if isinstance(found, frozenset) else frozenset()
    if promotion.segments_any and promotion.segments_any.isdisjoint(segments):
        return "audience"
    if not promotion.segments_none.isdisjoint(segments) or not _told_before(promotion, facts):
        return "audience"
    member = str(facts.member.get("id", ""))
    held = promotion.control_bp and stable_bucket(member, promotion.campaign or promotion.id) < promotion.control_bp
    return "control" if held else None


def _told_before(promotion: Promotion, facts: Facts) -> bool:
    """Whether the member has had the message, where that is asked: no blind response."""
    asked = promotion.communication
    if not asked:
        return True
    history = facts.member.get("communications") or ()
    wanted = (asked.get("campaign"), asked.get("state", "delivered"))
    days = dt.timedelta(days=asked.get("within_days", 36_500))
    return any(
        (one.get("campaign"), one.get("state")) == wanted and dt.timedelta(0) <= facts.at - instant(one["at"]) <= days
        for one in history
    )
