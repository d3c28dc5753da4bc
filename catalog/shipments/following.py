"""Parcels and what becomes of them: announced by suppliers, scanned by carriers, delivered in the end.

The log of scans only grows, and a parcel's status is computed from the whole of it each time, under the parcel's lock.
Locks: the order first, as everywhere, then its parcels by id.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from catalog import orders
from catalog.shipments import numbers, tracking
from catalog.shipments.carriers import carrier
from catalog.shipments.tracking import OUTBOUND, RETURN, Logged, Scan, standing
from coalition.kernel import ids, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict

# Carriers reuse numbers: a scan belongs to the latest parcel of its number that was announced by then, with some days
# for a supplier that is slower than the carrier, and that is not too old for it.
_AHEAD = dt.timedelta(days=7)
_REUSE = dt.timedelta(days=180)
# A parcel that was lost, damaged or sent back counts no more, unless it has arrived after all: another takes its place.
_GONE = sorted(tracking.TERMINAL - {"delivered"})
_COUNTS = "(s.delivered_at IS NOT NULL OR s.status <> ALL(:gone))"
_LOG = """
    INSERT INTO tracking_event (shipment_id, fingerprint, raw_code, raw_text, place, status, occurred_at, substatus,
                                incident, action_required, first_scan, pickup_code, pickup_until)
    VALUES (:id, :fingerprint, :raw_code, :text, :place, :status, :occurred_at, :substatus, :incident,
            :action_required, :first_scan, :pickup_code, :pickup_until) ON CONFLICT DO NOTHING"""
_STAND = """
    UPDATE shipment SET leg = :leg, status = :status, status_at = :since, delivered_at = :delivered_at,
           substatus = :substatus, incident = :incident, action_required = :action_required,
           seen_at = NULL
     WHERE id = :id AND (leg, status, status_at, delivered_at, substatus, incident, action_required)
           IS DISTINCT FROM (CAST(:leg AS text), CAST(:status AS text), CAST(:since AS timestamptz),
           CAST(:delivered_at AS timestamptz), CAST(:substatus AS text), CAST(:incident AS text),
           CAST(:action_required AS boolean))
    RETURNING tracking_no"""


def register(consignment_id: int, carrier_code: str, tracking_no: str, pieces: Mapping[str, int]) -> int:
    """A parcel of a consignment is on its way, with so many pieces of each of the supplier's articles; its id.

    The same parcel announced again changes nothing; the pieces of one that came to nothing may be sent again. NotFound
    for a carrier that we do not know; Invalid `tracking_number_invalid` for a number that it cannot have given;
    Conflict `not_accepted` for a consignment that its supplier has not accepted, `parcel_mismatch` for more than was
    ordered.
    """
    by, tracking_no = carrier(carrier_code), numbers.plain(tracking_no)
    numbers.check(tracking_no, by.number_forms)
    if orders.locked_state(consignment_id) in orders.UNDECIDED | orders.FAILED:
        raise Conflict("not_accepted", "A parcel was announced of what the supplier has not accepted.")
    key = {"consignment": consignment_id, "carrier": by.id, "tracking_no": tracking_no}
    known = fetch_one(
        "SELECT id FROM shipment WHERE consignment_id = :consignment AND carrier_id = :carrier"
        " AND tracking_no = :tracking_no AND rma_id IS NULL",
        key,
    )
    if known is not None:
        return int(known.id)
    missing = _missing(consignment_id)
    if any(qty > missing.get(sku, 0) for sku, qty in pieces.items()):
        raise Conflict("parcel_mismatch", "The parcel holds what was not ordered, or more than that.")
    row = fetch_one(
        "INSERT INTO shipment (consignment_id, carrier_id, tracking_no) VALUES (:consignment, :carrier, :tracking_no)"
        " RETURNING id",
        key,
    )
    assert row is not None
    for sku, qty in sorted(pieces.items()):
        execute(
            "INSERT INTO shipment_line (shipment_id, supplier_sku, qty) VALUES (:id, :sku, :qty)",
            {"id": row.id, "sku": sku, "qty": qty},
        )
    orders.progress(consignment_id, "partially_shipped" if is_owed(consignment_id) else "shipped")
    return int(row.id)


def register_return(return_id: int, carrier_code: str, tracking_no: str) -> int:
    """The goods of a return are sent back in a parcel, maybe under the number under which they came; its id.

    Said again it changes nothing. NotFound; Invalid `tracking_number_invalid`; Conflict `return_state` for a return
    that may not be sent, or was received already.
    """
    by, tracking_no = carrier(carrier_code), numbers.plain(tracking_no)
    numbers.check(tracking_no, by.number_forms)
    consignment_id = orders.on_its_way(return_id)
    row = fetch_one(
        "INSERT INTO shipment (consignment_id, carrier_id, tracking_no, leg, rma_id)"
        " VALUES (:consignment, :carrier, :tracking_no, 'return', :return_id)"
        " ON CONFLICT ON CONSTRAINT uq_shipment_tracking DO UPDATE SET leg = 'return' RETURNING id",
        {"consignment": consignment_id, "carrier": by.id, "tracking_no": tracking_no, "return_id": return_id},
    )
    assert row is not None
    return int(row.id)


def scan(carrier_code: str, told: Mapping[str, Sequence[Scan]]) -> Set[str]:
    """Add what a carrier says about parcels, by tracking number; the numbers that we do not know (yet)."""
    rows = fetch_all(
        "SELECT s.id, s.consignment_id, s.tracking_no, s.registered_at, s.rma_id FROM shipment s"
        " JOIN carrier c ON c.id = s.carrier_id WHERE c.code = :carrier AND s.tracking_no = ANY(:numbers)"
        " ORDER BY s.registered_at DESC, s.id DESC LIMIT 1000",
        {"carrier": carrier_code, "numbers": [numbers.plain(number) for number in told]},
    )
    unknown: set[str] = set()
    meant: dict[tuple[int, int], list[Scan]] = defaultdict(list)
    for number, scans in told.items():
        parcels = [row for row in rows if row.tracking_no == numbers.plain(number)]
        for at in scans:
            parcel = _meant(parcels, at.occurred_at)
            unknown.update(() if parcel else (number,))
            if parcel:
                meant[parcel.consignment_id, parcel.id].append(at)
    for consignment_id, shipment_id in sorted(meant):
        note(shipment_id, consignment_id, meant[consignment_id, shipment_id])
    return unknown


def _meant(parcels: Sequence[Row[Any]], at: dt.datetime) -> Row[Any] | None:
    """The parcel of a number, of the latest announced first, that a scan of that instant is about."""
    for parcel in parcels:
        ahead = _AHEAD if parcel.rma_id is None else dt.timedelta()  # the way back begins when we are told of it
        if parcel.registered_at - ahead <= at < parcel.registered_at + _REUSE:
            return parcel
    oldest = parcels[-1] if parcels else None
    return oldest if oldest is not None and oldest.rma_id is None and at < oldest.registered_at else None


def note(shipment_id: int, consignment_id: int, scans: Iterable[Scan]) -> None:
    """Add scans to a parcel's log and draw the conclusions; scans that the log already has change nothing."""
    orders.locked_state(consignment_id)
    fetch_one("SELECT id FROM shipment WHERE id = :id FOR NO KEY UPDATE", {"id": shipment_id})
    fresh = sum(_log(shipment_id, at) for at in scans if at.raw_code != tracking.NO_NEWS)
    silent = sum(_log(shipment_id, at) for at in scans if at.raw_code == tracking.NO_NEWS)
    if fresh:
        execute("UPDATE shipment SET heard_at = now() WHERE id = :id", {"id": shipment_id})
    if fresh + silent:
        _conclude(shipment_id, consignment_id)


