"""Reading parcels with their logs."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.shipments.tracking import Logged, with_pick_up
from catalog.shipments.types import Carrier, Shipment, TrackingEvent
from coalition.kernel import sealing
from coalition.kernel.db import fetch_all, fetch_one

_MOST = 2000
_PICKUP = """
    LEFT JOIN LATERAL (SELECT t.pickup_code, t.pickup_until FROM tracking_event t WHERE t.shipment_id = s.id
          AND (t.pickup_code IS NOT NULL OR t.pickup_until IS NOT NULL)
        ORDER BY t.occurred_at DESC, t.id DESC LIMIT 1) p ON s.status = 'available_for_pickup'"""
_PARCELS = f"""
    SELECT s.id, s.consignment_id, s.tracking_no, s.leg, s.status, s.delivered_at, s.incident, s.action_required,
           c.id AS carrier_id, c.code, c.name, c.tracking_url, c.vocabulary, c.quiet_days, c.number_forms,
           p.pickup_until
      FROM shipment s JOIN carrier c ON c.id = s.carrier_id {_PICKUP}
     WHERE s.consignment_id = ANY(:ids) ORDER BY s.id LIMIT :most"""


def of_consignments(consignment_ids: Iterable[int]) -> dict[int, list[Shipment]]:
    """The parcels of each consignment in the order of their announcement, each with its events, newest first."""
    wanted = list(consignment_ids)
    parcels = fetch_all(_PARCELS, {"ids": wanted, "most": _MOST})
    events = _events([parcel.id for parcel in parcels])
    found: dict[int, list[Shipment]] = {consignment_id: [] for consignment_id in wanted}
    for row in parcels:
        names = (row.carrier_id, row.code, row.name, row.tracking_url)
        by = Carrier(*names, row.vocabulary, row.quiet_days, tuple(row.number_forms))
        facts = (row.id, row.consignment_id, by, row.tracking_no, row.leg, row.status, row.delivered_at)
        why = (row.incident, row.action_required, row.pickup_until)
        found[row.consignment_id].append(Shipment(*facts, tuple(events[row.id]), *why))
    return found


def pickup_code(consignment_id: int, shipment_id: int) -> str | None:
    """The code of the locker in which a parcel waits, for its addressee's eyes alone; None while it does not wait."""
    row = fetch_one(
        f"SELECT p.pickup_code FROM shipment s {_PICKUP} WHERE s.id = :id AND s.consignment_id = :consignment_id",
        {"id": shipment_id, "consignment_id": consignment_id},
    )
    return sealing.unseal(row.pickup_code) if row is not None and row.pickup_code is not None else None


def _events(shipment_ids: list[int]) -> dict[int, list[TrackingEvent]]:
    rows = fetch_all(
        "SELECT shipment_id, status, occurred_at, first_scan, incident, action_required, raw_text, place"
        " FROM tracking_event WHERE shipment_id = ANY(:ids) ORDER BY occurred_at DESC, id DESC LIMIT :most",
        {"ids": shipment_ids, "most": _MOST},
    )
    found: dict[int, list[TrackingEvent]] = {shipment_id: [] for shipment_id in shipment_ids}
    for shipment_id, told in found.items():
        own = [row for row in rows if row.shipment_id == shipment_id]
        statuses = with_pick_up([Logged(row.status, row.occurred_at, row.first_scan) for row in own])
        for row, at in zip(own, statuses, strict=True):
            said = (row.raw_text, row.place, row.incident, row.action_required)
            told.append(TrackingEvent(at.status, row.occurred_at, *said))
    return found
