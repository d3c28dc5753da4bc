"""Callbacks of suppliers and carriers: signed, stored, acknowledged; what they mean is found out by a job.

Signatures follow Standard Webhooks (five minutes of tolerance in both directions, over the bytes as they came), or the
aggregator's own way.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import request

from catalog import shipments, suppliers
from catalog.api.schemas.callbacks import CarrierCallbackSchema, ReceivedSchema, SupplierCallbackSchema
from catalog.ports import Forged, SupplierEvent, SupplierGateway
from coalition import programs
from coalition.kernel import audit, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import BadRequest, NotFound, Unauthorized
from coalition.kernel.web.api import ApiBlueprint

blp = ApiBlueprint("callbacks", __name__, description="News from suppliers and carriers, signed by them.")


@blp.route("/suppliers/<code>/callbacks", methods=["POST"])
@blp.arguments(SupplierCallbackSchema)
@blp.response(202, ReceivedSchema)
def supplier(body: dict[str, Any], code: str) -> dict[str, Any]:
    """News of an order, from its supplier. 422 `tracking_number_invalid` for a number that the carrier cannot give."""
    return transact(lambda: _take_news(_supplier(code), body))


def _take_news(supplier_id: str, body: dict[str, Any]) -> dict[str, Any]:
    parcel = body["parcel"]
    if parcel:
        with suppress(NotFound):  # a carrier that we do not know yet
            shipments.check_number(parcel["tracking_no"], shipments.carrier(parcel["carrier"]).number_forms)
    return _store(shipments.SUPPLIER, supplier_id, body)


@blp.route("/suppliers/<code>/callbacks/native", methods=["POST"])
@blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": {"type": "object"}}}})
@blp.response(202, ReceivedSchema)
def webhook(code: str) -> dict[str, Any]:
    """News of an order from a supplier of codes, flights or tickets, in its own format and signed in its own way.

    What it says is kept and not believed: we ask the supplier what has become of the order.
    """
    body, gateway = request.get_data(cache=True), ports.get(SupplierGateway)
    told: tuple[SupplierEvent, ...] | Forged = Forged("signature_invalid")
    for supplier_id, access in transact(lambda: [(one.id, suppliers.access(one.id)) for one in _named(code)]):
        told = gateway.parse_webhook(access, dict(request.headers), body)
        if not isinstance(told, Forged):
            news = told
            return transact(lambda: _keep(str(supplier_id), news))  # noqa: B023 - it runs here and now
        if told.code == "malformed":
            raise BadRequest("not_json", "This is no news that we can read.")
    raise _unsigned()


def _keep(supplier_id: str, news: tuple[SupplierEvent, ...]) -> dict[str, Any]:
    known = [_store(shipments.SUPPLIER, supplier_id, _news(event), event.event_id)["duplicate"] for event in news]
    return {"received": True, "duplicate": all(known)}


def _news(event: SupplierEvent) -> dict[str, Any]:
    return {
        "type": shipments.NEWS,
        "kind": event.kind,
        "client_ref": event.client_ref,
        "external_id": event.external_id,
        "occurred_at": event.occurred_at.isoformat() if event.occurred_at else None,
        "told": dict(event.body),
    }


@blp.route("/carriers/<code>/callbacks", methods=["POST"])
@blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": CarrierCallbackSchema}}})
@blp.response(202, ReceivedSchema)
def carrier(code: str) -> dict[str, Any]:
    """Scans of parcels, from their carrier, or from an aggregator in its own format, signed in its own way.

    The format below is ours. What EasyPost, AfterShip, Shippo and Karrio send to a webhook, and a schema.org
    ParcelDelivery, are taken as they are, where the carrier is set up so.
    """
    return transact(lambda: _take(shipments.carrier(code)))


def _take(sender: shipments.Carrier) -> dict[str, Any]:
    body = request.get_data(cache=True)
    if not shipments.signed(sender.vocabulary, shipments.secret_of(sender.code), dict(request.headers), body):
        raise _unsigned()
    if sender.vocabulary == shipments.OURS:
        facts: dict[str, Any] = blp.ARGUMENTS_PARSER.parse(CarrierCallbackSchema, request, location="json")
        return _store(shipments.CARRIER, sender.code, facts)
    try:
        facts = shipments.read(body)
    except ValueError as error:
        raise BadRequest("not_json", "Send a JSON object.") from error
    message_id = shipments.message_id(sender.vocabulary, dict(request.headers), body)
    return _store(shipments.CARRIER, sender.code, facts, message_id)


def _store(source: str, sender: str, body: dict[str, Any], message_id: str | None = None) -> dict[str, Any]:
    audit.set_origin(audit.Origin(f"{source}:{sender}", request.remote_addr, audit.origin().request_id))
    fresh = shipments.receive(source, sender, message_id or request.headers["webhook-id"], body)
    return {"received": True, "duplicate": not fresh}


def _supplier(code: str) -> str:
    """The id of the supplier that signed this. Codes are a program's own, so the signature tells which it is."""
    for one in _named(code):
        if _signed_with(suppliers.access(one.id).secret):
            return str(one.id)
    raise _unsigned()


def _named(code: str) -> list[suppliers.Supplier]:
    """The suppliers of this code, one a program at most. Raises NotFound if there is none."""
    known = []
    for program in programs.list_programs():
        with suppress(NotFound):
            known.append(suppliers.by_code(program.id, code))
    if not known:
        raise NotFound()
    return known


def _signed_with(secret: str) -> bool:
    return shipments.standard(secret, dict(request.headers), request.get_data(cache=True))


def _unsigned() -> Unauthorized:
    return Unauthorized("signature_invalid", "The signature is missing, wrong, or more than five minutes off.")
