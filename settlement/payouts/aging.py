"""Aging: what is owed in both directions at the end of a day, by how long it had been due."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition import programs
from coalition.kernel.db import fetch_all, load_sql

BUCKETS = ("not_due", "to_30", "to_60", "to_90", "older")


@dataclass(frozen=True, slots=True)
class Aged:
    """What one entity owes us (`in`) or is owed (`out`), in minor units, by days past due: not due yet, 0 to 30, 31 to
    60, 61 to 90, more. `overpaid` is what was paid too much, and is in no bucket."""

    legal_entity_id: int
    currency: str
    direction: str
    not_due: int
    to_30: int
    to_60: int
    to_90: int
    older: int
    overpaid: int

    @property
    def total(self) -> int:
        """All that is owed."""
        return sum(getattr(self, bucket) for bucket in BUCKETS)


def aging(program_id: int, on: dt.date) -> list[Aged]:
    """What was owed at the end of a day of the program's zone, by currency, direction and entity."""
    params = {"program": program_id, "on": on, "zone": programs.get(program_id).zone}
    return [Aged(**row._mapping) for row in fetch_all(load_sql(__file__, "aging.sql"), params)]


def overdue(program_id: int, on: dt.date) -> dict[tuple[str, str], int]:
    """What has not moved of payments that were due before a day: minor units by currency and direction."""
    rows = fetch_all(
        "SELECT p.currency, p.direction, sum(p.amount_minor - p.paid_minor)::bigint AS owed_minor"
        "  FROM payout_payment p JOIN payout_run r ON r.id = p.run_id"
        " WHERE r.program_id = :program AND p.due_on < :on AND p.paid_minor < p.amount_minor"
        "   AND p.state IN ('committed', 'accepted', 'partly_paid', 'rejected') GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1000",
        {"program": program_id, "on": on},
    )
    return {(row.currency, row.direction): int(row.owed_minor) for row in rows}
