"""Customers and the invoices that are sent to them: drawn up, finalized, paid on their page, or voided."""

from __future__ import annotations

import secrets
import time
from typing import Any

from integrations.payments.fake.book import Book, Object
from integrations.payments.fake.checkout import DECLINED
from integrations.payments.fake.refusing import Refused, integer, missing
from integrations.payments.fake.telling import happened

PAID_AFTER = "invoice_after_s"  # a setting: seconds until whoever owes pays; empty: when somebody does on the page
_GOOD_CARD = "4242424242424242"
_DAY_S = 86_400


def create_customer(book: Book, form: dict[str, Any]) -> Object:
    """POST /v1/customers"""
    facts = {name: form.get(name) for name in ("email", "name", "description")}
    made = book.make("cus", "customer", {**facts, "livemode": False, "metadata": form.get("metadata") or {}})
    happened(book, "customer.created", made)
    return made


def create(book: Book, form: dict[str, Any]) -> Object:
    """POST /v1/invoices: a draft without lines."""
    customer = book.find("customer", str(form.get("customer")))
    if customer is None:
        raise missing("customer", str(form.get("customer")))
    if form.get("collection_method") == "send_invoice" and not customer["email"]:
        raise Refused("Missing email. In order to create invoices that are sent, the customer must have a valid email.")
    facts = {
        "amount_due": 0,
        "amount_paid": 0,
        "amount_remaining": 0,
        "auto_advance": form.get("auto_advance") == "true",
        "collection_method": form.get("collection_method", "charge_automatically"),
        "currency": form.get("currency", "usd"),
        "customer": customer["id"],
        "description": form.get("description"),
        "due_date": _due(form),
        "hosted_invoice_url": None,
        "livemode": False,
        "metadata": form.get("metadata") or {},
        "number": None,
        "status": "draft",
        "status_transitions": {"finalized_at": None, "paid_at": None, "voided_at": None},
        "total": 0,
        "stand_in": {"page": secrets.token_hex(12), "declined": None, "payment": None},
    }
    made = book.make("in", "invoice", facts, parent=customer["id"])
    happened(book, "invoice.created", made)
    return made


def add_item(book: Book, form: dict[str, Any]) -> Object:
    """POST /v1/invoiceitems: one line of a draft."""
    invoice = found(book, str(form.get("invoice")))
    if invoice["status"] != "draft":
        raise Refused("You can only add items to draft invoices.", code="invoice_not_editable")
    if form.get("currency") != invoice["currency"]:
        raise Refused("The currency of the item is not that of the invoice.", param="currency")
    amount = integer(form, "amount")
    made = book.make(
        "ii",
        "invoiceitem",
        {
            "amount": amount,
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "description": form.get("description"),
            "invoice": invoice["id"],
            "livemode": False,
        },
        parent=invoice["id"],
    )
    total = invoice["total"] + amount
    book.keep({**invoice, "total": total, "amount_due": total, "amount_remaining": total})
    return made


def finalize(book: Book, number: str, root: str) -> Object:
    """POST /v1/invoices/:id/finalize: the draft becomes an invoice with a number and a page."""
    invoice = _in(book, number, "draft")
    if invoice["total"] <= 0:
        raise Refused("Nothing to invoice for customer.", code="invoice_no_customer_line_items")
    last = sum(1 for one in book.every("invoice") if one["number"])
    invoice |= {"status": "open", "number": f"STAND-{last + 1:05}"}
    invoice["status_transitions"]["finalized_at"] = int(time.time())
    invoice["hosted_invoice_url"] = f"{root}/i/{invoice['stand_in']['page']}"
    book.keep(invoice)
    happened(book, "invoice.finalized", invoice)
    return invoice


def send(book: Book, number: str) -> Object:
    """POST /v1/invoices/:id/send: nobody writes letters here."""
    invoice = _in(book, number, "open")
    happened(book, "invoice.sent", invoice)
    return invoice


def void(book: Book, number: str) -> Object:
    """POST /v1/invoices/:id/void"""
    invoice = _in(book, number, "open")
    invoice |= {"status": "void", "amount_remaining": 0}
    invoice["status_transitions"]["voided_at"] = int(time.time())
    book.keep(invoice)
    happened(book, "invoice.voided", invoice)
    return invoice


def on_page(book: Book, page: str) -> Object | None:
    """The invoice behind the address of a page."""
    return next((one for one in book.every("invoice") if one["stand_in"]["page"] == page), None)


def pay(book: Book, invoice: Object, card: str) -> Object:
    """The payer pays the whole invoice, or is declined and it stays open."""
    if invoice["status"] != "open":
        return invoice
    invoice["stand_in"]["declined"] = DECLINED.get(card)
    if card in DECLINED:
        book.keep(invoice)
        happened(book, "invoice.payment_failed", invoice)
        return invoice
    amount = invoice["amount_due"]
    invoice["stand_in"]["payment"] = f"pi_{secrets.token_hex(12)}"
    invoice |= {"status": "paid", "amount_paid": amount, "amount_remaining": 0}
    invoice["status_transitions"]["paid_at"] = int(time.time())
    book.keep(invoice)
    happened(book, "invoice.payment_succeeded", invoice)
    happened(book, "invoice.paid", invoice)
    return invoice


def mature(book: Book) -> None:
    """Let invoices be paid that have been open for long enough."""
    after = book.setting(PAID_AFTER)
    if not after:
        return
    with book.deed():
        for one in book.every("invoice"):
            if one["status"] == "open" and one["created"] + float(after) <= time.time():
                pay(book, one, _GOOD_CARD)


def found(book: Book, number: str) -> Object:
    """GET /v1/invoices/:id"""
    invoice = book.find("invoice", number)
    if invoice is None:
        raise missing("invoice", number)
    return invoice


def payments(invoice: Object) -> Object:
    """What `payments` of an invoice holds where it is expanded."""
    intent = invoice["stand_in"]["payment"]
    inside = {"type": "payment_intent", "payment_intent": intent}
    made = {"id": f"inpay_{intent}", "object": "invoice_payment", "status": "paid", "payment": inside}
    made["amount_paid"] = invoice["amount_paid"]
    return {"object": "list", "data": [made] if intent else [], "has_more": False, "url": "/v1/invoice_payments"}


def _in(book: Book, number: str, status: str) -> Object:
    invoice = found(book, number)
    if invoice["status"] != status:
        raise Refused(f"This invoice is {invoice['status']}; only {status} ones can be used like this.")
    return invoice


def _due(form: dict[str, Any]) -> int | None:
    if form.get("collection_method") != "send_invoice":
        return None
    if "due_date" not in form:
        return int(time.time()) + integer(form, "days_until_due") * _DAY_S
    due = integer(form, "due_date")
    if due <= time.time():
        raise Refused("The due date must be in the future.", code="parameter_invalid_integer", param="due_date")
    return due
