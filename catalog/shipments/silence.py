"""Parcels of which nothing is heard any more: after the carrier's days of patience they are `expired`.

Silence is an event like any other, at the instant of the last news: whatever turns out to have happened later ends it.
"""

from __future__ import annotations

import datetime as dt

from catalog.shipments.following import note
from catalog.shipments.tracking import NO_NEWS, Scan
from coalition.kernel.db import fetch_all, fetch_one, load_sql

# A scan may be a week older than the announcement of its parcel: silence from the start begins before that.
_BEFORE = dt.timedelta(days=8)


def silent(limit: int) -> list[int]:
    """Parcels on their way of which nothing was heard for longer than their carriers' patience, at most `limit`."""
    return [row.id for row in fetch_all(load_sql(__file__, "silent.sql"), {"limit": limit})]


def fall_silent(shipment_id: int) -> None:
    """Note that nothing has been heard of a parcel since its last news; nothing, if that is not so any more."""
    row = fetch_one(
        "SELECT s.consignment_id, s.registered_at, (SELECT max(t.occurred_at) FROM tracking_event t"
        " WHERE t.shipment_id = s.id AND t.status <> 'unknown') AS last FROM shipment s"
        " JOIN carrier c ON c.id = s.carrier_id"
        " WHERE s.id = :id AND s.heard_at < now() - make_interval(days => c.quiet_days)",
        {"id": shipment_id},
    )
    if row is not None:
        since = row.last or row.registered_at - _BEFORE
        note(shipment_id, row.consignment_id, [Scan(NO_NEWS, since)])
