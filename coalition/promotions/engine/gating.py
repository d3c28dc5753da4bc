"""Whether a promotion is open to an event: its dates, coupon, audience, condition and uses, in this order."""

from __future__ import annotations

import datetime as dt
import hashlib

from coalition.promotions.engine.facts import Facts, instant, occurred_at
from coalition.promotions.engine.limiting import Counters
from coalition.promotions.engine.terms import Promotion, Rule

_BUCKETS = 10_000


def shut(promotion: Promotion, facts: Facts, counters: Counters) -> str | None:
    """Why a promotion does not apply: `dates`, `coupon`, `audience`, `control`, `condition`, `limit:uses`; or None."""
    at, payload = occurred_at(facts.event), facts.event.get("payload") or {}
    if (promotion.begins and at < promotion.begins) or (promotion.ends and at >= promotion.ends):
        return "dates"
    if promotion.coupon and promotion.coupon not in (payload.get("coupons") or ()):
        return "coupon"
    if not _meant(promotion, facts, at):
        return "audience"
    if (
        promotion.control_bp
        and stable_bucket(_member(facts), promotion.campaign or promotion.id) < promotion.control_bp
    ):
        return "control"
    if not promotion.late and not rules(promotion, facts):
        return "condition"
    return "limit:uses" if counters.exhausted(promotion) else None


def rules(promotion: Promotion, facts: Facts) -> list[Rule]:
    """The rules that apply as things stand: some ask for what is left after the discounts so far."""
    found: list[Rule] | None = facts.applying.get(promotion.id)
    if found is None:
        found = [rule for rule in promotion.rules if rule.when is None or rule.when(facts)]
        found = found[:1] if promotion.first_rule_only else found
        if not promotion.late:
            facts.applying[promotion.id] = found
    return found


def stable_bucket(member: str, campaign: str) -> int:
    """A member's place from 0 up to 9,999 in a campaign: always the same, and another one in another campaign."""
    digest = hashlib.sha256(f"{member}|{campaign}".encode()).digest()
    return int.from_bytes(digest[:8]) % _BUCKETS


def _meant(promotion: Promotion, facts: Facts, at: dt.datetime) -> bool:
    """Whether the member is of the audience and, where that is asked, has had the message (no blind response)."""
    segments = facts.get("member.segments") or frozenset()
    if promotion.segments_any and promotion.segments_any.isdisjoint(segments):
        return False
    if not promotion.segments_none.isdisjoint(segments):
        return False
    asked = promotion.communication
    if not asked:
        return True
    history = (facts.event.get("member") or {}).get("communications") or ()
    wanted = (asked.get("campaign"), asked.get("state", "delivered"))
    days = dt.timedelta(days=asked.get("within_days", 36_500))
    return any(
        (one.get("campaign"), one.get("state")) == wanted and dt.timedelta(0) <= at - instant(one["at"]) <= days
        for one in history
    )


def _member(facts: Facts) -> str:
    return str((facts.event.get("member") or {}).get("id", ""))
