"""Points that go elsewhere in one step, over HTTP: to a charity, a relative, another currency."""

from __future__ import annotations

from typing import Any

from flask import Response

from coalition import programs, wallets
from coalition.api.schemas.wallets import (
    ConversionRequestSchema,
    ConversionSchema,
    DonationRequestSchema,
    DonationSchema,
    TransferRequestSchema,
    TransferSchema,
)
from coalition.api.spending import currency, party, spend
from coalition.kernel import ids
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, needs

blp = ApiBlueprint("moving", __name__, description="Points that go to somebody or into something else.")


@blp.route("/donations", methods=["POST"])
@needs("holds:write")
@blp.arguments(DonationRequestSchema)
@blp.response(201, DonationSchema)
def donate(body: dict[str, Any]) -> Response:
    """Give a member's points to a charity of the program."""

    def work() -> Answer:
        deed, replayed = wallets.donate(spend(body), body["charity"])
        told = {"points": _points(-deed.amount, deed.currency_id), "charity": body["charity"], "donated_at": deed.at}
        return Answer(dict(DonationSchema().dump({**_named(deed, "don"), **told})), 201, replayed)

    return transact_once(work)


@blp.route("/transfers", methods=["POST"])
@needs("holds:write")
@blp.arguments(TransferRequestSchema)
@blp.response(201, TransferSchema)
def transfer(body: dict[str, Any]) -> Response:
    """Give a member's points to another member of the same family."""

    def work() -> Answer:
        wish = spend(body)
        deed, replayed = wallets.transfer(wish, party(body, "to_member", wish.request_hash))
        told = {
            "points": _points(-deed.amount, deed.currency_id),
            "member_id": ids.public("mbr", deed.member_id),
            "to_member_id": ids.public("mbr", deed.to_member_id or 0),
            "transferred_at": deed.at,
        }
        return Answer(dict(TransferSchema().dump({**_named(deed, "trf"), **told})), 201, replayed)

    return transact_once(work)


@blp.route("/conversions", methods=["POST"])
@needs("holds:write")
@blp.arguments(ConversionRequestSchema)
@blp.response(201, ConversionSchema)
def convert(body: dict[str, Any]) -> Response:
    """Change a member's points into points of another currency, rounded down; the remainder stays."""

    def work() -> Answer:
        wish = spend(body, "from_", "/from")
        deed, replayed = wallets.convert(wish, currency(body["to_currency"], "/to_currency"))
        told = {
            "from_": _points(-deed.amount, deed.currency_id),
            "to": _points(deed.arrived or 0, deed.to_currency_id or 0),
            "rate": f"{(deed.rate or 0):f}".rstrip("0").rstrip("."),
            "converted_at": deed.at,
        }
        return Answer(dict(ConversionSchema().dump({**_named(deed, "cnv"), **told})), 201, replayed)

    return transact_once(work)


def _named(deed: wallets.Deed, prefix: str) -> dict[str, Any]:
    return {"id": ids.public(prefix, deed.id), "external_id": deed.external_id}


def _points(amount: int, currency_id: int) -> dict[str, Any]:
    return {"amount": amount, "currency": programs.currency_by_id(currency_id).code}
