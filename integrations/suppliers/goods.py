"""Suppliers of goods over HTTP and JSON, signed like webhooks with the supplier's secret.

They hold pieces, answer line by line (X12 855: IA, IQ, IP, IB, IR) and take back what has not left yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from standardwebhooks.webhooks import Webhook

from catalog.ports import (
    Accepted,
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
    SupplierAccess,
    SupplierLine,
    SupplierQuote,
    Undone,
    Unknown,
)
from coalition.kernel import clock
from integrations.signed import seconds
from integrations.suppliers.acknowledging import answers
from integrations.suppliers.reading import mappings, moment, reason, whole, word
from integrations.suppliers.speaking import Manner, Speaking
from integrations.suppliers.webhooks import goods_events
from integrations.suppliers.wire import Reply, Request

CAPS = Caps(
    hold=True,
    idempotent_create=True,
    lookup_by_client_ref=True,
    not_found_is_final_after_s=120,
    cancel=True,
    partial=True,
    webhook=True,
    concurrency=8,
)
_TAKEN = ("accepted", "shipped", "delivered")
_ENDED = ("released", "cancelled")


def _signed(ctx: SupplierAccess, request: Request) -> Mapping[str, str]:
    at = clock.now()
    return {
        "webhook-id": request.ref,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(ctx.secret).sign(request.ref, at, request.text),
    }


class GoodsSupplier(Speaking):
    """Speaks our goods protocol with any supplier that has an address and a secret."""

    manner = Manner(CAPS, _signed, goods_events)

    def quote(self, ctx: SupplierAccess, lines: Sequence[SupplierLine], address: Address) -> SupplierQuote | Failure:
        """What the lines cost now."""
        reply = self._ask(ctx, "quote", "quote", "POST", "/quotes", {"lines": _wanted(lines)})
        expires_at, currency = moment(reply.facts.get("expires_at")), word(reply.facts.get("currency"), 3)
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good:
            return Rejected(reason(reply.facts))
        priced = [_priced(line) for line in mappings(reply.facts.get("lines"))]
        if expires_at is None or len(priced) != len(lines) or None in priced:
            return Unknown()
        return SupplierQuote(tuple(line for line in priced if line), currency, expires_at, refundable=True)

    def reserve(
        self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address
    ) -> Reserved | Pending | Failure:
        """Hold the pieces under our reference, once however often it is asked."""
        reply = self._ask(ctx, "reserve", client_ref, "POST", "/holds", _order(client_ref, lines, address))
        told = _outcome(reply)
        return told if isinstance(told, Reserved | Pending | Failure) else Rejected("already_ordered")

    def release(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Undone:
        """Let go of the held pieces."""
        return _undone(self._ask(ctx, "release", client_ref, "DELETE", f"/holds/{quote(client_ref, safe='')}"))

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Order these lines under our reference, once however often it is asked."""
        return _outcome(self._ask(ctx, "confirm", client_ref, "POST", "/orders", _order(client_ref, lines, address)))

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What became of our reference."""
        return _outcome(self._ask(ctx, "status", client_ref, "GET", f"/orders/{quote(client_ref, safe='')}"))

    def cancel(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Undone:
        """Take the order back before it leaves."""
        return _undone(self._ask(ctx, "cancel", client_ref, "POST", f"/orders/{quote(client_ref, safe='')}/cancel", {}))


def _wanted(lines: Sequence[SupplierLine]) -> list[dict[str, Any]]:
    return [{"sku": line.sku, "qty": line.qty} for line in lines]


def _order(client_ref: str, lines: Sequence[SupplierLine], address: Address) -> dict[str, Any]:
    return {"client_ref": client_ref, "lines": _wanted(lines), "address": asdict(address)}


def _priced(line: Mapping[str, Any]) -> QuotedLine | None:
    sku, qty, cost = word(line.get("sku")), whole(line.get("qty")), whole(line.get("cost_minor"))
    return QuotedLine(sku, qty, cost) if sku and qty and cost is not None else None


def _outcome(reply: Reply) -> Outcome:
    state, external_id = reply.facts.get("state"), word(reply.facts.get("external_id"))
    if (failure := reply.failure) is not None:
        return failure
    if reply.status == 404:
        return NotFound() if reply.facts.get("code") == "not_found" or not reply.facts else Unknown()
    if reply.status in (409, 422) or state == "rejected":
        return Rejected(reason(reply.facts))
    if state in _TAKEN and external_id:
        return _accepted(external_id, reply.facts)
    if state == "held" and external_id:
        until = moment(reply.facts.get("hold_expires_at"))
        return Reserved(external_id, until) if until else Unknown()
    if state == "expired":
        return Rejected("hold_expired")
    if state in _ENDED:
        return Cancelled()
    return Pending(seconds(reply.facts.get("poll_after_s"))) if state == "pending" else Unknown()


def _accepted(external_id: str, facts: Mapping[str, Any]) -> Outcome:
    lines = answers(facts.get("lines"))
    if lines is None:
        return Unknown()
    if lines and all(line.answer == "rejected" for line in lines):
        return Rejected(lines[0].code or "out_of_stock")
    return Accepted(external_id, lines)


def _undone(reply: Reply) -> Undone:
    if (failure := reply.failure) is not None:
        return failure
    if reply.status == 404:
        return NotFound()
    if reply.status == 409:
        return CancelRefused(reason(reply.facts))
    if reply.facts.get("state") == "pending":
        return Pending(seconds(reply.facts.get("poll_after_s")))
    return Cancelled() if reply.good and reply.facts.get("state") in _ENDED else Unknown()
