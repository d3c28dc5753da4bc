"""What a partner's receipts came to: money, members, points by currency, returns, what was refused. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from coalition.kernel.db import AnyRow, fetch_all, fetch_one, load_sql

By = Literal["day", "month", "outlet"]

_REFUSED = """
    SELECT (SELECT coalesce(sum(rejected), 0)::bigint FROM registry
             WHERE partner_id = :partner AND created_at >= :since AND NOT dry_run) AS lines,
           (SELECT count(*) FROM (SELECT FROM suspense WHERE partner_id = :partner
                                    AND state IN ('waiting', 'refused') LIMIT 1000) w) AS waiting"""


@dataclass(slots=True)
class Sum:
    """What a group of receipts came to. Money in minor units; `issued` and `redeemed` are points by currency.

    `members` are receipts with a member, `buyers` the different members; `redeemed_minor` is what points paid.
    """

    receipts: int = 0
    members: int = 0
    buyers: int = 0
    sold_minor: int = 0
    returns: int = 0
    refund_minor: int = 0
    redeemed_minor: int = 0
    issued: Counter[int] = field(default_factory=Counter)
    redeemed: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Sums:
    """What a stretch of time came to: by its groups, of which empty ones are left out, and as a whole."""

    groups: Mapping[str, Sum]
    whole: Sum


@dataclass(frozen=True, slots=True)
class Refusals:
    """Lines of files that were rejected since an instant, and receipts that wait for their member (1,000 at most)."""

    lines: int
    waiting: int


def sums(partner_id: int, zone: str, since: dt.datetime, until: dt.datetime, by: By) -> Sums:
    """What a partner's receipts from `since` until before `until` came to, and what came back meanwhile.

    Groups are named by the local day of `zone` (2026-11-20), by its month (2026-11) or by the number of the outlet.
    """
    found: defaultdict[str | None, Sum] = defaultdict(Sum)
    params = {"partner": partner_id, "zone": zone, "since": since, "until": until, "by": by}
    for row in fetch_all(load_sql(__file__, "partner_sums.sql"), params):
        _add(found[row.part], row)
    whole = found.pop(None, Sum())
    return Sums({part: one for part, one in found.items() if part is not None}, whole)


def refusals(partner_id: int, since: dt.datetime) -> Refusals:
    """What of a partner's was refused since an instant, and what waits now."""
    row = fetch_one(_REFUSED, {"partner": partner_id, "since": since})
    return Refusals(row.lines, row.waiting) if row else Refusals(0, 0)


def _add(one: Sum, row: AnyRow) -> None:
    if row.kind == "sold":
        one.receipts, one.members, one.buyers, one.sold_minor = row.many, row.members, row.buyers, row.minor
    elif row.kind == "back":
        one.returns, one.refund_minor = row.many, row.minor
    elif row.kind == "issued":
        one.issued[row.currency_id] = row.units
    else:
        one.redeemed[row.currency_id] = row.units
        one.redeemed_minor += row.minor
