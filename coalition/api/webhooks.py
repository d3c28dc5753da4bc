"""Webhook endpoints over HTTP: a partner says where it wants to be told what, and looks at what it was told."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response

from coalition.api.schemas.webhooks import (
    DeliveriesSchema,
    DeliveryDetailSchema,
    DeliveryQuerySchema,
    EndpointChangeSchema,
    EndpointSchema,
    EndpointsSchema,
    NewEndpointSchema,
    ReplayedSchema,
    ReplaySchema,
    RotationSchema,
    SecretSchema,
    StartedSchema,
    TrialSchema,
)
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web import tags
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import PagingSchema, part_of
from coalition.partners import webhooks
from coalition.partners.webhooks import Delivery, Endpoint

blp = ApiBlueprint("webhooks", __name__, description="Being told what happens, by Standard Webhooks.")
_SCOPE = "webhooks:write"


@blp.route("/webhook-endpoints", methods=["POST"])
@needs(_SCOPE)
@blp.arguments(NewEndpointSchema)
@blp.response(201, SecretSchema)
def create(body: dict[str, Any]) -> Response:
    """Let an address be told of events; the answer holds the secret that signs them, this once."""

    def work() -> Answer:
        made, secret = webhooks.create(caller().partner_id, body["url"], body["event_types"], body["description"])
        return _with_secret(made, secret, 201)

    return transact_once(work)


@blp.route("/webhook-endpoints")
@needs(_SCOPE)
@blp.arguments(PagingSchema, location="query")
@blp.response(200, EndpointsSchema)
def read_all(query: dict[str, Any]) -> dict[str, Any]:
    """The partner's endpoints, the oldest first."""
    found = transact(lambda: webhooks.endpoints(caller().partner_id))
    page = part_of(found, query["cursor"], query["limit"])
    return {"items": [_told(one) for one in page.items], "next_cursor": page.next_cursor}


@blp.route("/webhook-endpoints/<endpoint>")
@needs(_SCOPE)
@blp.response(200, EndpointSchema)
def read(endpoint: str) -> dict[str, Any]:
    """One endpoint."""
    return transact(lambda: _told(_own(endpoint)))


