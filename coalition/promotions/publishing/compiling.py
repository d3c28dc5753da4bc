"""Putting a campaign into the documents of its promotions, so that the engine need know nothing of campaigns.

Dates narrow each other; segments, control groups and what must have been read add up; the budget becomes a limit that
all promotions of the campaign share; who pays is the promotion's own sponsor, or else the campaign's. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.promotions.engine.facts import instant
from coalition.promotions.publishing.documents import Document

_LEFT_OUT = ("tests", "notes", "status")


@dataclass(frozen=True, slots=True)
class Campaign:
    """What several promotions have in common. `control_bp`: the part of the members who get nothing, to compare with.

    `communication`: only who has had this message counts, as a promotion's own. `budget`: `{metric, value, on_exceed}`
    for all of them together. `sponsor`: who pays where a promotion does not say so.
    """

    code: str
    name_en: str
    name_ru: str
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    segments_any: tuple[str, ...] = ()
    segments_none: tuple[str, ...] = ()
    control_bp: int = 0
    communication: Mapping[str, Any] | None = None
    budget: Mapping[str, Any] | None = None
    sponsor: Any = None


def compiled(document: Document, campaign: Campaign | None) -> dict[str, Any]:
    """The document as the engine is to run it: its campaign put in, its tests and notes left out."""
    found = {name: value for name, value in document.items() if name not in _LEFT_OUT}
    if campaign is None:
        return found
    found |= _dates(document, campaign)
    found["audience"] = _audience(document.get("audience") or {}, campaign)
    if campaign.segments_any and (document.get("audience") or {}).get("segments_any"):
        asked = {"f": "member.segments", "op": "has_any", "v": list(campaign.segments_any)}
        own = document.get("when")
        found["when"] = asked if own is None else {"all": [asked, own]}
    if campaign.budget:
        shared = {"on_exceed": "clamp", **campaign.budget, "per": "campaign", "period": "campaign"}
        found["limits"] = [*(document.get("limits") or ()), shared]
    if document.get("sponsor") is None and campaign.sponsor is not None:
        found["sponsor"] = campaign.sponsor
    return found


def _dates(document: Document, campaign: Campaign) -> dict[str, str]:
    begins = [one for one in (_instant(document, "from"), campaign.starts_at) if one]
    ends = [one for one in (_instant(document, "to"), campaign.ends_at) if one]
    found = ({"from": max(begins)} if begins else {}) | ({"to": min(ends)} if ends else {})
    return {name: at.astimezone(dt.UTC).isoformat() for name, at in found.items()}


def _audience(own: Mapping[str, Any], campaign: Campaign) -> dict[str, Any]:
    found: dict[str, Any] = {
        **own,
        "segments_any": own.get("segments_any") or list(campaign.segments_any),
        "segments_none": sorted({*(own.get("segments_none") or ()), *campaign.segments_none}),
        "control_bp": max(own.get("control_bp") or 0, campaign.control_bp),
        "communication": own.get("communication") or campaign.communication,
    }
    return {name: value for name, value in found.items() if value}


def _instant(document: Document, name: str) -> dt.datetime | None:
    return None if document.get(name) is None else instant(document[name])
