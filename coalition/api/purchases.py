"""Purchases over HTTP: record one, find it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from coalition import purchases
from coalition.api import wallets
from coalition.api.schemas.purchases import (
    ByExternalIdSchema,
    FoundSchema,
    PurchaseSchema,
    RecordedSchema,
    SuspendedSchema,
)
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import part_of
from coalition.purchases import Receipt, Recorded, Refused, Suspended

blp = ApiBlueprint("purchases", __name__, description="Purchases and what they earn.")


@blp.route("/purchases", methods=["POST"])
@needs("purchases:write")
@blp.arguments(PurchaseSchema())  # once, not for every request
@blp.response(201, RecordedSchema)
@blp.alt_response(202, schema=SuspendedSchema)
def record(receipt: Receipt) -> Response:
    """Record a purchase; the same one again answers the same, with today's balances.

    With `"on_unknown_member": "hold"` the purchase of an unknown member waits for it (202) instead of being refused.
    """
    return transact_once(lambda: _record(receipt))


@blp.route("/purchases/<purchase>")
@needs("purchases:read")
@blp.response(200, RecordedSchema)
def read(purchase: str) -> dict[str, Any]:
    """A purchase of this partner."""
    number = ids.parse("pur", purchase)
    return transact(lambda: _told(purchases.find(caller().partner_id, purchase_id=number)))


@blp.route("/purchases")
@needs("purchases:read")
@blp.arguments(ByExternalIdSchema, location="query")
@blp.response(200, FoundSchema)
def find(query: dict[str, Any]) -> Any:
    """The purchase that this partner sent under an external id: one item, or none."""

    def work() -> Any:
        try:
            found = [_told(purchases.find(caller().partner_id, external_id=query["external_id"]))]
        except NotFound:
            found = []
        return part_of(found, query["cursor"], query["limit"])

    return transact(work)


def _record(receipt: Receipt) -> Answer:
    partner_id = caller().partner_id
    if receipt.on_unknown == "hold":
        (result,) = purchases.accept(partner_id, [receipt], purchases.Via(), hold=True)
    else:
        (result,) = purchases.record(partner_id, [receipt], ending=True)
    if isinstance(result, Suspended):
        return Answer(_waiting(result), 202, result.replayed)
    if isinstance(result, Refused):
        raise result.refusal
    if result.replayed:
        recorded = purchases.find(partner_id, external_id=receipt.external_id)
        return Answer(_told_first(recorded), 201, replayed=True)
    audit.record("purchase.record", ids.public("pur", result.id), external_id=receipt.external_id)
    return Answer(_told(result), 201)


def _waiting(suspended: Suspended) -> dict[str, Any]:
    return {"id": ids.public("sus", suspended.id), "external_id": suspended.external_id, "state": "suspended"}


def _told_first(recorded: Recorded) -> dict[str, Any]:
    """The purchase as it was first answered, whatever has come back of it since; the balances are today's."""
    return _told(replace(recorded, state="recorded", returned=()))


def _told(recorded: Recorded) -> dict[str, Any]:
    """What `RecordedSchema` says of a purchase, ready to be written: dumping it took a twentieth of the whole."""
    partner_id, member_id = recorded.partner_id, recorded.member_id
    currencies = purchases.counter(partner_id).currencies
    paid = recorded.captured
    return {
        "id": ids.public("pur", recorded.id),
        "external_id": recorded.external_id,
        "member_id": None if member_id is None else ids.public("mbr", member_id),
        "total": recorded.total,
        "awards": [purchases.tell(partner_id, award)._asdict() for award in recorded.awards],
        "declined": [
            {"promotion": one.promotion, "currency": currencies[one.currency_id].code, "units": one.units}
            for one in recorded.declined
        ],
        "discounts": [
            {"promotion": one.promotion, "version": one.version, "amount": one.minor, "lines": dict(one.lines)}
            for one in recorded.discounts
        ],
        "captured": {"amount": paid[0], "currency": currencies[paid[1]].code} if paid else None,
        "redeemed": [{"amount": units, "currency": currencies[of].code} for units, of in recorded.redeemed],
        "coupons": [{"code": one.code, "outcome": one.outcome} for one in recorded.coupons],
        "state": recorded.state,
        "returned": [{"no": no, "qty_m": qty_m} for no, qty_m in recorded.returned],
        "balances": [] if member_id is None else wallets.balances(partner_id, member_id),
    }
