"""Stripe for settlement: invoices to those who owe, transfers to connected accounts and payouts from there to a bank.

Both are several calls. Each begins with what Stripe already has under our reference, so that a request that was cut off
anywhere is taken up there and never begun twice, however long ago it was; and each call has an idempotency key of its
own, derived from that of the request, against two that run at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import httpx
import stripe

from catalog import ports as catalog
from coalition.kernel import clock
from coalition.kernel.config import PaymentAccess
from integrations.payments.asking import TIMEOUT, answer, client, verified
from integrations.payments.reading import payout_news_in
from settlement.ports import (
    Absent,
    Accepted,
    AccountKind,
    CollectRequest,
    Look,
    Outcome,
    PayoutNews,
    PayRequest,
    Rejected,
    Request,
    Retryable,
    Settled,
    Unknown,
)

_MOST = 100
_VOID, _SENT_BACK = "void", ("failed", "canceled")
_LEAST_TIME = dt.timedelta(hours=1)


class StripePayouts:
    """Speaks to one Stripe account, and through it to the accounts that are connected."""

    name = "stripe"
    kind: AccountKind = "stripe"

    def __init__(self, access: PaymentAccess, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._secret = access.payout_webhook_secret or access.webhook_secret
        self._v1 = client(access, timeout).v1

    def collect(self, request: CollectRequest) -> Outcome:
        """Draw up, finalize and send an invoice of one line; what is there already of it is gone on with."""
        if request.party.account is None:
            return Rejected("no_account")
        return _ended(answer(lambda: self._invoice(request)))

    def pay(self, request: PayRequest) -> Outcome:
        """Transfer to the connected account, then pay out from there; what is done already is not done again."""
        return _ended(answer(lambda: self._transfer(request)))

    def look(self, request: Request, external_id: str | None) -> Look:
        """What Stripe has under our reference."""
        if isinstance(request, CollectRequest):
            if request.party.account is None:
                return Absent()
            return _looked(answer(lambda: of_invoice(self._find_invoice(request), request)))
        return _looked(answer(lambda: self._of_transfer(request)))

    def cancel(self, request: Request, external_id: str, key: str) -> Outcome:
        """Void an open invoice. A transfer cannot be called back: what it has come to is the answer."""
        if not isinstance(request, CollectRequest):
            found = self.look(request, external_id)
            return Rejected("cancelled") if isinstance(found, Absent) else found
        done = answer(lambda: self._v1.invoices.void_invoice(external_id, None, {"idempotency_key": key}).id)
        if isinstance(done, str):
            return Rejected("cancelled")
        found = self.look(request, external_id)
        return Rejected("cancelled") if isinstance(found, Absent) else found

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PayoutNews | None:
        """What an event says that bears our endpoint's signature."""
        try:
            return payout_news_in(verified(headers, body, self._secret))
        except (ValueError, RecursionError, OverflowError, KeyError, TypeError):
            return None

    def _invoice(self, request: CollectRequest) -> Accepted | Settled | Rejected | Absent:
        key, invoices = request.idempotency_key, self._v1.invoices
        found = self._find_invoice(request)
        if found is None or found["status"] == _VOID:
            due = dt.datetime.combine(request.due_on, dt.time(23, 59), dt.UTC)
            params: Any = {
                "customer": self._customer(request),
                "collection_method": "send_invoice",
                "due_date": int(max(due, clock.now() + _LEAST_TIME).timestamp()),
                "auto_advance": False,
                "currency": request.currency.lower(),
                "description": request.description,
                "pending_invoice_items_behavior": "exclude",
                "metadata": {"ref": request.ref},
            }
            found = invoices.create(params, {"idempotency_key": f"{key}:invoice"}).to_dict()
        if found["status"] == "draft" and not found["total"]:
            line: Any = {
                "customer": found["customer"],
                "invoice": found["id"],
                "amount": request.amount_minor,
                "currency": request.currency.lower(),
                "description": request.description,
            }
            self._v1.invoice_items.create(line, {"idempotency_key": f"{key}:item"})
        if found["status"] == "draft":
            options: Any = {"idempotency_key": f"{key}:finalize"}
            found = invoices.finalize_invoice(found["id"], {"auto_advance": False}, options).to_dict()
            found = invoices.send_invoice(found["id"], None, {"idempotency_key": f"{key}:send"}).to_dict()
        return of_invoice(found, request)

    def _find_invoice(self, request: CollectRequest) -> dict[str, Any] | None:
        """The latest invoice of our reference that was not voided. Lists are read, for searches are late by minutes."""
        found = []
        for customer in self._find_customers(request):
            params: Any = {"customer": customer, "limit": _MOST, "expand": ["data.payments"]}
            every = [one.to_dict() for one in self._v1.invoices.list(params).auto_paging_iter()]
            found += [one for one in every if _noted(one, "ref") == request.ref]
        living = [one for one in found if one["status"] != _VOID]
        return next(iter(living or found), None)

    def _customer(self, request: CollectRequest) -> str:
        known = self._find_customers(request)
        if known:
            return known[0]
        account = request.party.account
        assert account is not None
        params: Any = {"email": account.email, "name": request.party.name, "metadata": {"entity": request.party.ref}}
        options: Any = {"idempotency_key": f"{request.idempotency_key}:customer"}
        return self._v1.customers.create(params, options).id

    def _find_customers(self, request: CollectRequest) -> list[str]:
        """Our customers for this entity and address: one, or several if two invoices were the first ones at once."""
        assert request.party.account is not None
        params: Any = {"email": request.party.account.email, "limit": _MOST}
        every = [one.to_dict() for one in self._v1.customers.list(params).auto_paging_iter()]
        return [one["id"] for one in every if _noted(one, "entity") == request.party.ref]

    def _transfer(self, request: PayRequest) -> Accepted | Settled | Rejected | Absent:
        found = self._find_transfer(request)
        if found is None:
            params: Any = {
                "amount": request.amount_minor,
                "currency": request.currency.lower(),
                "destination": request.account.connected,
                "description": request.description,
                "transfer_group": request.ref,
                "metadata": {"ref": request.ref},
            }
            found = self._v1.transfers.create(
                params, {"idempotency_key": f"{request.idempotency_key}:transfer"}
            ).to_dict()
        payout = self._find_payout(request, found)
        if payout is None or payout["status"] in _SENT_BACK:
            payout = self._payout(request, found)
        return _of_payout(found, payout)

    def _payout(self, request: PayRequest, transfer: dict[str, Any]) -> dict[str, Any]:
        """Pay out what was transferred. If Stripe refuses that, the transfer is taken back: then nothing has moved.

        If it cannot be taken back, that is no refusal (ValueError): the money is there, and is gone on with.
        """
        params: Any = {
            "amount": request.amount_minor,
            "currency": request.currency.lower(),
            "description": request.description,
            "metadata": {"ref": request.ref},
        }
        key, account = request.idempotency_key, transfer["destination"]
        try:
            options: Any = {"idempotency_key": f"{key}:payout", "stripe_account": account}
            return self._v1.payouts.create(params, options).to_dict()
        except stripe.InvalidRequestError:
            try:
                self._v1.transfers.reversals.create(transfer["id"], {}, {"idempotency_key": f"{key}:reversal"})
            except stripe.InvalidRequestError as error:
                raise ValueError("a transfer that was not paid out could not be taken back") from error
            raise

    def _find_transfer(self, request: PayRequest) -> dict[str, Any] | None:
        params: Any = {"transfer_group": request.ref, "limit": 10}
        found = [one.to_dict() for one in self._v1.transfers.list(params).data]
        return next((one for one in found if not one["reversed"]), None)

    def _find_payout(self, request: PayRequest, transfer: dict[str, Any]) -> dict[str, Any] | None:
        """The latest payout of our reference from the connected account."""
        params: Any = {"created": {"gte": transfer["created"]}, "limit": _MOST}
        options: Any = {"stripe_account": transfer["destination"]}
        every = (one.to_dict() for one in self._v1.payouts.list(params, options).auto_paging_iter())
        return next((one for one in every if _noted(one, "ref") == request.ref), None)

    def _of_transfer(self, request: PayRequest) -> Accepted | Settled | Rejected | Absent:
        transfer = self._find_transfer(request)
        payout = self._find_payout(request, transfer) if transfer else None
        if transfer is None or payout is None:
            return Absent()  # a transfer without a payout is gone on with by `pay`
        return _of_payout(transfer, payout)


