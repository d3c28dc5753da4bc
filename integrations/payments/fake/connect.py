"""Connected accounts, transfers to them, and payouts from them to their banks."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from typing import Any

from integrations.payments.fake.book import Book, Object
from integrations.payments.fake.refusing import Refused, integer, missing
from integrations.payments.fake.telling import happened

PAYOUT_AFTER = "payout_after_s"  # a setting: seconds until a payout has arrived; empty: when a test says so
_PENDING, _GONE = "in_transit", ("failed", "canceled")


def create_account(book: Book, form: dict[str, Any]) -> Object:
    """POST /v1/accounts"""
    facts = {name: form.get(name) for name in ("country", "email", "type")}
    facts |= {"charges_enabled": True, "payouts_enabled": True, "details_submitted": True}
    facts |= {"metadata": form.get("metadata") or {}, "default_currency": "eur"}
    return book.make("acct", "account", facts)


def account(book: Book, number: str) -> Object:
    """GET /v1/accounts/:id"""
    found = book.find("account", number)
    if found is None:
        raise missing("account", number)
    return found


def transfer(book: Book, form: dict[str, Any]) -> Object:
    """POST /v1/transfers: from our balance to that of a connected account."""
    destination = str(form.get("destination"))
    if book.find("account", destination) is None:
        raise Refused(f"No such destination: '{destination}'", code="resource_missing", param="destination")
    amount = integer(form, "amount")
    if amount < 1:
        raise Refused("This value must be greater than or equal to 1.", param="amount")
    balance = book.setting("balance")
    if balance and int(balance) < amount:
        raise Refused("You have insufficient available funds in your Stripe account.", code="balance_insufficient")
    if balance:
        book.set(balance=int(balance) - amount)
    facts = {name: form.get(name) for name in ("currency", "description", "transfer_group")}
    facts |= {"amount": amount, "amount_reversed": 0, "destination": destination, "livemode": False}
    facts |= {"metadata": form.get("metadata") or {}, "reversed": False}
    made = book.make("tr", "transfer", facts, parent=destination)
    happened(book, "transfer.created", made)
    return made


def reverse(book: Book, number: str) -> Object:
    """POST /v1/transfers/:id/reversals: all of it comes back."""
    found = book.find("transfer", number)
    if found is None:
        raise missing("transfer", number)
    if found["reversed"] or _available(book, found["destination"]) < found["amount"]:
        raise Refused("The transfer has been reversed, or its money is gone.", code="transfer_not_reversible")
    book.keep({**found, "reversed": True, "amount_reversed": found["amount"]})
    facts = {"amount": found["amount"], "currency": found["currency"], "transfer": number, "metadata": {}}
    made = book.make("trr", "transfer_reversal", facts, parent=number)
    happened(book, "transfer.reversed", {**found, "reversed": True})
    return made


def payout(book: Book, number: str, form: dict[str, Any]) -> Object:
    """POST /v1/payouts for a connected account: from its balance to its bank."""
    found = account(book, number)
    if not found["payouts_enabled"]:
        raise Refused("Payouts are not enabled for this account.", code="payouts_not_allowed")
    amount = integer(form, "amount")
    if amount > _available(book, number):
        raise Refused("You have insufficient funds in your Stripe account.", code="balance_insufficient")
    facts = {name: form.get(name) for name in ("currency", "description")}
    facts |= {"amount": amount, "arrival_date": int(time.time()), "automatic": False, "failure_code": None}
    facts |= {"livemode": False, "metadata": form.get("metadata") or {}, "status": _PENDING, "trace_id": None}
    made = book.make("po", "payout", facts, parent=number)
    happened(book, "payout.created", made, account=number)
    return made


def conclude(book: Book, number: str, status: str, code: str | None = None) -> Object:
    """The bank takes a payout (`paid`), or sends it back (`failed`), sometimes days after it had taken it."""
    found = book.find("payout", number)
    if found is None:
        raise missing("payout", number)
    if found["status"] in _GONE or found["status"] == status:
        return found
    found |= {"status": status, "failure_code": code if status == "failed" else None}
    if status == "paid":
        found["trace_id"] = {"status": "supported", "value": f"TRACE{secrets.token_hex(6).upper()}"}
        found["arrival_date"] = int(dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0).timestamp())
    book.keep(found)
    owner = book.row("SELECT parent FROM object WHERE id = :id", id=number)
    happened(book, f"payout.{status}", found, account=str(owner["parent"]) if owner else None)
    return found


def mature(book: Book) -> None:
    """Let payouts arrive that have been on their way for long enough."""
    after = book.setting(PAYOUT_AFTER)
    if not after:
        return
    with book.deed():
        for one in book.every("payout"):
            if one["status"] == _PENDING and one["created"] + float(after) <= time.time():
                conclude(book, one["id"], "paid")


def _available(book: Book, number: str) -> int:
    came: int = sum(one["amount"] - one["amount_reversed"] for one in book.every("transfer", number))
    went: int = sum(one["amount"] for one in book.every("payout", number) if one["status"] not in _GONE)
    return came - went
