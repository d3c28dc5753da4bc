"""Purchases explained over HTTP: why these points, who pays for them, and what became of them."""

from __future__ import annotations

from typing import Any

from coalition import purchases
from coalition.api.schemas.explaining import ExplainedSchema, ExplainQuerySchema
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.purchases import (
    Explained,
    ExplainedAward,
    ExplainedPromotion,
    ExplainedReturn,
    ExplainedTender,
    Funder,
)

blp = ApiBlueprint("explaining", __name__, description="Purchases explained.")


@blp.route("/purchases/<purchase>/explain")
@needs("purchases:read")
@blp.arguments(ExplainQuerySchema, location="query")
@blp.response(200, ExplainedSchema)
def explain(query: dict[str, str], purchase: str) -> dict[str, Any]:
    """A purchase of this partner with all that its points did, in numbers and in words."""
    number = ids.parse("pur", purchase)
    return transact(lambda: _told(purchases.explain(caller().partner_id, number, query["language"])))


def _told(explained: Explained) -> dict[str, Any]:
    of = explained.purchase
    return {
        "id": ids.public("pur", of.id),
        "external_id": of.external_id,
        "state": of.state,
        "total": of.total,
        "points_paid": of.points_paid,
        "awards": [_award(one) for one in explained.awards],
        "tender": [_tender(one) for one in explained.tender],
        "returns": [_return(one) for one in explained.returns],
        "promotions": [promotion(one) for one in explained.promotions],
        "slip": explained.slip,
    }


def promotion(one: ExplainedPromotion) -> dict[str, Any]:
    """What became of a promotion, and why."""
    head = {"promotion": one.promotion, "version": one.version, "name": one.name, "outcome": one.outcome}
    return {**head, "reason": one.reason, "facts": dict(one.facts)}


def _award(one: ExplainedAward) -> dict[str, Any]:
    return {
        **one.told._asdict(),
        "no": one.no,
        "version": one.version,
        "base_minor": one.base_minor,
        "funding": _funding(one.funding),
        "clawed_back": one.clawed_back,
        "left": one.left,
    }


def _tender(one: ExplainedTender) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "amount": one.amount,
        "points": {"amount": one.units, "currency": one.currency},
        "given_back": one.given_back,
        "draws": [
            {
                "units": drawn.draw.amount,
                "earned_at": drawn.draw.earned_at,
                "earned_with": drawn.partner,
                "expires_at": drawn.draw.expires_at,
                "funding": _funding(drawn.funding),
            }
            for drawn in one.draws
        ],
        "reason": one.reason,
    }


def _return(one: ExplainedReturn) -> dict[str, Any]:
    returned = one.returned
    return {
        "id": ids.public("ret", returned.id),
        "kind": returned.kind,
        "external_id": returned.external_id,
        "occurred_at": returned.occurred_at,
        "lines": [{"no": line.no, "qty_m": line.qty_m} for line in returned.lines],
        "refund_minor": returned.refund,
        "reasons": list(one.reasons),
    }


def _funding(funders: tuple[Funder, ...]) -> list[dict[str, Any]]:
    return [{"name": funder.name, "units": funder.units} for funder in funders]
