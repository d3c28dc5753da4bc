"""What one member hands over to another when the two are merged, besides points. The caller holds both members' locks.

Each function says what it moved, for the trail. Where both have what one may have once, the better one stays: the
subscription that runs longer, the family that the survivor sits in already.
"""

from __future__ import annotations

from typing import Any

from coalition.kernel.db import execute, fetch_one
from coalition.members.families import close
from coalition.members.subscribing import Subscription, subscription

_SEAT = """
    SELECT s.family_id, f.head_id FROM family_seat s JOIN family f ON f.id = s.family_id
     WHERE s.member_id = :member AND s.state = 'active'"""


def hand_over(from_id: int, into_id: int) -> dict[str, Any]:
    """Move identifiers, visibility, consents, tier grants, subscription and family seat; what was moved."""
    pair = {"from": from_id, "into": into_id}
    execute(
        "INSERT INTO member_partner (member_id, partner_id, since)"
        " SELECT :into, partner_id, since FROM member_partner WHERE member_id = :from ON CONFLICT DO NOTHING",
        pair,
    )
    execute(
        "INSERT INTO consent (member_id, purpose, granted_at, text_version)"
        " SELECT :into, purpose, granted_at, text_version FROM consent WHERE member_id = :from ORDER BY id"
        " ON CONFLICT DO NOTHING",
        pair,
    )
    identifiers = execute("UPDATE identifier SET member_id = :into WHERE member_id = :from", pair)
    kept = _subscription(from_id, into_id)
    _grants(pair)
    return {"identifiers": identifiers, "subscription": kept.id if kept else None, "family": _family(from_id, into_id)}


def _grants(pair: dict[str, int]) -> None:
    execute(
        "INSERT INTO tier_grant AS g (member_id, tier_id, source, until)"
        " SELECT :into, tier_id, source, until FROM tier_grant WHERE member_id = :from ORDER BY tier_id"
        " ON CONFLICT (member_id, tier_id, source) DO UPDATE SET until = greatest(g.until, excluded.until)",
        pair,
    )
    execute("DELETE FROM tier_grant WHERE member_id = :from", pair)


def _subscription(from_id: int, into_id: int) -> Subscription | None:
    """The subscription that stays: of two that run, the one that runs longer."""
    theirs, own = subscription(from_id), subscription(into_id)
    if theirs is not None and own is not None:
        ending = min(theirs, own, key=lambda one: (one.ends_at, one.id))
        execute("UPDATE subscription SET state = 'lapsed' WHERE id = :id", {"id": ending.id})
    pair = {"from": from_id, "into": into_id}
    execute("UPDATE subscription SET member_id = :into WHERE member_id = :from", pair)
    execute("UPDATE member SET perks = NULL, perks_until = NULL WHERE id IN (:from, :into)", pair)
    execute(
        "UPDATE member m SET perks = nullif(p.benefits, '{}'), perks_until = s.ends_at"
        " FROM subscription s JOIN subscription_plan p ON p.id = s.plan_id"
        " WHERE m.id = :into AND s.member_id = m.id AND s.state <> 'lapsed'",
        pair,
    )
    return subscription(into_id)


def _family(from_id: int, into_id: int) -> str:
    """What became of the seat: none, moved, given up, or closed with the family whose head is no more."""
    theirs, own = fetch_one(_SEAT, {"member": from_id}), fetch_one(_SEAT, {"member": into_id})
    same = theirs is not None and own is not None and theirs.family_id == own.family_id
    pair = {"from": from_id, "into": into_id, "family": theirs.family_id if theirs else None}
    became = "none"
    if theirs is not None and (own is None or same):
        end = " state = 'left', changed_at = now() WHERE state <> 'left' AND family_id = :family AND member_id = "
        execute("UPDATE family_seat SET" + end + (":from" if same else ":into"), pair)
        if not same:
            execute("UPDATE family_seat SET member_id = :into WHERE member_id = :from AND state = 'active'", pair)
        execute("UPDATE family SET head_id = :into WHERE id = :family AND head_id = :from", pair)
        became = "given up" if same else "moved"
    elif theirs is not None:
        became = "given up"
        if theirs.head_id == from_id:
            close(theirs.family_id)
            became = "closed"
    ended = "UPDATE family_seat SET state = 'left', changed_at = now() WHERE member_id = :from AND state <> 'left'"
    execute(ended, pair)
    return became
