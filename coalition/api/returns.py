"""Returns and voids over HTTP: part of a purchase, or all of it, given back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from coalition import purchases
from coalition.api import wallets
from coalition.api.schemas.returns import ReturnedSchema, ReturnRequestSchema, VoidRequestSchema
from coalition.kernel import audit, ids
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.purchases import Clawed, Refused, Return, Returned

blp = ApiBlueprint("returns", __name__, description="Purchases given back.")


@blp.route("/purchases/<purchase>/returns", methods=["POST"])
@needs("purchases:write")
@blp.arguments(ReturnRequestSchema)
@blp.response(201, ReturnedSchema)
def give_back(request: Return, purchase: str) -> Response:
    """Return lines of a purchase, in part and as often as something is left of them."""
    return transact_once(lambda: _record(request, purchase))


@blp.route("/purchases/<purchase>/void", methods=["POST"])
@needs("purchases:write")
@blp.arguments(VoidRequestSchema)
@blp.response(201, ReturnedSchema)
def void(request: Return, purchase: str) -> Response:
    """Undo a whole purchase that never happened, as long as nothing of it was returned."""
    return transact_once(lambda: _record(request, purchase))


def _record(request: Return, purchase: str) -> Answer:
    named = replace(request, purchase_id=_purchase(purchase))
    (result,) = purchases.record_returns(caller().partner_id, [named])
    if isinstance(result, Refused):
        raise result.refusal
    if not result.replayed:
        subject = ids.public("pur", result.purchase_id)
        audit.record(f"purchase.{result.kind}", subject, external_id=result.external_id, refund=result.refund)
    return Answer(dict(ReturnedSchema().dump(_told(result))), 201, result.replayed)


def _purchase(public: str) -> int:
    """The purchase's number. NotFound; Conflict `return_of_return` for the id of one of the partner's returns."""
    if public.startswith("ret_"):
        purchases.find_return(caller().partner_id, ids.parse("ret", public))
        raise Conflict("return_of_return", "This is a return; only a purchase can be given back.")
    try:
        return ids.parse("pur", public)
    except NotFound:
        raise NotFound("unknown_purchase", "This partner has no such purchase.") from None


def _told(returned: Returned) -> dict[str, Any]:
    partner_id, member_id = returned.partner_id, returned.member_id
    currencies = purchases.counter(partner_id).currencies
    return {
        "id": ids.public("ret", returned.id),
        "external_id": returned.external_id,
        "purchase_id": ids.public("pur", returned.purchase_id),
        "lines": [line._asdict() for line in returned.lines],
        "clawed_back": [_clawed(returned, one) for one in returned.clawed_back],
        "restored": [{"amount": one.units, "currency": currencies[one.currency_id].code} for one in returned.restored],
        "refund_minor": returned.refund,
        "balances": [] if member_id is None else wallets.balances(partner_id, member_id),
    }


def _clawed(returned: Returned, one: Clawed) -> dict[str, Any]:
    return {
        "promotion": one.award.promotion,
        "currency": purchases.counter(returned.partner_id).currencies[one.award.currency_id].code,
        "units": one.units,
        "owed": one.owed,
        "waived": one.waived,
        "lines": dict(one.lines),
        "reason": purchases.say_clawed(purchases.counter(returned.partner_id), returned, one),
    }
