"""Every supplier behind one port: the adapter is chosen by the supplier's protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from catalog.ports import (
    Address,
    CancelRefused,
    CancelTerms,
    Caps,
    Failure,
    Forged,
    Outcome,
    Pending,
    Reserved,
    Retryable,
    SupplierAccess,
    SupplierEvent,
    SupplierGateway,
    SupplierLine,
    SupplierQuote,
    Undone,
    Unknown,
)
from integrations.suppliers.event import EventSupplier
from integrations.suppliers.flight import FlightSupplier
from integrations.suppliers.giftcode import GiftcodeSupplier
from integrations.suppliers.giving import GivenSupplier
from integrations.suppliers.goods import GoodsSupplier
from integrations.suppliers.pool import PoolSupplier
from integrations.suppliers.programs import ProgramSupplier
from integrations.suppliers.wire import Guard


class ProtocolGateway:
    """Hands each question to the adapter of the supplier's protocol, and its answer back."""

    def __init__(self, client: httpx.Client | None = None, guard: Guard | None = None) -> None:
        self._adapters: Mapping[str, SupplierGateway] = {
            "goods": GoodsSupplier(client, guard),
            "giftcode": GiftcodeSupplier(client, guard),
            "flight": FlightSupplier(client, guard),
            "event": EventSupplier(client, guard),
            "pool": PoolSupplier(),
            "foreign": ProgramSupplier(),
            "none": GivenSupplier(),
        }

    def caps(self, ctx: SupplierAccess) -> Caps:
        """What this supplier can do."""
        return self._of(ctx).caps(ctx)

    def quote(self, ctx: SupplierAccess, lines: Sequence[SupplierLine], address: Address) -> SupplierQuote | Failure:
        """What the lines cost now."""
        return self._of(ctx).quote(ctx, lines, address)

    def reserve(
        self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address
    ) -> Reserved | Pending | Failure:
        """Set the lines aside under our reference."""
        return self._of(ctx).reserve(ctx, client_ref, lines, address)

    def release(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Undone:
        """Let go of what was reserved."""
        return self._of(ctx).release(ctx, client_ref, external_id)

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Order these lines under our reference."""
        return self._of(ctx).confirm(ctx, client_ref, lines, address, external_id)

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What became of our reference."""
        return self._of(ctx).status(ctx, client_ref, external_id)

    def cancel_quote(self, ctx: SupplierAccess, external_id: str) -> CancelTerms | CancelRefused | Retryable | Unknown:
        """What cancelling would give back."""
        return self._of(ctx).cancel_quote(ctx, external_id)

    def cancel(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Undone:
        """Cancel the order."""
        return self._of(ctx).cancel(ctx, client_ref, external_id)

    def parse_webhook(
        self, ctx: SupplierAccess, headers: Mapping[str, str], body: bytes
    ) -> tuple[SupplierEvent, ...] | Forged:
        """The news in a webhook."""
        return self._of(ctx).parse_webhook(ctx, headers, body)

    def _of(self, ctx: SupplierAccess) -> SupplierGateway:
        return self._adapters[ctx.protocol]
