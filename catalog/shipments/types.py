"""The words of a parcel on its way. Pure values; statuses are the canonical ones of `tracking`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.shipments.vocabularies import OURS


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries parcels, for every program. `tracking_url` holds `{tracking_no}` where its page wants the number.

    `vocabulary` is whose words and signatures its callbacks use; after `quiet_days` without news a parcel is expired.
    """

    id: int
    code: str
    name: str
    tracking_url: str | None
    vocabulary: str = OURS
    quiet_days: int = 30

    def page_of(self, tracking_no: str) -> str | None:
        """The carrier's own page about a parcel."""
        return self.tracking_url.replace("{tracking_no}", tracking_no) if self.tracking_url else None


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One scan as it was told: our status, the carrier's own words, by its clock; the reason if it is an incident."""

    status: str
    occurred_at: dt.datetime
    text: str
    place: str
    incident: str = ""
    action_required: bool = False


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel of a consignment. `leg` is `outbound` or `return`; events are newest first.

    `incident` is why it is held, late or lost, or ""; `action_required`: somebody has to do something about it.
    """

    id: int
    consignment_id: int
    carrier: Carrier
    tracking_no: str
    leg: str
    status: str
    delivered_at: dt.datetime | None
    events: tuple[TrackingEvent, ...]
    incident: str = ""
    action_required: bool = False
