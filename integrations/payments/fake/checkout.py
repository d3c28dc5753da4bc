"""Checkout Sessions and what the payer does on their page: pay, be declined, let the time run out."""

from __future__ import annotations

import secrets
import time
from typing import Any

from integrations.payments.fake.book import Book, Object
from integrations.payments.fake.refusing import Refused, integer, missing
from integrations.payments.fake.telling import happened

_SOONEST_S, _LATEST_S, _SLACK_S = 30 * 60, 24 * 3600, 60
_CAPTURE_WITHIN_S = 7 * 24 * 3600
_LEAST = 50
DECLINED = {"4000000000000002": "generic_decline", "4000000000009995": "insufficient_funds"}


def create(book: Book, form: dict[str, Any], root: str) -> Object:
    """POST /v1/checkout/sessions"""
    item = (form.get("line_items") or [{}])[0]
    price = item.get("price_data") or {}
    amount = integer(price, "unit_amount") * integer(item, "quantity", 1)
    if amount < _LEAST:
        raise Refused("The Checkout Session's total amount is too small.", code="amount_too_small")
    if form.get("mode") != "payment" or not form.get("success_url"):
        raise Refused("Missing required param: success_url.", code="parameter_missing", param="success_url")
    facts = {name: form.get(name) for name in ("cancel_url", "client_reference_id", "locale", "mode", "success_url")}
    page = secrets.token_hex(12)
    facts |= {
        "amount_total": amount,
        "currency": price.get("currency"),
        "expires_at": _end(form),
        "livemode": False,
        "metadata": form.get("metadata") or {},
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "url": f"{root}/c/pay/{page}",
        "stand_in": _aside(book, form, page, (price.get("product_data") or {}).get("name", "")),
    }
    return book.make("cs_test", "checkout.session", facts)


def expire(book: Book, number: str) -> Object:
    """POST /v1/checkout/sessions/:id/expire"""
    session = current(book, number)
    if session["status"] != "open":
        raise Refused(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a'
            f" status of `{session['status']}`."
        )
    return _over(book, session)


def current(book: Book, number: str) -> Object:
    """The session as it is now: one whose time has run out is over."""
    session = book.find("checkout.session", number)
    if session is None:
        raise missing("checkout.session", number)
    if session["status"] == "open" and session["expires_at"] <= time.time():
        return _over(book, session)
    return session


def on_page(book: Book, page: str) -> Object | None:
    """The session behind the address of a page."""
    for session in book.every("checkout.session"):
        if session["stand_in"]["page"] == page:
            return current(book, session["id"])
    return None


def pay(book: Book, session: Object, card: str) -> Object:
    """The payer confirms with a card: the amount is reserved, or declined and the page stays open."""
    if session["status"] != "open":
        return session
    code = DECLINED.get(card)
    session["stand_in"]["declined"] = code
    if code is not None:
        book.keep(session)
        intent = {"id": None, "object": "payment_intent", "metadata": session["stand_in"]["intent_metadata"]}
        happened(book, "payment_intent.payment_failed", intent)
        return session
    intent = _reserve(book, session, card)
    session |= {"status": "complete", "payment_intent": intent["id"], "url": None}
    book.keep(session)
    happened(book, "payment_intent.amount_capturable_updated", intent)
    happened(book, "checkout.session.completed", session)
    return session


def _reserve(book: Book, session: Object, card: str) -> Object:
    amount, metadata = session["amount_total"], session["stand_in"]["intent_metadata"]
    status = "available" if session["stand_in"]["multicapture"] else "unavailable"
    intent = book.make(
        "pi",
        "payment_intent",
        {
            "amount": amount,
            "amount_capturable": amount,
            "amount_received": 0,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": session["stand_in"]["capture_method"],
            "currency": session["currency"],
            "latest_charge": None,
            "livemode": False,
            "metadata": metadata,
            "status": "requires_capture",
        },
    )
    charge = book.make(
        "ch",
        "charge",
        {
            "amount": amount,
            "amount_captured": 0,
            "amount_refunded": 0,
            "captured": False,
            "currency": session["currency"],
            "livemode": False,
            "metadata": metadata,
            "payment_intent": intent["id"],
            "payment_method_details": {
                "type": "card",
                "card": {
                    "brand": "visa",
                    "last4": card[-4:],
                    "capture_before": int(time.time()) + _CAPTURE_WITHIN_S,
                    "multicapture": {"status": status},
                },
            },
            "refunded": False,
            "status": "succeeded",
        },
        parent=intent["id"],
    )
    return book.keep({**intent, "latest_charge": charge["id"]})


def _over(book: Book, session: Object) -> Object:
    book.keep({**session, "status": "expired", "url": None})
    session |= {"status": "expired", "url": None}
    happened(book, "checkout.session.expired", session)
    return session


def _wants_parts(form: dict[str, Any]) -> bool:
    card = (form.get("payment_method_options") or {}).get("card") or {}
    return card.get("request_multicapture") == "if_available"


def _end(form: dict[str, Any]) -> int:
    """When the session is over. Refused for less than half an hour or more than a day."""
    now = int(time.time())
    expires_at = integer(form, "expires_at", now + _LATEST_S)
    if not now + _SOONEST_S - _SLACK_S <= expires_at <= now + _LATEST_S + _SLACK_S:
        raise Refused(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return expires_at


def _aside(book: Book, form: dict[str, Any], page: str, description: str) -> dict[str, Any]:
    """What the stand-in notes for itself and never shows."""
    intent = form.get("payment_intent_data") or {}
    return {
        "page": page,
        "description": description,
        "capture_method": intent.get("capture_method", "automatic"),
        "intent_metadata": intent.get("metadata") or {},
        "multicapture": _wants_parts(form) and book.setting("multicapture") == "on",
        "declined": None,
    }
