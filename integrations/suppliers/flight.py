"""Sellers of flights in the manner of Duffel: an offer becomes an order that holds the seats, and a payment buys it.

Creating an order may be answered 202. An offer becomes one order at most and an order is paid once, which is what keeps
a repetition from booking twice: its refusal is looked up by our reference in the order's metadata. Cancelling takes two
steps: terms with a time limit, then the confirmation.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from catalog.ports import (
    Accepted,
    Address,
    Cancelled,
    CancelRefused,
    CancelTerms,
    Caps,
    Failure,
    NotFound,
    Outcome,
    Pending,
    QuotedLine,
    Rejected,
    Reserved,
    Retryable,
    SupplierAccess,
    SupplierLine,
    SupplierQuote,
    Undone,
    Unknown,
)
from integrations.suppliers.flight_reading import TRAVELLER, error, is_refundable, order_outcome, passengers, pick
from integrations.suppliers.reading import bearer, mapping, mappings, minor, moment, word
from integrations.suppliers.speaking import Manner, Speaking
from integrations.suppliers.webhooks import flight_events
from integrations.suppliers.wire import Reply

CAPS = Caps(
    hold=True,
    idempotent_create=True,
    lookup_by_client_ref=True,
    not_found_is_final_after_s=300,
    cancel=True,
    void_window_s=86_400,
    webhook=True,
    max_rps=10.0,
    concurrency=4,
)
_POLL_S = 2.0


class FlightSupplier(Speaking):
    """Speaks with sellers of flights. An order is one offer; its passengers are in `SupplierLine.details`."""

    manner = Manner(CAPS, bearer, flight_events, patience_s=1.0)

    def quote(self, ctx: SupplierAccess, lines: Sequence[SupplierLine], address: Address) -> SupplierQuote | Failure:
        """The offer as it is now."""
        if len(lines) != 1:
            return Rejected("one_offer_at_a_time")
        [line] = lines
        reply = self._ask(ctx, "quote", line.sku, "GET", f"/air/offers/{quote(line.sku, safe='')}")
        if (failure := reply.failure) is not None:
            return failure
        offer = mapping(reply.facts.get("data"))
        total, expires_at = minor(offer.get("total_amount")), moment(offer.get("expires_at"))
        if not reply.good:
            return Rejected(error(reply))
        if total is None or expires_at is None:
            return Unknown()
        priced, currency = (QuotedLine(line.sku, 1, total),), word(offer.get("total_currency"), 3)
        return SupplierQuote(priced, currency, expires_at, is_refundable(offer), TRAVELLER)

    def reserve(
        self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address
    ) -> Reserved | Pending | Failure:
        """Hold the seats of one offer under our reference."""
        if len(lines) != 1:
            return Rejected("one_offer_at_a_time")
        people = passengers(lines[0], address)
        if people is None:
            return Rejected("travellers_missing")
        facts = {
            "type": "hold",
            "selected_offers": [lines[0].sku],
            "passengers": people,
            "metadata": {"client_ref": client_ref},
        }
        reply = self._ask(ctx, "reserve", client_ref, "POST", "/air/orders", {"data": facts})
        if (failure := reply.failure) is not None:
            return failure
        if reply.status == 202:
            return Pending(_POLL_S)
        told = order_outcome(reply.facts.get("data"))
        if not reply.good:
            if error(reply) != "duplicate_booking":
                return Rejected(error(reply))
            told = self.status(ctx, client_ref)
        return told if isinstance(told, Reserved | Pending | Failure) else Unknown()

    def release(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Undone:
        """Let go of the hold, for nothing. CancelRefused: it is paid by now."""
        told = self.status(ctx, client_ref, external_id)
        if isinstance(told, Accepted):
            return CancelRefused("already_paid")
        if isinstance(told, Reserved):
            return self.cancel(ctx, client_ref, told.external_id)
        if isinstance(told, Rejected):
            return Cancelled()
        return told

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Pay for the held order exactly what was agreed; without a hold, hold first."""
        agreed = [line.cost_minor for line in lines]
        held = external_id
        if held is None or None in agreed:
            told = self.status(ctx, client_ref, external_id)
            if isinstance(told, NotFound):
                told = self.reserve(ctx, client_ref, lines, address)
            if not isinstance(told, Reserved):
                return told
            held = told.external_id
        return self._pay(ctx, client_ref, held, sum(cost or 0 for cost in agreed) if None not in agreed else None)

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What became of our reference, with its tickets."""
        reply = self._ask(ctx, "status", client_ref, "GET", f"/air/orders?client_ref={quote(client_ref, safe='')}")
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good or not isinstance(reply.facts.get("data"), list):
            return Unknown()
        return pick([order_outcome(order) for order in mappings(reply.facts["data"])])

    def cancel_quote(self, ctx: SupplierAccess, external_id: str) -> CancelTerms | CancelRefused | Retryable | Unknown:
        """What cancelling would give back, until when."""
        reply = self._terms(ctx, external_id, external_id)
        if reply.failure is not None:
            return Retryable(reply.after_s)  # asking for terms changes nothing
        if not reply.good:
            return CancelRefused(error(reply))
        terms = mapping(reply.facts.get("data"))
        refund, expires_at = minor(terms.get("refund_amount")), moment(terms.get("expires_at"))
        if refund is None or expires_at is None:
            return Unknown()
        return CancelTerms(refund, word(terms.get("refund_currency"), 3), expires_at)

    def cancel(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Undone:
        """Ask for terms, and take them."""
        terms = self._terms(ctx, client_ref, external_id)
        if terms.failure is not None:
            return Retryable(terms.after_s)
        number = word(mapping(terms.facts.get("data")).get("id"))
        if not terms.good or not number:
            return _uncancelled(terms)
        path = f"/air/order_cancellations/{quote(number, safe='')}/actions/confirm"
        reply = self._ask(ctx, "cancel", client_ref, "POST", path, {})
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good:
            return _uncancelled(reply)
        facts = mapping(reply.facts.get("data"))
        return Cancelled(minor(facts.get("refund_amount")), word(facts.get("refund_currency"), 3) or None)

    def _pay(self, ctx: SupplierAccess, client_ref: str, order_id: str, agreed: int | None) -> Outcome:
        total = agreed
        if total is None:
            read = self._ask(ctx, "status", client_ref, "GET", f"/air/orders/{quote(order_id, safe='')}")
            total = minor(mapping(read.facts.get("data")).get("total_amount"))
        if total is None:
            return Retryable(_POLL_S)
        payment = {"type": "balance", "amount": f"{total // 100}.{total % 100:02d}", "currency": "EUR"}
        body = {"data": {"order_id": order_id, "payment": payment}}
        reply = self._ask(ctx, "confirm", client_ref, "POST", "/air/payments", body)
        if (failure := reply.failure) is not None:
            return failure
        code = error(reply)
        if not reply.good and code not in ("already_paid", "order_not_payable"):
            return Rejected("hold_expired" if code == "past_payment_required_by_date" else code)
        told = self.status(ctx, client_ref, order_id)
        if word(mapping(reply.facts.get("data")).get("id")) and not isinstance(told, Accepted):
            return Accepted(order_id)  # paid; the tickets are seen when they are asked for again
        return told if isinstance(told, Accepted | Cancelled | Rejected) else Unknown()

    def _terms(self, ctx: SupplierAccess, ref: str, external_id: str) -> Reply:
        return self._ask(ctx, "terms", ref, "POST", "/air/order_cancellations", {"data": {"order_id": external_id}})


def _uncancelled(reply: Reply) -> Undone:
    code = error(reply)
    if reply.status == 404:
        return NotFound()
    if code == "already_cancelled":
        return Cancelled()
    return Retryable(0.5) if code == "cancellation_expired" else CancelRefused(code)
