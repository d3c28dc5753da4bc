"""The words of a parcel on its way. Pure values; statuses are the canonical ones of `tracking`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries parcels, for every program. `tracking_url` holds `{tracking_no}` where its page wants the number."""

    id: int
    code: str
    name: str
    tracking_url: str | None

    def page_of(self, tracking_no: str) -> str | None:
        """The carrier's own page about a parcel."""
        return self.tracking_url.replace("{tracking_no}", tracking_no) if self.tracking_url else None


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One scan as it was told: our status, the carrier's own words, by its clock."""

    status: str
    occurred_at: dt.datetime
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel of a consignment. `leg` is `outbound` or `return`; events are newest first."""

    id: int
    consignment_id: int
    carrier: Carrier
    tracking_no: str
    leg: str
    status: str
    delivered_at: dt.datetime | None
    events: tuple[TrackingEvent, ...]
