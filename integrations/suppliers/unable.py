"""What a supplier answers to what its kind cannot do: nothing happens, definitely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.ports import (
    Address,
    Cancelled,
    CancelRefused,
    CancelTerms,
    Failure,
    Forged,
    Pending,
    Rejected,
    Reserved,
    Retryable,
    SupplierAccess,
    SupplierEvent,
    SupplierLine,
    SupplierQuote,
    Undone,
    Unknown,
)

NOT_OFFERED = "not_offered"


class Unable:
    """A supplier that can do nothing but what its adapter adds."""

    def quote(self, ctx: SupplierAccess, lines: Sequence[SupplierLine], address: Address) -> SupplierQuote | Failure:
        """It names no live prices."""
        return Rejected(NOT_OFFERED)

    def reserve(
        self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address
    ) -> Reserved | Pending | Failure:
        """It holds nothing."""
        return Rejected(NOT_OFFERED)

    def release(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Undone:
        """What was never held is released."""
        return Cancelled()

    def cancel_quote(self, ctx: SupplierAccess, external_id: str) -> CancelTerms | CancelRefused | Retryable | Unknown:
        """It takes nothing back."""
        return CancelRefused(NOT_OFFERED)

    def cancel(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Undone:
        """It takes nothing back."""
        return CancelRefused(NOT_OFFERED)

    def parse_webhook(
        self, ctx: SupplierAccess, headers: Mapping[str, str], body: bytes
    ) -> tuple[SupplierEvent, ...] | Forged:
        """It tells no news."""
        return ()
