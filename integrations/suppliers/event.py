"""Box offices in the manner of Ticketmaster and Wix: seats are held in a cart, bought by its commit, deleted if not.

Making a cart is not idempotent, so our reference is looked up first, and every cart that it left behind is deleted with
it. A cart takes one call at a time. Committing a committed cart only tells its tickets again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from catalog.ports import (
    Address,
    Cancelled,
    CancelRefused,
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
from coalition.kernel import clock
from integrations.suppliers.event_reading import QUOTE_LASTS, cart_outcome, free_seats, pick, seats_of
from integrations.suppliers.reading import bearer, mapping, mappings, reason, whole, word
from integrations.suppliers.speaking import Manner, Speaking
from integrations.suppliers.webhooks import event_events
from integrations.suppliers.wire import Reply

CAPS = Caps(
    hold=True,
    lookup_by_client_ref=True,
    not_found_is_final_after_s=300,
    cancel=True,
    void_window_s=900,
    webhook=True,
    max_rps=5.0,
    concurrency=4,
    one_call_per_cart=True,
)


class EventSupplier(Speaking):
    """Speaks with box offices. An order is the seats of one event: `SupplierLine.sku` is `<event>:<seat>+<seat>`."""

    manner = Manner(CAPS, bearer, event_events, patience_s=1.0)

    def quote(self, ctx: SupplierAccess, lines: Sequence[SupplierLine], address: Address) -> SupplierQuote | Failure:
        """What the seats cost now, if all of them are free."""
        if len(lines) != 1:
            return Rejected("one_event_at_a_time")
        event, seats = seats_of(lines[0].sku)
        reply = self._ask(ctx, "quote", lines[0].sku, "GET", f"/events/{quote(event, safe='')}/seats")
        if (failure := reply.failure) is not None:
            return failure
        free = free_seats(reply.facts)
        if not reply.good or any(seat not in free for seat in seats):
            return Rejected("seats_taken" if reply.good else reason(reply.facts))
        total, expires_at = sum(free[seat] for seat in seats), clock.now() + QUOTE_LASTS
        priced = QuotedLine(lines[0].sku, len(seats), total // len(seats))
        return SupplierQuote((priced,), word(reply.facts.get("currency"), 3), expires_at)

    def reserve(
        self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address
    ) -> Reserved | Pending | Failure:
        """Hold the seats in a cart under our reference; a cart that is there already is kept."""
        if len(lines) != 1:
            return Rejected("one_event_at_a_time")
        told = self.status(ctx, client_ref)
        if not isinstance(told, NotFound | Rejected | Cancelled):
            return told if isinstance(told, Reserved | Failure) else Unknown()
        event, seats = seats_of(lines[0].sku)
        holder = {"name": address.name, "email": address.email}
        wanted = {"reference": client_ref, "event_id": event, "seats": seats, "holder": holder}
        reply = self._ask(ctx, "reserve", client_ref, "POST", "/carts", wanted)
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good:
            return Rejected(reason(reply.facts))
        made = cart_outcome(reply.facts.get("cart"))
        return made if isinstance(made, Reserved) else Unknown()

    def release(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Undone:
        """Delete every cart of our reference. CancelRefused: one of them is committed."""
        carts = self._carts(ctx, client_ref)
        if not isinstance(carts, list):
            return carts
        if not carts:
            return NotFound()
        if any(cart.get("state") == "issued" for cart in carts):
            return CancelRefused("committed")
        for cart in (word(one.get("id")) for one in carts if one.get("state") == "held"):
            reply = self._ask(ctx, "release", client_ref, "DELETE", f"/carts/{quote(cart, safe='')}", cart=cart)
            if (failure := reply.failure) is not None:
                return failure
            if not reply.good:
                return _uncancelled(reply)
        return Cancelled()

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Commit the cart at exactly the agreed price; without a cart, hold first."""
        cart, costs = external_id, [line.cost_minor for line in lines]
        if cart is None:
            told = self.status(ctx, client_ref)
            if isinstance(told, NotFound):
                told = self.reserve(ctx, client_ref, lines, address)
            if not isinstance(told, Reserved):
                return told
            cart = told.external_id
        total: int | None = sum((line.cost_minor or 0) * line.qty for line in lines)
        if None in costs:
            read = self._ask(ctx, "status", client_ref, "GET", f"/carts/{quote(cart, safe='')}", cart=cart)
            total = whole(mapping(read.facts.get("cart")).get("total_minor"))
        if total is None:
            return Retryable(1.0)
        path = f"/carts/{quote(cart, safe='')}/commit"
        reply = self._ask(ctx, "confirm", client_ref, "POST", path, {"total_minor": total}, cart=cart)
        if (failure := reply.failure) is not None:
            return failure
        if reply.good:
            return cart_outcome(reply.facts.get("cart"))
        code = reason(reply.facts)
        if code == "cart_busy":
            return Retryable(reply.after_s)
        return Rejected("hold_expired" if code == "cart_expired" else code)

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What became of our reference, with its tickets."""
        carts = self._carts(ctx, client_ref)
        return pick([cart_outcome(cart) for cart in carts]) if isinstance(carts, list) else carts

    def cancel(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Undone:
        """Void the tickets within the box office's window."""
        path = f"/carts/{quote(external_id, safe='')}/void"
        reply = self._ask(ctx, "cancel", client_ref, "POST", path, {}, cart=external_id)
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good:
            return _uncancelled(reply)
        cart = mapping(reply.facts.get("cart"))
        return Cancelled(whole(cart.get("refund_minor")), word(cart.get("currency"), 3) or None)

    def _carts(self, ctx: SupplierAccess, client_ref: str) -> list[Mapping[str, Any]] | Retryable | Unknown:
        reply = self._ask(ctx, "status", client_ref, "GET", f"/carts?reference={quote(client_ref, safe='')}")
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good or not isinstance(reply.facts.get("carts"), list):
            return Unknown()
        return mappings(reply.facts["carts"])


def _uncancelled(reply: Reply) -> Undone:
    code = reason(reply.facts)
    if reply.status == 404:
        return NotFound()
    return Retryable(reply.after_s) if code == "cart_busy" else CancelRefused(code)