@blp.route("/webhook-endpoints/<endpoint>", methods=["PATCH"])
@needs(_SCOPE)
@blp.arguments(EndpointChangeSchema)
@blp.response(200, EndpointSchema, headers=tags.TAGGED)
@blp.doc(parameters=[tags.IF_MATCH])
def change(body: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Change the address, the types, the description; switch off, or on again after we have switched it off."""
    names = {"active": "on"}
    wanted = {names.get(name, name): value for name, value in body.items()}
    at = ids.parse("whk", endpoint)

    def work() -> dict[str, Any]:
        if tags.is_conditional():
            tags.demand(dict(EndpointSchema().dump(_told(webhooks.hold_endpoint(at, caller().partner_id)))))
        return _told(webhooks.change(at, caller().partner_id, **wanted))

    return transact(work)


@blp.route("/webhook-endpoints/<endpoint>", methods=["DELETE"])
@needs(_SCOPE)
@blp.response(204)
def delete(endpoint: str) -> None:
    """Remove an endpoint; it is told nothing more."""
    at = ids.parse("whk", endpoint)
    transact(lambda: webhooks.delete(at, caller().partner_id))


@blp.route("/webhook-endpoints/<endpoint>/rotate", methods=["POST"])
@needs(_SCOPE)
@blp.arguments(RotationSchema)
@blp.response(200, SecretSchema)
def rotate(body: dict[str, Any], endpoint: str) -> Response:
    """Give the endpoint a new secret; deliveries are signed with the old one, too, until the overlap ends."""
    at = ids.parse("whk", endpoint)

    def work() -> Answer:
        found, secret = webhooks.rotate(at, caller().partner_id, body["overlap_s"])
        return _with_secret(found, secret, 200)

    return transact_once(work)


@blp.route("/webhook-endpoints/<endpoint>/test", methods=["POST"])
@needs(_SCOPE)
@blp.arguments(TrialSchema)
@blp.response(202, StartedSchema)
def test(body: dict[str, Any], endpoint: str) -> Response:
    """Send a trial event to the endpoint."""
    at = ids.parse("whk", endpoint)

    def work() -> Answer:
        number = webhooks.try_out(at, caller().partner_id, body["event_type"])
        return Answer({"delivery_id": ids.public("dlv", number)}, 202)

    return transact_once(work)


@blp.route("/webhook-endpoints/<endpoint>/replay", methods=["POST"])
@needs(_SCOPE)
@blp.arguments(ReplaySchema)
@blp.response(202, ReplayedSchema)
def replay(body: dict[str, Any], endpoint: str) -> Response:
    """Send one delivery again, or up to a thousand dead letters (since an instant, if named), under their old ids."""
    at, one, since = ids.parse("whk", endpoint), body["delivery_id"], body["since"]
    if one is not None and since is not None:
        problem = FieldError("/since", "invalid", "Name either a delivery_id or an instant since when.")
        raise Invalid("invalid", "Say what is to be sent again.", [problem])
    if body["all"] and one is None and since is None:
        problem = FieldError("/since", "required", "What was delivered is sent again since an instant that you name.")
        raise Invalid("invalid", "Say since when everything is to be sent again.", [problem])

    def work() -> Answer:
        if one is not None:
            webhooks.resend(at, caller().partner_id, ids.parse("dlv", one))
            return Answer({"replayed": 1, "more": False}, 202)
        begin = since or dt.datetime.min.replace(tzinfo=dt.UTC)
        replayed, more = webhooks.resend_since(at, caller().partner_id, begin, everything=body["all"])
        return Answer({"replayed": replayed, "more": more}, 202)

    return transact_once(work)


@blp.route("/webhook-endpoints/<endpoint>/deliveries")
@needs(_SCOPE)
@blp.arguments(DeliveryQuerySchema, location="query")
@blp.response(200, DeliveriesSchema)
def deliveries(query: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """What the endpoint was told, the newest first."""

    def work() -> dict[str, Any]:
        chosen = {name: query[name] for name in ("state", "event_type")}
        page = webhooks.deliveries(_own(endpoint).id, query["cursor"], query["limit"], **chosen)
        return {"items": [_line(one) for one in page.items], "next_cursor": page.next_cursor}

    return transact(work)


@blp.route("/webhook-deliveries/<delivery>")
@needs(_SCOPE)
@blp.response(200, DeliveryDetailSchema)
def read_delivery(delivery: str) -> dict[str, Any]:
    """One delivery: the body, and every attempt with what came back."""
    number = ids.parse("dlv", delivery)

    def work() -> dict[str, Any]:
        found = webhooks.delivery(number, caller().partner_id)
        return {**_line(found), "body": found.body, "log": found.log}

    return transact(work)


def _own(endpoint: str) -> Endpoint:
    return webhooks.endpoint(ids.parse("whk", endpoint), caller().partner_id)


def _with_secret(at: Endpoint, secret: str, status: int) -> Answer:
    """The answer that shows a secret, which is not kept for a replay."""
    body = dict(SecretSchema().dump({**_told(at), "secret": secret}))
    return Answer(body, status, kept={**body, "secret": None})


def _told(at: Endpoint) -> dict[str, Any]:
    names = (
        "url",
        "description",
        "event_types",
        "state",
        "reason",
        "failing_since",
        "old_secret_ends_at",
        "created_at",
    )
    return {"id": ids.public("whk", at.id), **{name: getattr(at, name) for name in names}}


def _line(at: Delivery) -> dict[str, Any]:
    names = ("type", "about", "sequence", "again", "test", "state", "reason", "attempts", "status", "created_at")
    return {
        "id": ids.public("dlv", at.id),
        "event_id": ids.public("msg", at.event_id),
        **{name: getattr(at, name) for name in names},
        "next_attempt_at": at.due_at,
        "decided_at": at.decided_at,
    }
