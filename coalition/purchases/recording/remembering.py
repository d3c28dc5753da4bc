"""What members have bought before, where promotions ask for it: `member.purchases` and the features of `stat` nodes.

`member.purchases` counts what was recorded before and not voided. Features are `spend` (money paid, in minor units) and
`purchases`, over the last days (`P30D`, up to the instant of the purchase) or a life. One statement for a whole batch,
and none where no promotion asks.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from coalition.kernel.db import raw
from coalition.promotions.granting import Asked

_STAT = re.compile(r"(spend|purchases)/(?:P(\d{1,4})D|life)")
_ABOUT = {"spend": "coalesce(sum(p.total_minor - p.points_paid_minor){}, 0)::bigint", "purchases": "count(*){}"}
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
    keys = _features(wanted)
    if not batch or not remembers(wanted):
        return [{} for _ in batch]
    columns = ["count(*)", *(_column(key) for key in keys)]
    sql = f"""
        SELECT f.* FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[])
                        WITH ORDINALITY w(member_id, occurred_at, before, at)
         CROSS JOIN LATERAL (
               SELECT {", ".join(columns)} FROM purchase p
                WHERE p.member_id = w.member_id AND (p.id < w.before OR p.id <> ALL(%s::bigint[])) AND NOT EXISTS (
                      SELECT FROM purchase_return r WHERE r.purchase_id = p.id AND r.kind = 'void')) f
         ORDER BY w.at"""
    asked = [(one.member_id, one.occurred_at, one.purchase_id or _LAST) for one in batch]
    rows = raw().execute(sql.encode(), (*map(list, zip(*asked, strict=True)), list(new))).fetchall()
    return [{_PURCHASES: row[0], _STATS: dict(zip(keys, row[1:], strict=True))} for row in rows]


def remembers(wanted: Asked) -> bool:
    """Whether promotions ask what members have bought before."""
    return _PURCHASES in wanted.facts or bool(_features(wanted))


def _features(wanted: Asked) -> list[str]:
    return sorted(key for key in wanted.stats if _STAT.fullmatch(key))


def _column(key: str) -> str:
    """A feature as SQL; its number of days is a number, and nothing else of the key is written."""
    found = _STAT.fullmatch(key)
    assert found is not None
    days = found[2]
    within = f" FILTER (WHERE p.occurred_at > w.occurred_at - interval '{int(days)} days')" if days else ""
    return _ABOUT[found[1]].format(within)