def _noted(found: dict[str, Any], name: str) -> Any:
    """What we have noted in the metadata of an object."""
    return (found.get("metadata") or {}).get(name)


def of_invoice(found: dict[str, Any] | None, request: CollectRequest) -> Accepted | Settled | Rejected | Absent:
    """What an invoice over a request comes to. ValueError if it is over another amount."""
    if found is None or found["status"] == "draft":
        return Absent()  # a draft is gone on with by `collect`
    if found["status"] == _VOID:  # one that is marked uncollectible can be paid still
        return Rejected(_VOID)
    if found["total"] != request.amount_minor or found["currency"].upper() != request.currency:
        raise ValueError("an invoice of our reference is over another amount")
    url = found.get("hosted_invoice_url") or ""
    if found["status"] != "paid":
        return Accepted(found["id"], url)
    paid_at = found["status_transitions"]["paid_at"]
    day = dt.datetime.fromtimestamp(paid_at, dt.UTC).date()
    return Settled(found["id"], _paid_with(found), found["amount_paid"], day, url)


def _paid_with(invoice: dict[str, Any]) -> str:
    """The payment behind a paid invoice; without one (paid outside of Stripe) the invoice itself."""
    for one in (invoice.get("payments") or {}).get("data", ()):
        number = one["payment"].get("payment_intent") or one["payment"].get("charge")
        if isinstance(number, str):
            return number
    return str(invoice["id"])


def _of_payout(transfer: dict[str, Any], payout: dict[str, Any]) -> Accepted | Settled | Rejected:
    if payout["status"] in _SENT_BACK:
        return Rejected(str(payout.get("failure_code") or payout["status"]), transfer["id"])
    if payout["status"] != "paid":
        return Accepted(transfer["id"])
    trace = (payout.get("trace_id") or {}).get("value")
    day = dt.datetime.fromtimestamp(payout["arrival_date"], dt.UTC).date()
    return Settled(transfer["id"], str(trace or payout["id"]), payout["amount"], day)


def _ended(found: Any) -> Outcome:
    """The end of a request; something that is still absent after it was asked for is not known to us."""
    looked = _looked(found)
    return Unknown() if isinstance(looked, Absent) else looked


def _looked(found: Any) -> Look:
    """The answer in this floor's words."""
    match found:
        case catalog.Rejected(code):
            return Rejected(code)
        case catalog.Retryable(after_s):
            return Retryable(after_s)
        case catalog.Unknown():
            return Unknown()
    looked: Look = found
    return looked
