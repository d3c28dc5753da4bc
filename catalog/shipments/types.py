"""The words of a parcel on its way. Pure values; statuses are the canonical ones of `tracking`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.shipments.numbers import hint
from catalog.shipments.vocabularies import OURS


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries parcels, for every program. `tracking_url` holds `{tracking_no}` where its page wants the number.

    `vocabulary` is whose words and signatures its callbacks use; after `quiet_days` without news a parcel is expired;
    `number_forms` are the forms of its numbers, none if we do not know them.
    """

    id: int
    code: str
    name: str
    tracking_url: str | None
    vocabulary: str = OURS
    quiet_days: int = 30
    number_forms: tuple[str, ...] = ()

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
    `pickup_until` is the last moment to come for a parcel that waits at a pick-up point.
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
    pickup_until: dt.datetime | None = None

    @property
    def number_hint(self) -> str:
        """What is odd about the number where the carrier's forms are not known: `check_digit`, or "" for nothing."""
        return "" if self.carrier.number_forms else hint(self.tracking_no)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A parcel that staff should look at, and why, the gravest reason of all.

    `incident` (lost, damaged, failed, going back), `action` (somebody has to act), `silent` (no news for too long),
    `pickup` (soon or no longer to be fetched), `late` (expected before today), `stuck` (in one status for days).
    """

    kind: str
    shipment_id: int
    consignment_id: int
    order_id: int
    supplier_id: int
    carrier: str
    tracking_no: str
    leg: str
    status: str
    incident: str
    since: dt.datetime
    expected_on: dt.date
    pickup_until: dt.datetime | None
