"""What a partner's days came to: receipts, points by currency, returns, and what was refused. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from coalition.kernel.db import fetch_all, fetch_one, load_sql

_REFUSED = """
    SELECT (SELECT coalesce(sum(rejected), 0)::bigint FROM registry
             WHERE partner_id = :partner AND created_at >= :since AND NOT dry_run) AS lines,
           (SELECT count(*) FROM (SELECT FROM suspense WHERE partner_id = :partner
                                    AND state IN ('waiting', 'refused') LIMIT 1000) w) AS waiting"""


@dataclass(slots=True)
class DaySum:
    """What a day (or several) came to. Money in minor units; `issued` and `redeemed` are points by currency."""

    receipts: int = 0
    members: int = 0
    sold_minor: int = 0
    returns: int = 0
    refund_minor: int = 0
    issued: Counter[int] = field(default_factory=Counter)
    redeemed: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Lines of files that were rejected since an instant, and receipts that wait for their member (1,000 at most)."""

    lines: int
    waiting: int


def days(partner_id: int, zone: str, since: dt.datetime) -> dict[dt.date, DaySum]:
    """What a partner's days since an instant came to, by the local day of `zone`; empty days are left out."""
    found: dict[dt.date, DaySum] = {}
    params = {"partner": partner_id, "zone": zone, "since": since}
    for row in fetch_all(load_sql(__file__, "partner_days.sql"), params):
        day = found.setdefault(row.day, DaySum())
        if row.kind == "sold":
            day.receipts, day.members, day.sold_minor = row.many, row.members, row.units
        elif row.kind == "back":
            day.returns, day.refund_minor = row.many, row.units
        else:
            points = day.issued if row.kind == "issued" else day.redeemed
            points[row.currency_id] += row.units
    return found


def together(found: Mapping[dt.date, DaySum]) -> DaySum:
    """What these days came to together."""
    whole = DaySum()
    for day in found.values():
        whole.receipts += day.receipts
        whole.members += day.members
        whole.sold_minor += day.sold_minor
        whole.returns += day.returns
        whole.refund_minor += day.refund_minor
        whole.issued.update(day.issued)
        whole.redeemed.update(day.redeemed)
    return whole


def refusals(partner_id: int, since: dt.datetime) -> Refusals:
    """What of a partner's was refused since an instant, and what waits now."""
    row = fetch_one(_REFUSED, {"partner": partner_id, "since": since})
    return Refusals(row.lines, row.waiting) if row else Refusals(0, 0)
