"""Callbacks of suppliers and carriers: signed, stored, acknowledged; what they mean is found out by a job.

Signatures follow Standard Webhooks: five minutes of tolerance in both directions, over the bytes as they came.
"""

from __future__ import annotations

from typing import Any

from flask import request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from catalog import shipments, suppliers
from catalog.api.schemas.callbacks import CarrierCallbackSchema, ReceivedSchema, SupplierCallbackSchema
from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Unauthorized
from coalition.kernel.web.api import ApiBlueprint

blp = ApiBlueprint("callbacks", __name__, description="News from suppliers and carriers, signed by them.")
_MAX_ID = 200


@blp.route("/suppliers/<code>/callbacks", methods=["POST"])
@blp.arguments(SupplierCallbackSchema)
@blp.response(202, ReceivedSchema)
def supplier(body: dict[str, Any], code: str) -> dict[str, Any]:
    """News of an order, from its supplier."""
    return transact(lambda: _store(shipments.SUPPLIER, _supplier(code), body))


@blp.route("/carriers/<code>/callbacks", methods=["POST"])
@blp.arguments(CarrierCallbackSchema)
@blp.response(202, ReceivedSchema)
def carrier(body: dict[str, Any], code: str) -> dict[str, Any]:
    """Scans of parcels, from their carrier."""
    return transact(lambda: _store(shipments.CARRIER, _carrier(code), body))


def _store(source: str, sender: str, body: dict[str, Any]) -> dict[str, Any]:
    audit.set_origin(audit.Origin(f"{source}:{sender}", request.remote_addr, audit.origin().request_id))
    fresh = shipments.receive(source, sender, request.headers["webhook-id"], body)
    return {"received": True, "duplicate": not fresh}


def _supplier(code: str) -> str:
    """The id of the supplier that signed this. Codes are a program's own, so the signature tells which it is."""
    known = []
    for program in programs.list_programs():
        try:
            known.append(suppliers.by_code(program.id, code))
        except NotFound:
            continue
    if not known:
        raise NotFound()
    for one in known:
        if _signed_with(suppliers.access(one.id).secret):
            return str(one.id)
    raise _unsigned()


def _carrier(code: str) -> str:
    if not _signed_with(shipments.secret_of(code)):
        raise _unsigned()
    return code


def _signed_with(secret: str) -> bool:
    if len(request.headers.get("webhook-id", "")) > _MAX_ID:
        return False
    try:
        Webhook(secret).verify(request.get_data(cache=True), dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _unsigned() -> Unauthorized:
    return Unauthorized("signature_invalid", "The signature is missing, wrong, or more than five minutes off.")
