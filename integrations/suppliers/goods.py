"""Suppliers of goods over HTTP and JSON, signed like webhooks with the supplier's secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import quote

import httpx

from catalog.ports import (
    Accepted,
    Address,
    Caps,
    NotFound,
    Outcome,
    Pending,
    Rejected,
    Retryable,
    SupplierAccess,
    SupplierLine,
    Unknown,
)
from integrations.signed import Answer, SignedClient, refused, seconds, text
from integrations.suppliers.unable import Unable

CAPS = Caps(idempotent_create=True, lookup_by_client_ref=True, not_found_is_final_after_s=120, webhook=True)
_TAKEN = ("accepted", "shipped", "delivered")


class GoodsSupplier(Unable):
    """Speaks our goods protocol with any supplier that has an address and a secret."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = SignedClient(client)

    def caps(self, ctx: SupplierAccess) -> Caps:
        """What suppliers of goods can do."""
        return CAPS

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Order these lines under our reference, once however often it is asked."""
        wanted = [{"sku": line.sku, "qty": line.qty} for line in lines]
        body = json.dumps({"client_ref": client_ref, "lines": wanted, "address": asdict(address)}, ensure_ascii=False)
        return _outcome(self._client.ask(ctx.secret, client_ref, "POST", f"{ctx.base_url}/orders", body))

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What became of our reference."""
        url = f"{ctx.base_url}/orders/{quote(client_ref, safe='')}"
        return _outcome(self._client.ask(ctx.secret, client_ref, "GET", url))


def _outcome(answer: Answer) -> Outcome:
    state, external_id = answer.facts.get("state"), text(answer.facts.get("external_id"), 100)
    if answer.kind == "absent":
        return NotFound()
    if answer.kind == "again":
        return Retryable(answer.after_s)
    if answer.kind == "refused":
        return Rejected(answer.code)
    if state in _TAKEN and external_id:
        return Accepted(external_id)
    if state == "rejected":
        return Rejected(refused(answer.facts).code)
    return Pending(seconds(answer.facts.get("poll_after_s"))) if state == "pending" else Unknown()
