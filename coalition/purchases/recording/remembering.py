"""What members have bought before, where promotions ask for it: `member.purchases` and the features of `stat` nodes.

`member.purchases` counts what was recorded before and not voided; for features see `features`. One statement for a
whole batch, and none where no promotion asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from coalition.kernel.db import raw
from coalition.promotions.granting import Asked
from coalition.purchases.recording.features import columns, features

_PURCHASES, _STATS = "purchases", "stats"
_LAST = 2**62  # before it comes every purchase


class Asker(NamedTuple):
    """Who asks: a member, as of an instant, before the purchase of this number (None: all that there are)."""

    member_id: int
    occurred_at: dt.datetime
    purchase_id: int | None = None


def remembered(wanted: Asked, batch: Sequence[Asker], new: Sequence[int] = ()) -> list[dict[str, Any]]:
    """The facts of each asker's member, in order, by name; empty where nothing is asked.

    `new`: the purchases that this transaction records, of which each counts those before it. Of purchases at the same
    moment one counts the other, because their members are held (`recording.queueing`).
    """
    known = features(wanted.stats)
    if not batch or not remembers(wanted):
        return [{} for _ in batch]
    found, lines, params = columns(known)
    sql = f"""
        SELECT f.* FROM unnest(%(members)s::bigint[], %(instants)s::timestamptz[], %(before)s::bigint[])
                        WITH ORDINALITY w(member_id, occurred_at, before, at)
         CROSS JOIN LATERAL (
               SELECT {", ".join(["count(*)", *found])} FROM purchase p {lines}
                WHERE p.member_id = w.member_id AND (p.id < w.before OR p.id <> ALL(%(new)s::bigint[])) AND NOT EXISTS (
                      SELECT FROM purchase_return r WHERE r.purchase_id = p.id AND r.kind = 'void')) f
         ORDER BY w.at"""
    asked = {
        "members": [one.member_id for one in batch],
        "instants": [one.occurred_at for one in batch],
        "before": [one.purchase_id or _LAST for one in batch],
        "new": list(new),
    }
    rows = raw().execute(sql.encode(), {**asked, **params}).fetchall()
    keys = [one.key for one in known]
    return [{_PURCHASES: row[0], _STATS: dict(zip(keys, row[1:], strict=True))} for row in rows]


def remembers(wanted: Asked) -> bool:
    """Whether promotions ask what members have bought before."""
    return _PURCHASES in wanted.facts or bool(features(wanted.stats))
