"""Stock that does not add up: more sold than a supplier has, or counters that have drifted from their reservations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from coalition.kernel.db import execute, fetch_all


@dataclass(frozen=True, slots=True)
class StockIncident:
    """`kind`: `shortfall` (so many pieces were sold that are not there) or `drift` (a counter was wrong by so many)."""

    id: int
    offer_id: int
    supplier_id: int
    sku: str
    title: str
    kind: str
    qty: int
    opened_at: dt.datetime
    closed_at: dt.datetime | None


def stock_incidents(program_id: int, *, open_only: bool = True, limit: int = 100) -> Sequence[StockIncident]:
    """A program's incidents, the latest first."""
    rows = fetch_all(
        "SELECT i.id, i.offer_id, o.supplier_id, o.supplier_sku AS sku, o.title, i.kind, i.qty, i.opened_at,"
        " i.closed_at FROM stock_incident i JOIN supplier_offers o ON o.offer_id = i.offer_id"
        " WHERE o.program_id = :program"
        " AND (NOT :open_only OR i.closed_at IS NULL) ORDER BY i.id DESC LIMIT :limit",
        {"program": program_id, "open_only": open_only, "limit": limit},
    )
    return [StockIncident(**row._mapping) for row in rows]


def open_shortfalls(offer_ids: Sequence[int]) -> None:
    """Open an incident for each of these offers, or bring the one that is open up to date."""
    execute(
        "INSERT INTO stock_incident (offer_id, kind, qty) SELECT offer_id, 'shortfall', oversold_qty FROM stock"
        " WHERE offer_id = ANY(:offers) AND oversold_qty > 0 ORDER BY offer_id"
        " ON CONFLICT (offer_id, kind) WHERE closed_at IS NULL DO UPDATE SET qty = excluded.qty",
        {"offers": list(offer_ids)},
    )


def close_shortfalls() -> int:
    """Close the incidents of offers of which there is enough again."""
    return execute(
        "UPDATE stock_incident i SET closed_at = now() FROM stock s WHERE i.kind = 'shortfall' AND i.closed_at IS NULL"
        " AND s.offer_id = i.offer_id AND s.oversold_qty = 0"
    )


def reconcile_stock() -> int:
    """Set every counter of reserved pieces to the sum of its held reservations; how many were wrong (it must be none).

    Each is an incident that is closed at once: the record stays, so that somebody asks why. Locks what it corrects.
    """
    wrong = (
        "SELECT s.offer_id FROM stock s LEFT JOIN reservation r ON r.offer_id = s.offer_id AND r.state = 'held'"
        " GROUP BY s.offer_id, s.reserved HAVING s.reserved <> coalesce(sum(r.qty), 0) ORDER BY s.offer_id"
    )
    found = [row.offer_id for row in fetch_all(wrong)]
    if not found:
        return 0
    execute("SELECT 1 FROM stock WHERE offer_id = ANY(:offers) ORDER BY offer_id FOR UPDATE", {"offers": found})
    return execute(
        "WITH held AS (SELECT s.offer_id, s.reserved, coalesce(sum(r.qty), 0)::int AS qty FROM stock s"
        "  LEFT JOIN reservation r ON r.offer_id = s.offer_id AND r.state = 'held'"
        "  WHERE s.offer_id = ANY(:offers) GROUP BY s.offer_id, s.reserved),"
        " set_right AS (UPDATE stock s SET reserved = h.qty, on_hand = greatest(s.on_hand, h.qty) FROM held h"
        "  WHERE s.offer_id = h.offer_id AND s.reserved <> h.qty RETURNING s.offer_id)"
        " INSERT INTO stock_incident (offer_id, kind, qty, closed_at) SELECT h.offer_id, 'drift', h.reserved - h.qty,"
        " now() FROM held h JOIN set_right USING (offer_id)",
        {"offers": found},
    )
