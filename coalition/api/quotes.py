"""Quotes over HTTP: what a purchase would earn and cost if it were closed now."""

from __future__ import annotations

from typing import Any

from flask import Response

from coalition import purchases
from coalition.api.explaining import promotion
from coalition.api.schemas.explaining import ExplainQuerySchema
from coalition.api.schemas.purchases import PurchaseSchema
from coalition.api.schemas.quotes import QuotedSchema
from coalition.kernel import ids
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.purchases import Quote, Receipt

blp = ApiBlueprint("purchase_quotes", __name__, description="What a purchase would earn and cost.")


@blp.route("/quotes", methods=["POST"])
@needs("purchases:write")
@blp.arguments(ExplainQuerySchema, location="query")
@blp.arguments(PurchaseSchema())
@blp.response(201, QuotedSchema)
def quote(query: dict[str, str], receipt: Receipt) -> Response:
    """What a purchase would earn, cost and lack; a purchase with this `quote_id` is closed by the same promotions.

    Nothing is posted and the external id stays free. Every call is a new quote.
    """

    def work() -> Answer:
        quoted = purchases.quote(caller().partner_id, receipt, query["language"])
        return Answer(dict(QuotedSchema().dump(_told(quoted))))

    return transact_once(work)


def _told(quote: Quote) -> dict[str, Any]:
    return {
        "id": ids.public("pqt", quote.id),
        "expires_at": quote.expires_at,
        "member_id": None if quote.member_id is None else ids.public("mbr", quote.member_id),
        "total": quote.total,
        "awards": quote.awards,
        "discounts": [discount(one) for one in quote.discounts],
        "coupons": [{"code": one.code, "outcome": one.refusal or "good"} for one in quote.coupons],
        "spendable": quote.spendable,
        "near_misses": [promotion(one) for one in quote.near_misses],
        "slip": list(quote.slip),
    }


def discount(one: purchases.Discount) -> dict[str, Any]:
    """Money that a promotion takes off."""
    return {"promotion": one.promotion, "version": one.version, "amount": one.minor, "lines": dict(one.lines)}
