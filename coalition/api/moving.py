"""Points that go elsewhere in one step, over HTTP: to a charity."""

from __future__ import annotations

from typing import Any

from flask import Response

from coalition import programs, wallets
from coalition.api.schemas.wallets import DonationRequestSchema, DonationSchema
from coalition.api.spending import spend
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
        told = {
            "id": ids.public("don", deed.id),
            "external_id": deed.external_id,
            "points": {"amount": -deed.amount, "currency": programs.currency_by_id(deed.currency_id).code},
            "charity": body["charity"],
            "donated_at": deed.at,
        }
        return Answer(dict(DonationSchema().dump(told)), 201, replayed)

    return transact_once(work)
