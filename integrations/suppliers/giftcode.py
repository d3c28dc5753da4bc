"""Vendors of gift codes in the manner of Tango and Tremendous: an order is idempotent by our reference (`external_id`).

New is 201, a repetition 200 or again 201; the codes are the artefacts. An order is never sent again to see its codes:
they are shown anew at its own address. What was ordered is not held before and not taken back after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from catalog.ports import (
    Accepted,
    Address,
    Artefact,
    Caps,
    LineAnswer,
    NotFound,
    Outcome,
    Pending,
    Rejected,
    SupplierAccess,
    SupplierLine,
    Unknown,
)
from integrations.suppliers.reading import bearer, mapping, mappings, reason, whole, word
from integrations.suppliers.speaking import Manner, Speaking
from integrations.suppliers.webhooks import giftcode_events
from integrations.suppliers.wire import Reply

CAPS = Caps(
    idempotent_create=True,
    lookup_by_client_ref=True,
    not_found_is_final_after_s=120,
    partial=True,
    webhook=True,
    max_rps=1.0,
    concurrency=2,
)
_POLL_S = 5.0
_PATIENCE_S = 2.5  # for the codes right after the order


class GiftcodeSupplier(Speaking):
    """Speaks with one kind of vendor of codes."""

    manner = Manner(CAPS, bearer, giftcode_events)

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        """Buy the codes under our reference, once however often it is asked."""
        wanted = {
            "external_id": client_ref,
            "items": [{"sku": line.sku, "quantity": line.qty} for line in lines],
            "recipient": {"name": address.name, "email": address.email},
        }
        reply = self._ask(ctx, "confirm", client_ref, "POST", "/orders", wanted)
        if (failure := reply.failure) is not None:
            return failure
        if reply.good:
            return self._told(ctx, client_ref, mapping(reply.facts.get("order")))
        return Unknown() if reply.status == 404 else Rejected(reason(reply.facts))

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        """What became of our reference, with its codes."""
        path = f"/orders?external_id={quote(client_ref, safe='')}"
        reply = self._ask(ctx, "status", client_ref, "GET", path)
        if (failure := reply.failure) is not None:
            return failure
        if not reply.good or not isinstance(reply.facts.get("orders"), list):
            return Unknown()
        found = [one for one in mappings(reply.facts["orders"]) if one.get("external_id") == client_ref]
        return self._told(ctx, client_ref, found[0]) if found else NotFound()

    def _told(self, ctx: SupplierAccess, client_ref: str, order: Mapping[str, Any]) -> Outcome:
        status, external_id = order.get("status"), word(order.get("id"))
        if status == "FAILED":
            return Rejected(reason(order))
        if status == "CANCELED":
            return Rejected("cancelled_by_supplier")
        if status == "PENDING" and external_id:
            return Pending(_POLL_S)
        lines = _lines(order)
        if status != "EXECUTED" or not external_id or lines is None:
            return Unknown()
        artefacts = _artefacts(order.get("rewards"))
        if artefacts is None:
            artefacts = _artefacts(self._codes(ctx, client_ref, external_id).facts.get("rewards"))
        promised = sum(line.qty for line in lines)
        if promised == 0:
            return Rejected("nothing_delivered")
        complete = artefacts is not None and len(artefacts) == promised
        return Accepted(external_id, lines, (artefacts or ()) if complete else (), issued=complete)

    def _codes(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Reply:
        path = f"/orders/{quote(external_id, safe='')}/codes"
        return self._ask(ctx, "codes", client_ref, "GET", path, patience_s=_PATIENCE_S)


def _lines(order: Mapping[str, Any]) -> tuple[LineAnswer, ...] | None:
    """What is delivered of each line; None if that cannot be understood."""
    given = Counter(word(reward.get("sku")) for reward in mappings(order.get("rewards")))
    items = mappings(order.get("items"))
    answers = []
    for item in items:
        sku, wanted = word(item.get("sku")), whole(item.get("quantity"))
        if not sku or wanted is None or given[sku] > wanted:
            return None
        if given[sku] == 0:
            answers.append(LineAnswer(sku, "rejected", 0, code="not_delivered"))
        else:
            answers.append(LineAnswer(sku, "accepted" if given[sku] == wanted else "qty_changed", given[sku]))
    return tuple(answers) if answers else None


def _artefacts(rewards: object) -> tuple[Artefact, ...] | None:
    """The codes; None unless every reward shows its own."""
    shown = [(word(one.get("sku")), whole(one.get("unit")), word(one.get("code"), 500)) for one in mappings(rewards)]
    if not shown or not all(sku and unit and code for sku, unit, code in shown):
        return None
    return tuple(Artefact(sku, unit or 0, "code", code) for sku, unit, code in shown)
