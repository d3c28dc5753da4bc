"""Stripe's objects in our words. Pure; what cannot be read raises KeyError, TypeError or ValueError.

A session says whether anybody can still pay; the intent behind it what is reserved and taken; the charge behind that
until when, whether in parts, and what was given back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from catalog.ports import PaymentNews, PaymentState
from settlement.ports import PayoutNews

_ENDED = ("canceled", "succeeded")
_UNDONE = ("failed", "canceled")


def of_session(session: Mapping[str, Any]) -> PaymentState:
    """A Checkout Session with its intent, charge and refunds expanded."""
    intent = session["payment_intent"]
    if session["status"] != "complete" or intent is None:
        return PaymentState(
            ref=session["client_reference_id"],
            session_id=session["id"],
            intent_id=None,
            status="expired" if session["status"] == "expired" else "open",
            amount_minor=session["amount_total"],
            currency=session["currency"].upper(),
        )
    return of_intent(intent, session)


def of_intent(intent: Mapping[str, Any], session: Mapping[str, Any] | None = None) -> PaymentState:
    """A PaymentIntent with its charge and refunds expanded."""
    charge = intent["latest_charge"]
    card = ((charge or {}).get("payment_method_details") or {}).get("card") or {}
    before = card.get("capture_before")
    return PaymentState(
        ref=session["client_reference_id"] if session else intent["metadata"].get("ref", ""),
        session_id=session["id"] if session else None,
        intent_id=intent["id"],
        status=_status(intent),
        amount_minor=intent["amount"],
        currency=intent["currency"].upper(),
        captured_minor=intent["amount_received"],
        refunded_minor=_refunded(charge),
        many_captures=(card.get("multicapture") or {}).get("status") == "available",
        capture_before=dt.datetime.fromtimestamp(before, dt.UTC) if before else None,
    )


def news_in(event: Any) -> PaymentNews:
    """An event: which of our payments it may be about. ValueError if it is no event."""
    if not isinstance(event, dict) or event.get("object") != "event" or not isinstance(event.get("id"), str):
        raise ValueError("not an event")
    about = event["data"]["object"] if isinstance(event.get("data"), dict) else None
    about = about if isinstance(about, dict) else {}
    kind, own = about.get("object"), _text(about.get("id"))
    metadata = about.get("metadata")
    return PaymentNews(
        event_id=event["id"][:255],
        kind=_text(event.get("type")) or "unknown",
        occurred_at=dt.datetime.fromtimestamp(int(event["created"]), dt.UTC),
        ref=_text(about.get("client_reference_id")) or _text((metadata or {}).get("ref")),
        session_id=own if kind == "checkout.session" else None,
        intent_id=own if kind == "payment_intent" else _text(about.get("payment_intent")),
    )


def payout_news_in(event: Any) -> PayoutNews:
    """An event: which of our invoices, transfers or payouts it may be about. ValueError if it is no event."""
    if not isinstance(event, dict) or event.get("object") != "event" or not isinstance(event.get("id"), str):
        raise ValueError("not an event")
    about = event["data"]["object"] if isinstance(event.get("data"), dict) else None
    about = about if isinstance(about, dict) else {}
    metadata = about.get("metadata")
    return PayoutNews(
        event_id=event["id"][:255],
        kind=_text(event.get("type")) or "unknown",
        occurred_at=dt.datetime.fromtimestamp(int(event["created"]), dt.UTC),
        ref=_text((metadata if isinstance(metadata, dict) else {}).get("ref")),
        external_id=_text(about.get("id")),
    )


def _status(intent: Mapping[str, Any]) -> str:
    if intent["status"] == "requires_capture":
        return "authorized"
    if intent["status"] not in _ENDED:
        return "open"
    return "captured" if intent["amount_received"] else "voided"


def _refunded(charge: Mapping[str, Any] | None) -> int:
    """What was given back of what was taken; the release of what was only reserved is no refund."""
    refunds = ((charge or {}).get("refunds") or {}).get("data", ())
    counted = [one for one in refunds if one["status"] not in _UNDONE and one["reason"] != "expired_uncaptured_charge"]
    return sum(one["amount"] for one in counted)


def _text(value: object) -> str | None:
    return value[:255] if isinstance(value, str) and value.isprintable() else None
