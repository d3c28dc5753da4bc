"""What the payment provider calls in: verified, stored, acknowledged; what it means is found out by a job."""

from __future__ import annotations

from typing import Any

from flask import request

from catalog import payments
from catalog.api.schemas.callbacks import ReceivedSchema
from catalog.ports import PaymentProvider
from coalition.kernel import audit, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Unauthorized
from coalition.kernel.web.api import ApiBlueprint

blp = ApiBlueprint("payments", __name__, description="News from the payment provider, signed by it.")


@blp.route("/payments/callbacks", methods=["POST"])
@blp.response(200, ReceivedSchema)
def receive() -> dict[str, Any]:
    """An event of the payment provider, in its own format (for Stripe: the address of the webhook endpoint)."""
    if not ports.bound(PaymentProvider):
        raise NotFound()
    news = ports.get(PaymentProvider).parse_webhook(dict(request.headers), request.get_data(cache=True))
    if news is None:
        raise Unauthorized("signature_invalid", "The signature is missing, wrong, or more than five minutes off.")
    audit.set_origin(audit.Origin("payment provider", request.remote_addr, audit.origin().request_id))
    return {"received": True, "duplicate": not transact(lambda: payments.receive(news))}
