"""Where a parcel is, given everything that was ever said about it.

Pure. The status is derived from the whole log and never assigned, so that late, repeated and unordered events cannot
do harm: whatever the order of arrival, the same set of events gives the same status.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from catalog.shipments.vocabularies import OURS, STAGES, UNKNOWN, Meaning, incident, meaning

TERMINAL = frozenset({"delivered", "returned", "failed", "lost", "damaged", "cancelled"})
# A parcel that has not left yet is not moving: the first scan after these is the first scan.
_STILL = frozenset({UNKNOWN, "pre_transit", "cancelled", "expired"})
OUTBOUND, RETURN = "outbound", "return"
NO_NEWS = "no_news"
_OPENS_RETURN = frozenset({"returning", "returned"})
_RANK = {status: rank for rank, status in enumerate(STAGES)}


@dataclass(frozen=True, slots=True)
class Scan:
    """One thing a carrier says about a parcel; `raw_code` in the carrier's words, `occurred_at` by its clock.

    `substatus` is the detail that came with the word, `incident` and `action_required` what the carrier said of them
    itself. `pickup_code` is a secret, sealed; `pickup_until` is the last moment to come for the parcel.
    """

    raw_code: str
    occurred_at: dt.datetime
    text: str = ""
    place: str = ""
    substatus: str = ""
    incident: str = ""
    action_required: bool = False
    vocabulary: str = OURS
    pickup_code: str | None = field(default=None, repr=False)
    pickup_until: dt.datetime | None = None

    def meaning(self) -> Meaning:
        """What it means; what the carrier says itself of an incident or an action is added."""
        if self.raw_code == NO_NEWS:
            return Meaning("expired")
        means = meaning(self.vocabulary, self.raw_code, self.substatus)
        reason = means.incident or incident(self.incident)
        return Meaning(means.status, reason, means.action_required or self.action_required, means.first_scan)


class Logged(NamedTuple):
    """An event of the log as far as a parcel's standing depends on it."""

    status: str
    occurred_at: dt.datetime
    first_scan: bool = False
    substatus: str = ""
    incident: str = ""
    action_required: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a parcel is: its leg, its canonical status there, since when, and why. `delivered_at`: first delivery."""

    leg: str
    status: str
    since: dt.datetime | None
    delivered_at: dt.datetime | None
    substatus: str = ""
    incident: str = ""
    action_required: bool = False


def canonical(raw_code: str) -> str:
    """Our word for a carrier's; `unknown` for one that we do not know."""
    return meaning(OURS, raw_code).status


def fingerprint(scan: Scan) -> bytes:
    """Equal for the same event told twice, whatever the wording: raw code with its detail, instant and place."""
    instant = scan.occurred_at.astimezone(dt.UTC).isoformat()
    told = (scan.raw_code, instant, scan.place, *([scan.substatus] if scan.substatus else []))
    return hashlib.sha256("\x1f".join(told).encode()).digest()


def standing(events: Collection[Logged], leg: str = OUTBOUND) -> Standing:
    """Where a parcel that set out on `leg` is after these events, in whatever order they came.

    The greatest instant within the current leg counts. The return leg begins with the first event of a return; a
    terminal status is left only by an event that occurred later and opens that leg, or delivers what was given up; what
    is delivered in the return leg came back. An unknown word never counts against a known one.
    """
    known = sorted((at for at in with_pick_up(events) if at.status != UNKNOWN), key=_order)
    status, since, delivered_at = UNKNOWN, None, None
    why: tuple[str, str, bool] = ("", "", False)
    for event in known:
        opens = leg == OUTBOUND and event.status in _OPENS_RETURN
        found = leg == OUTBOUND and event.status == "delivered" and status != "delivered"
        if status in TERMINAL and not (opens or found):
            continue
        if leg == OUTBOUND and event.status == "delivered":
            delivered_at = event.occurred_at
        leg = RETURN if opens else leg
        status = "returned" if leg == RETURN and event.status == "delivered" else event.status
        since, why = event.occurred_at, event[3:]
    if since is None and events:
        since = max(event.occurred_at for event in events)
    return Standing(leg, status, since, delivered_at, *why)


def with_pick_up(events: Collection[Logged]) -> list[Logged]:
    """The events, the first scan of all being the pick-up where the carrier's vocabulary has no word for one."""
    moving = [event.occurred_at for event in events if event.status not in _STILL]
    first = min(moving, default=None)
    return [
        event._replace(status="picked_up") if event.first_scan and event.occurred_at == first else event
        for event in events
    ]


def _order(event: Logged) -> tuple[dt.datetime, int, str, str, bool]:
    return event.occurred_at, _RANK[event.status], event.substatus, event.incident, event.action_required
