"""Referrals: whoever brought a friend is rewarded when the friend has bought for the first time, and not before.

A partner tells of it by an event `referral` of the member who brought somebody: its attribute `friend` is the new
member's id, `min_minor` what the friend must at least pay in money (1, if it does not say). The first such purchase is
the event `referral.completed` of who brought the friend, once. A friend was brought by whoever was told first, and must
not have bought anything before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from coalition import members
from coalition.kernel.db import raw
from coalition.kernel.errors import NotFound
from coalition.purchases.events.befriending import friend_of, least_of
from coalition.purchases.events.event import REFERRAL
from coalition.purchases.events.following import Following

COMPLETED = "referral.completed"
_OPEN = """
    SELECT e.id, e.partner_id, e.member_id, e.occurred_at, e.attributes FROM event e
     WHERE e.type = 'referral' AND e.program_id = %s AND e.id > %s AND e.recorded_at > now() - interval '180 days'
       AND e.attributes ->> 'friend' LIKE 'mbr\\_%%'
       AND NOT EXISTS (SELECT FROM event_chain c WHERE c.root = 'referral:' || e.id)
       AND NOT EXISTS (SELECT FROM event o WHERE o.type = 'referral' AND o.program_id = e.program_id
                                            AND o.attributes ->> 'friend' = e.attributes ->> 'friend' AND o.id < e.id)
     ORDER BY e.id LIMIT %s"""
_FIRST = """
    SELECT x.id, p.occurred_at, p.paid
      FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[]) x(id, friend_id, told_at, least)
     CROSS JOIN LATERAL (
           SELECT id, occurred_at, total_minor - points_paid_minor AS paid FROM purchase
            WHERE member_id = x.friend_id AND occurred_at >= x.told_at AND total_minor - points_paid_minor >= x.least
              AND NOT EXISTS (SELECT FROM purchase_return r WHERE r.purchase_id = purchase.id)
            ORDER BY occurred_at, id LIMIT 1) p
     WHERE NOT EXISTS (SELECT FROM purchase b WHERE b.member_id = x.friend_id AND b.occurred_at < x.told_at)
     ORDER BY x.id"""


class _Open(NamedTuple):
    event_id: int
    partner_id: int
    member_id: int
    told_at: dt.datetime
    attributes: Mapping[str, Any]


def completed(program_id: int, after: int, limit: int) -> tuple[list[Following], int | None]:
    """Referrals of a program whose friends have bought now, of at most `limit` above the event's id `after`.

    And the id from which to go on, None at the end. One that nobody listens to is offered again.
    """
    found = [_Open(*row) for row in raw().execute(_OPEN, (program_id, after, limit))]
    by_id = {one.event_id: one for one in found}
    asked = [asking for one in found if (asking := _asking(one))]
    bought = raw().execute(_FIRST, [list(column) for column in zip(*asked, strict=True)]).fetchall() if asked else []
    news = [_news(by_id[event_id], *first) for event_id, *first in bought]
    return news, found[-1].event_id if len(found) == limit else None


def _asking(one: _Open) -> tuple[int, int, dt.datetime, int] | None:
    """Whose purchases complete it; None for an id of nobody's, kept from when ids were not looked at."""
    try:
        friend = members.survivor(friend_of(one.attributes))
    except NotFound:
        return None
    return one.event_id, friend, one.told_at, least_of(one.attributes)


def _news(one: _Open, bought_at: dt.datetime, paid: int) -> Following:
    """Whichever purchase was the first one when we looked: it follows from the referral, so that it is told once."""
    of, told = (REFERRAL, one.event_id, 0), {"friend": one.attributes["friend"], "amount": paid}
    root = f"{REFERRAL}:{one.event_id}"
    return Following(one.partner_id, one.member_id, COMPLETED, bought_at, root, 1, of, told)
