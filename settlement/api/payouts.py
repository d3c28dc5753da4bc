"""What a payout provider calls in: verified, stored, acknowledged; what it means is found out by a job."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, fields

from coalition.kernel import audit, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Unauthorized
from coalition.kernel.web.api import ApiBlueprint
from settlement import payouts
from settlement.ports import PayoutProvider

blp = ApiBlueprint("payouts", __name__, description="News from those who collect and pay out for us, signed by them.")
_NAMES = ("stripe", "bank")


class PayoutNewsSchema(Schema):
    """That a message was taken; `duplicate`: it came before."""

    received = fields.Boolean(required=True)
    duplicate = fields.Boolean(required=True)


@blp.route("/payouts/<provider>/callbacks", methods=["POST"])
@blp.response(200, PayoutNewsSchema)
def receive(provider: str) -> dict[str, Any]:
    """An event of a provider, in its own format (for Stripe: the address of the webhook endpoint for invoices and
    Connect)."""
    if provider not in _NAMES or not ports.bound(PayoutProvider, name=provider):
        raise NotFound()
    body = request.get_data(cache=True)
    news = ports.get(PayoutProvider, name=provider).parse_webhook(dict(request.headers), body)
    if news is None:
        raise Unauthorized("signature_invalid", "The signature is missing, wrong, or more than five minutes off.")
    audit.set_origin(audit.Origin("payout provider", request.remote_addr, audit.origin().request_id))
    return {"received": True, "duplicate": not transact(lambda: payouts.receive(provider, news))}
