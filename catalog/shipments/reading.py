"""Reading parcels with their logs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from catalog.shipments.types import Carrier, Shipment, TrackingEvent
from coalition.kernel.db import fetch_all

_MOST = 2000


def of_consignments(consignment_ids: Iterable[int]) -> dict[int, list[Shipment]]:
    """The parcels of each consignment in the order of their announcement, each with its events, newest first."""
    wanted = list(consignment_ids)
    parcels = fetch_all(
        "SELECT s.id, s.consignment_id, s.tracking_no, s.leg, s.status, s.delivered_at, s.incident, s.action_required,"
        " c.id AS carrier_id, c.code, c.name, c.tracking_url, c.vocabulary, c.quiet_days"
        " FROM shipment s JOIN carrier c ON c.id = s.carrier_id"
        " WHERE s.consignment_id = ANY(:ids) ORDER BY s.id LIMIT :most",
        {"ids": wanted, "most": _MOST},
    )
    events = _events([parcel.id for parcel in parcels])
    found: dict[int, list[Shipment]] = {consignment_id: [] for consignment_id in wanted}
    for row in parcels:
        by = Carrier(row.carrier_id, row.code, row.name, row.tracking_url, row.vocabulary, row.quiet_days)
        facts = (row.id, row.consignment_id, by, row.tracking_no, row.leg, row.status, row.delivered_at)
        found[row.consignment_id].append(Shipment(*facts, tuple(events[row.id]), row.incident, row.action_required))
    return found


def _events(shipment_ids: list[int]) -> dict[int, list[TrackingEvent]]:
    rows = fetch_all(
        "SELECT shipment_id, status, occurred_at, raw_text, place, incident, action_required FROM tracking_event"
        " WHERE shipment_id = ANY(:ids) ORDER BY occurred_at DESC, id DESC LIMIT :most",
        {"ids": shipment_ids, "most": _MOST},
    )
    found: dict[int, list[TrackingEvent]] = defaultdict(list)
    for row in rows:
        found[row.shipment_id].append(TrackingEvent(*row[1:]))
    return found
