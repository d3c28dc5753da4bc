"""A supplier that takes orders, whatever it sells and however it is spoken to.

`SupplierAccess.protocol` chooses the adapter; `Caps` says what that kind of supplier can do. Its own news comes the
other way, as webhooks, which are verified and never trusted: `status` is the truth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from catalog.ports.outcomes import (
    CancelRefused,
    CancelTerms,
    Failure,
    Outcome,
    Pending,
    Reserved,
    Retryable,
    SupplierQuote,
    Undone,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class Caps:
    """What a supplier can do. `idempotent_create`: the same reference never orders twice, however often it is sent.

    `not_found_is_final_after_s`: a reference that it does not know so long after we last sent it, it will never know;
    None: its not knowing proves nothing. Without `idempotent_create` and without `lookup_by_client_ref` an order is
    sent once; what then stays unknown is for a person. `void_window_s` is how long after `confirm` a cancel may work.
    """

    hold: bool = False
    idempotent_create: bool = False
    lookup_by_client_ref: bool = False
    not_found_is_final_after_s: int | None = None
    cancel: bool = False
    void_window_s: int | None = None
    partial: bool = False
    webhook: bool = False
    max_rps: float | None = None
    concurrency: int | None = None
    one_call_per_cart: bool = False


@dataclass(frozen=True, slots=True)
class SupplierAccess:
    """How to speak with one supplier: its code, the root of its API, and its credentials.

    `secret` signs its webhooks, and our requests where the protocol wants that; `token` admits us where it does not.
    `overrides` are the capabilities in which this supplier differs from its protocol's own.
    """

    code: str
    base_url: str
    secret: str = field(repr=False)
    protocol: str = "goods"
    supplier_id: int = 0
    overrides: Mapping[str, Any] = field(default_factory=dict)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SupplierLine:
    """One line of an order as the supplier knows it: its own article number and a number of pieces.

    `cost_minor` is what one piece was said to cost (None: whatever the supplier asks); `details` is what this kind of
    supplier needs besides, such as `travellers` or,
    of another program's points, how many `units` a piece is.
    """

    sku: str
    qty: int
    cost_minor: int | None = None
    currency: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a consignment goes; an electronic one needs only a name and an e-mail.

    `account` is the member's number in another program, for points that go there.
    """

    name: str
    email: str = ""
    phone: str = ""
    country: str = ""
    city: str = ""
    postal_code: str = ""
    line1: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class SupplierEvent:
    """A supplier's news, verified to be its own. `event_id` is what a repetition is recognised by."""

    event_id: str
    kind: str
    client_ref: str | None = None
    external_id: str | None = None
    occurred_at: dt.datetime | None = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Forged:
    """A webhook that the supplier did not sign, or not now; `code` is `signature_invalid`, or `malformed`."""

    code: str


class SupplierGateway(Protocol):
    """A supplier that takes orders. It never raises for what a network or a supplier can do: that is an outcome.

    `client_ref` is ours, fixed before the first call, the same in every repetition of every call about one consignment.
    """

    def caps(self, ctx: SupplierAccess) -> Caps:
        """What this supplier can do; asks nobody."""
        ...

    def quote(self, ctx: SupplierAccess, lines: Sequence[SupplierLine], address: Address) -> SupplierQuote | Failure:
        """What the lines cost now; changes nothing there."""
        ...

    def reserve(
        self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address
    ) -> Reserved | Pending | Failure:
        """Set the lines aside under our reference, once however often it is asked."""
        ...

    def release(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Undone:
        """Let go of what was reserved; to be repeated until it is definite. CancelRefused: it is confirmed by now."""
        ...

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Order these lines under our reference, out of the hold `external_id` if there is one."""
        ...

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What became of our reference, artefacts included. A hold answers Reserved; one that lapsed, Rejected."""
        ...

    def cancel_quote(self, ctx: SupplierAccess, external_id: str) -> CancelTerms | CancelRefused | Retryable | Unknown:
        """What cancelling the order would give back; changes nothing there."""
        ...

    def cancel(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Undone:
        """Cancel the order. Unknown: `status` tells whether it still stands."""
        ...

    def parse_webhook(
        self, ctx: SupplierAccess, headers: Mapping[str, str], body: bytes
    ) -> tuple[SupplierEvent, ...] | Forged:
        """The news in a webhook, if the supplier has signed it within five minutes of now; asks nobody."""
        ...
