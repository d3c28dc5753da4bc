"""What staff should look at: parcels that are late, stuck, silent, in trouble, or about to miss their addressee."""

from __future__ import annotations

from catalog.shipments.types import Alarm
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, load_sql
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

KINDS = ("incident", "action", "silent", "pickup", "late", "stuck")
_SEEN = """
    UPDATE shipment s SET seen_at = now() FROM consignment n JOIN customer_order o ON o.id = n.order_id
     WHERE s.id = :id AND n.id = s.consignment_id AND o.program_id = :program_id"""


def alarms(
    program_id: int, *, kind: str | None = None, stuck_days: int = 5, cursor: str | None = None, limit: int = 50
) -> Page[Alarm]:
    """Parcels in need of attention, the oldest first; one that was dismissed comes back when its status changes.

    Raises Invalid for a foreign cursor.
    """
    position = decode_cursor(cursor, int)
    params = {"program_id": program_id, "kind": kind, "stuck_days": stuck_days, "after": position[0] if position else 0}
    rows = fetch_all(load_sql(__file__, "alarms.sql"), {**params, "limit": limit + 1})
    found = [Alarm(**row._mapping) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].shipment_id) if len(rows) > limit else None)


def dismiss(program_id: int, shipment_id: int, note: str) -> None:
    """Somebody has looked at this parcel and noted what comes of it. Raises NotFound."""
    if not execute(_SEEN, {"id": shipment_id, "program_id": program_id}):
        raise NotFound()
    audit.record("shipment.dismiss", f"shipment:{shipment_id}", note=note)
