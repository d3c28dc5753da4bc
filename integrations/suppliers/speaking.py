"""The frame of adapters that speak HTTP with their suppliers: what a kind can do, how it asks, how news is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from catalog.ports import Caps, Forged, SupplierAccess, SupplierEvent
from integrations.suppliers.reading import overridden
from integrations.suppliers.unable import Unable
from integrations.suppliers.wire import Authorize, Guard, Reply, Request, Wire

News = Callable[[str, Mapping[str, str], bytes], tuple[SupplierEvent, ...] | Forged]


@dataclass(frozen=True, slots=True)
class Manner:
    """How suppliers of one kind are spoken with.

    `news` reads a webhook with the supplier's secret; `patience_s` is how long the limiter may keep a call waiting.
    """

    caps: Caps
    authorize: Authorize
    news: News
    patience_s: float = 0.0


class Speaking(Unable):
    """An adapter with a wire to its suppliers; what it asks them for is added by the protocol."""

    manner: ClassVar[Manner]

    def __init__(self, client: httpx.Client | None = None, guard: Guard | None = None) -> None:
        self._wire = Wire(self.manner.authorize, client, guard)

    def caps(self, ctx: SupplierAccess) -> Caps:
        """What suppliers of this kind can do, and in what this one differs."""
        return overridden(self.manner.caps, ctx)

    def parse_webhook(
        self, ctx: SupplierAccess, headers: Mapping[str, str], body: bytes
    ) -> tuple[SupplierEvent, ...] | Forged:
        """The news in a webhook, unordered, at least once."""
        return self.manner.news(ctx.secret, headers, body)

    def _ask(
        self,
        ctx: SupplierAccess,
        operation: str,
        ref: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        cart: str = "",
        patience_s: float | None = None,
    ) -> Reply:
        patience_s = self.manner.patience_s if patience_s is None else patience_s
        return self._wire.ask(ctx, self.caps(ctx), Request(operation, ref, method, path, body, cart, patience_s))
