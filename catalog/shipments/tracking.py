"""What a carrier's words mean, and where a parcel is, given everything that was ever said about it.

Pure. The status is derived from the whole log and never assigned, so that late, repeated and unordered events cannot
do harm: whatever the order of arrival, the same set of events gives the same status.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

UNKNOWN = "unknown"
# Canonical statuses in the order of a parcel's life; of two events at one instant, the later stage counts.
STAGES = (
    UNKNOWN,
    "pre_transit",
    "picked_up",
    "in_transit",
    "on_hold",
    "delayed",
    "out_for_delivery",
    "available_for_pickup",
    "attempt_failed",
    "returning",
    "cancelled",
    "failed",
    "damaged",
    "lost",
    "returned",
    "delivered",
)
TERMINAL = frozenset({"delivered", "returned", "failed", "lost", "damaged", "cancelled"})
OUTBOUND, RETURN = "outbound", "return"
_OPENS_RETURN = frozenset({"returning", "returned"})
_RANK = {status: rank for rank, status in enumerate(STAGES)}

# Words in use at carriers and aggregators that differ from ours (EasyPost, AfterShip, Shippo, Karrio, schema.org).
_SYNONYMS: Mapping[str, str] = {
    "pending": "pre_transit",
    "inforeceived": "pre_transit",
    "orderprocessing": "pre_transit",
    "accepted": "picked_up",
    "package_accepted": "picked_up",
    "transit": "in_transit",
    "intransit": "in_transit",
    "orderintransit": "in_transit",
    "delivery_delayed": "delayed",
    "outfordelivery": "out_for_delivery",
    "availableforpickup": "available_for_pickup",
    "ready_for_pickup": "available_for_pickup",
    "orderpickupavailable": "available_for_pickup",
    "attemptfail": "attempt_failed",
    "delivery_failed": "attempt_failed",
    "orderdelivered": "delivered",
    "return_to_sender": "returning",
    "orderreturned": "returned",
    "failure": "failed",
    "ordercancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Scan:
    """One thing a carrier says about a parcel; `raw_code` in the carrier's words, `occurred_at` by its clock."""

    raw_code: str
    occurred_at: dt.datetime
    text: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a parcel is: its leg, its canonical status there, and since when. `delivered_at`: first delivery out."""

    leg: str
    status: str
    since: dt.datetime | None
    delivered_at: dt.datetime | None


def canonical(raw_code: str) -> str:
    """Our word for a carrier's; `unknown` for one that we do not know."""
    word = raw_code.strip().lower().replace("-", "_").replace(" ", "_")
    return word if word in _RANK else _SYNONYMS.get(word, UNKNOWN)


def fingerprint(scan: Scan) -> bytes:
    """Equal for the same event told twice, whatever the wording: raw code, instant and place."""
    instant = scan.occurred_at.astimezone(dt.UTC).isoformat()
    return hashlib.sha256("\x1f".join((scan.raw_code, instant, scan.place)).encode()).digest()


def standing(events: Collection[tuple[str, dt.datetime]]) -> Standing:
    """Where a parcel is after these (canonical status, occurred_at) events, in whatever order they came.

    The greatest instant within the current leg counts. The return leg begins with the first event of a return; a
    terminal status is left only by an event that occurred later and opens that leg, or delivers what was given up; what
    is delivered in the return leg came back. An unknown word never counts against a known one.
    """
    known = sorted(((at, _RANK[status], status) for status, at in events if status != UNKNOWN))
    leg, status, since, delivered_at = OUTBOUND, UNKNOWN, None, None
    for at, _, word in known:
        opens = leg == OUTBOUND and word in _OPENS_RETURN
        found = leg == OUTBOUND and word == "delivered" and status != "delivered"
        if status in TERMINAL and not (opens or found):
            continue
        leg, since = (RETURN if opens else leg), at
        status = "returned" if leg == RETURN and word == "delivered" else word
        if leg == OUTBOUND and word == "delivered":
            delivered_at = at
    if since is None and events:
        since = max(at for _, at in events)
    return Standing(leg, status, since, delivered_at)
