"""The types of this floor's events: what has happened, who is told, the schema and an example of `data`."""

from __future__ import annotations

from typing import Any

from coalition.partners.webhooks import EventType, declare
from coalition.partners.webhooks.types import amount, instant, one_of, public_id, record, several, text, whole

_MEMBER = public_id("mbr", "the member")
_PARTS = "first_name, last_name, email, phone, birth_date, locale, identifiers or state"
_MBR, _PUR, _HLD = "mbr_000000000002a", "pur_000000000014k", "hld_00000000000g40000000000q1"
_BON: dict[str, Any] = {"amount": 594, "currency": "BON"}
_AWARD = record(
    promotion=text("the code of the rule or promotion"),
    points=amount("the points given"),
    available_at=instant("from when on they can be spent"),
    expires_at=instant("when they end; null: never", null=True),
)
_TYPES = (
    EventType(
        "points.issued",
        "A purchase or an event has earned points.",
        "the partner that sent the purchase or the event",
        record(
            member_id=_MEMBER,
            purchase_id=public_id("pur", "the purchase; null for an event", null=True),
            event_id=public_id("evt", "the event; null for a purchase", null=True),
            external_id=text("your own number of it"),
            awards=several(_AWARD, "what each rule or promotion gave"),
        ),
        {
            "member_id": _MBR,
            "purchase_id": _PUR,
            "event_id": None,
            "external_id": "R-000123",
            "awards": [
                {
                    "promotion": "base",
                    "points": _BON,
                    "available_at": "2026-11-20T09:30:00+00:00",
                    "expires_at": "2027-12-01T00:00:00+00:00",
                }
            ],
        },
    ),
    EventType(
        "points.redeemed",
        "Points have paid for a purchase, or a till has captured points of a hold.",
        "the partner at whose till they were spent",
        record(
            member_id=_MEMBER,
            purchase_id=public_id("pur", "the purchase; null for a capture by itself", null=True),
            hold_id=public_id("hld", "the hold; null for a purchase", null=True),
            external_id=text("your own number of the purchase or the capture"),
            points=several(amount("points of one currency"), "what was spent, by currency"),
        ),
        {"member_id": _MBR, "purchase_id": _PUR, "hold_id": None, "external_id": "R-000124", "points": [_BON]},
    ),
    EventType(
        "points.expiring",
        "Points will expire within thirty days; told once for each member, currency and instant.",
        "the partner that enrolled the member",
        record(member_id=_MEMBER, points=amount("what is left of them now"), expires_at=instant("when they end")),
        {"member_id": _MBR, "points": _BON, "expires_at": "2026-12-01T00:00:00+00:00"},
    ),
    EventType(
        "points.expired",
        "Points have expired.",
        "the partner that enrolled the member",
        record(member_id=_MEMBER, points=amount("what was left of them"), expired_at=instant("when they ended")),
        {"member_id": _MBR, "points": _BON, "expired_at": "2026-12-01T00:00:00+00:00"},
    ),
    EventType(
        "hold.released",
        "Points that a till had set aside are free again: released by it, or the time of the hold is over.",
        "the partner that made the hold",
        record(
            member_id=_MEMBER,
            hold_id=public_id("hld", "the hold"),
            external_id=text("your own number of the hold"),
            points=amount("what went back"),
            reason=one_of("why", "released", "expired"),
        ),
        {"member_id": _MBR, "hold_id": _HLD, "external_id": "H-17", "points": _BON, "reason": "expired"},
    ),
    EventType(
        "member.enrolled",
        "A member has been enrolled.",
        "the partner that enrolled the member",
        record(
            member_id=_MEMBER,
            external_id=text("your own number of the member"),
            tier=text("the code of its tier"),
            enrolled_at=instant("when"),
        ),
        {
            "member_id": _MBR,
            "external_id": "C-77",
            "tier": "base",
            "enrolled_at": "2026-11-20T09:30:00+00:00",
        },
    ),
    EventType(
        "member.updated",
        "What you read of a member is another now: read it again. Nothing is told of a change that changed nothing.",
        "the partner that enrolled the member; of its profile and state also who may read them by its consent",
        record(
            member_id=_MEMBER,
            external_id=text("your own number of the member; null if another partner enrolled it", null=True),
            fields=several(text(_PARTS), "what is another: fields of the profile, identifiers, state"),
            made_by=one_of("who has changed it", "client", "partner", "person", "system"),
            client_id=text("your own client that has changed it: its own echo; else null", null=True),
        ),
        {
            "member_id": _MBR,
            "external_id": "C-77",
            "fields": ["email", "phone"],
            "made_by": "client",
            "client_id": "client_0123456789abcdef",
        },
    ),
    EventType(
        "tier.changed",
        "A member has risen to another tier, or fallen to it.",
        "the partner that enrolled the member",
        {
            **record(
                member_id=_MEMBER,
                **{"from": text("the code of the tier before")},
                to=text("the code of the tier now"),
                why=text("qualified, subscription, promotion, lapsed, merged"),
                until=instant("when it ends; null: not by itself", null=True),
            )
        },
        {"member_id": _MBR, "from": "base", "to": "gold", "why": "qualified", "until": "2028-01-01T00:00:00+00:00"},
    ),
    EventType(
        "registry.finished",
        "A registry has been read to its end, or cannot be read any further.",
        "the partner that sent the registry",
        record(
            registry_id=public_id("reg", "the registry"),
            state=one_of("how it ended", "finished", "failed"),
            error=text("the code of why it failed", null=True),
            dry_run={"type": "boolean", "description": "true: it was only tried, and nothing is recorded"},
            lines=whole("lines read"),
            accepted=whole("recorded"),
            replayed=whole("recorded before"),
            rejected=whole("refused, see GET /registries/{id}/rejections"),
            suspended=whole("waiting for their member"),
            points_issued=whole("points given, as one number over all currencies; see issued"),
            issued=several(amount("points of one currency"), "points given, by currency"),
        ),
        {
            "registry_id": "reg_0000000000009",
            "state": "finished",
            "error": None,
            "dry_run": False,
            "lines": 1000,
            "accepted": 997,
            "replayed": 1,
            "rejected": 2,
            "suspended": 0,
            "points_issued": 48211,
            "issued": [{"amount": 48211, "currency": "BON"}],
        },
    ),
)


def declare_all() -> None:
    """Add these types to those that partners may choose."""
    declare(*_TYPES)