def _log(shipment_id: int, at: Scan) -> int:
    means = at.meaning()
    return execute(
        _LOG,
        {
            "id": shipment_id,
            "fingerprint": tracking.fingerprint(at),
            "raw_code": at.raw_code,
            "text": at.text,
            "place": at.place,
            "substatus": at.substatus,
            "occurred_at": at.occurred_at,
            "status": means.status,
            "incident": means.incident,
            "action_required": means.action_required,
            "first_scan": means.first_scan,
            "pickup_code": at.pickup_code.encode() if at.pickup_code else None,
            "pickup_until": at.pickup_until,
        },
    )


def _conclude(shipment_id: int, consignment_id: int) -> None:
    log = fetch_all(
        "SELECT status, occurred_at, first_scan, substatus, incident, action_required FROM tracking_event"
        " WHERE shipment_id = :id ORDER BY id LIMIT 10000",
        {"id": shipment_id},
    )
    sent = fetch_one("SELECT rma_id FROM shipment WHERE id = :id", {"id": shipment_id})
    return_id = sent.rma_id if sent else None
    now = standing([Logged(*row) for row in log], OUTBOUND if return_id is None else RETURN)
    changed = fetch_one(_STAND, {"id": shipment_id, **asdict(now)})
    if changed is None:
        return
    payload = {"consignment_id": consignment_id, "tracking_no": changed.tracking_no, "status": now.status}
    outbox.publish("shipment.updated", payload, key=ids.public("shp", shipment_id))
    if return_id is not None:
        orders.parcel_said(return_id, now.status)
    elif now.delivered_at is not None:
        _deliver_if_all_arrived(consignment_id)


def _deliver_if_all_arrived(consignment_id: int) -> None:
    row = fetch_one(
        "SELECT max(delivered_at) AS last, bool_and(delivered_at IS NOT NULL) AS all_arrived"
        f" FROM shipment s WHERE consignment_id = :id AND rma_id IS NULL AND {_COUNTS}",
        {"id": consignment_id, "gone": _GONE},
    )
    if row is not None and row.all_arrived and not is_owed(consignment_id):
        orders.deliver(consignment_id, row.last)


def is_owed(consignment_id: int) -> bool:
    """Whether pieces are in no parcel yet, or in one that came to nothing: the supplier has still to send them."""
    return any(qty > 0 for qty in _missing(consignment_id).values())


def _missing(consignment_id: int) -> dict[str, int]:
    """How many pieces of each article no parcel was announced for, those that came to nothing left out.

    Below zero where a parcel turned up that had been replaced.
    """
    rows = fetch_all(
        "SELECT l.supplier_sku, sum(l.qty)::bigint AS qty FROM shipment_line l JOIN shipment s ON s.id = l.shipment_id"
        f" WHERE s.consignment_id = :id AND {_COUNTS} GROUP BY l.supplier_sku LIMIT 500",
        {"id": consignment_id, "gone": _GONE},
    )
    sent = {row.supplier_sku: row.qty for row in rows}
    return {sku: qty - sent.get(sku, 0) for sku, qty in orders.pieces(consignment_id).items()}
