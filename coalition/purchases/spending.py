"""What members spent in some days, and what a promotion gave for it: sums for those who compare groups of members."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from coalition.kernel.db import raw

_SPENT = """
    SELECT member_id, count(*), sum(total_minor - points_paid_minor)::bigint FROM purchase
     WHERE member_id = ANY(%s) AND program_id = %s AND occurred_at >= %s AND occurred_at < %s GROUP BY 1"""
_GIVEN = """
    SELECT a.currency_id, sum(a.units)::bigint FROM purchase p JOIN award a ON a.purchase_id = p.id
     WHERE p.program_id = %s AND p.member_id IS NOT NULL AND p.occurred_at >= %s AND p.occurred_at < %s
       AND a.promotion = %s GROUP BY 1 ORDER BY 1"""


def spent(
    program_id: int, member_ids: Collection[int], since: dt.datetime, until: dt.datetime
) -> dict[int, tuple[int, int]]:
    """By member: how many receipts it had, and what it paid in money (minor units), from `since` on before `until`.

    Members without a receipt are left out; returns are not taken off.
    """
    rows = raw().execute(_SPENT, (list(member_ids), program_id, since, until)).fetchall()
    return {member_id: (receipts, minor) for member_id, receipts, minor in rows}


def given(program_id: int, promotion: str, since: dt.datetime, until: dt.datetime) -> dict[int, int]:
    """The units that a promotion gave for purchases of these days, by currency."""
    return dict(raw().execute(_GIVEN, (program_id, since, until, promotion)).fetchall())
