"""What becomes of a reserved amount: captured at once or in parts, released, refunded."""

from __future__ import annotations

import time
from typing import Any

from integrations.payments.fake.book import Book, Object
from integrations.payments.fake.refusing import Refused, integer, missing
from integrations.payments.fake.telling import happened

_STATE = "payment_intent_unexpected_state"


def capture(book: Book, number: str, form: dict[str, Any]) -> Object:
    """POST /v1/payment_intents/:id/capture"""
    intent, charge = _held(book, number, "captured")
    final = form.get("final_capture", "true") != "false"
    if not final and charge["payment_method_details"]["card"]["multicapture"]["status"] != "available":
        raise Refused("This PaymentIntent does not support multicapture.", param="final_capture")
    amount = integer(form, "amount_to_capture", intent["amount_capturable"])
    if amount < 1:
        raise Refused("This value must be greater than or equal to 1.", param="amount_to_capture")
    if amount > intent["amount_capturable"]:
        raise Refused(
            "The amount to capture is greater than the amount that can be captured.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    charge["amount_captured"] += amount
    intent["amount_received"] += amount
    intent["amount_capturable"] = 0 if final else intent["amount_capturable"] - amount
    over = intent["amount_capturable"] == 0
    charge["captured"] = over
    intent["status"] = "succeeded" if over else "requires_capture"
    book.keep(charge)
    book.keep(intent)
    happened(book, "charge.captured", charge)
    happened(book, "payment_intent.succeeded" if over else "payment_intent.amount_capturable_updated", intent)
    return intent


def cancel(book: Book, number: str, reason: str | None = None) -> Object:
    """POST /v1/payment_intents/:id/cancel: what is still capturable is released."""
    intent, _ = _held(book, number, "canceled")
    taken = intent["amount_received"] > 0
    intent |= {"amount_capturable": 0, "status": "succeeded" if taken else "canceled"}
    if not taken:
        intent |= {"canceled_at": int(time.time()), "cancellation_reason": reason}
    book.keep(intent)
    happened(book, "payment_intent.succeeded" if taken else "payment_intent.canceled", intent)
    return intent


def refund(book: Book, form: dict[str, Any]) -> Object:
    """POST /v1/refunds"""
    intent = book.find("payment_intent", str(form.get("payment_intent")))
    if intent is None:
        raise missing("payment_intent", str(form.get("payment_intent")))
    charge = book.find("charge", intent["latest_charge"])
    assert charge is not None
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = integer(form, "amount", left)
    if left == 0 or not charge["captured"]:
        code = "charge_already_refunded" if charge["amount_captured"] else "charge_not_refundable"
        raise Refused(f"Charge {charge['id']} cannot be refunded.", code=code)
    if not 1 <= amount <= left:
        raise Refused(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    book.keep(charge)
    facts = {"amount": amount, "charge": charge["id"], "currency": charge["currency"], "reason": None}
    facts |= {"metadata": form.get("metadata") or {}, "payment_intent": intent["id"], "status": "succeeded"}
    made = book.make("re", "refund", facts, parent=charge["id"])
    happened(book, "refund.created", made)
    happened(book, "charge.refunded", charge)
    return made


def found(book: Book, number: str) -> Object:
    """GET /v1/payment_intents/:id"""
    intent = book.find("payment_intent", number)
    if intent is None:
        raise missing("payment_intent", number)
    return intent


def _held(book: Book, number: str, wanted: str) -> tuple[Object, Object]:
    intent = found(book, number)
    charge = book.find("charge", intent["latest_charge"])
    if intent["status"] != "requires_capture" or charge is None:
        raise Refused(
            f"This PaymentIntent could not be {wanted} because it has a status of {intent['status']}. Only a"
            " PaymentIntent with the status of requires_capture may be used like this.",
            code=_STATE,
        )
    return intent, charge
