"""Exchanges over HTTP: points into a foreign program, and back. A partner sees its own exchanges only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from coalition import programs, wallets
from coalition.api.schemas.wallets import ExchangeRequestSchema, ExchangeSchema, ReversalRequestSchema
from coalition.api.spending import spend
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.wallets import Exchange

blp = ApiBlueprint("exchanges", __name__, description="Points exchanged into foreign programs.")


@blp.route("/exchanges", methods=["POST"])
@needs("holds:write")
@blp.arguments(ExchangeRequestSchema)
@blp.response(201, ExchangeSchema)
def request(body: dict[str, Any]) -> Response:
    """Set points aside for a foreign program and ask it to credit them; `GET` says what it answered."""

    def work() -> Answer:
        made, replayed = wallets.exchange(spend(body), body["program"], body["account"])
        asked = replace(made, state="requested", foreign_ref=None, code=None)  # a replay answers as the first time
        return Answer(_dump(asked), 201, replayed)

    return transact_once(work)


@blp.route("/exchanges/<exchange>")
@needs("holds:write")
@blp.response(200, ExchangeSchema)
def read(exchange: str) -> dict[str, Any]:
    """An exchange of this partner, as it is now."""
    return transact(lambda: _told(_own(exchange)))


@blp.route("/exchanges/<exchange>/reverse", methods=["POST"])
@needs("holds:write")
@blp.arguments(ReversalRequestSchema)
@blp.response(200, ExchangeSchema)
def reverse(body: dict[str, Any], exchange: str) -> Response:
    """Ask the foreign program to take its credit back; the points return when it agrees."""

    def work() -> Answer:
        found = _own(exchange)
        reversed_, replayed = wallets.reverse_exchange(found.program_id, found.id, body["external_id"])
        return Answer(_dump(reversed_), 200, replayed)

    return transact_once(work)


def _own(exchange: str) -> Exchange:
    found = wallets.find_exchange(caller().program_id, ids.parse("exc", exchange))
    if found.partner_id != caller().partner_id:
        raise NotFound()
    return found


def _told(found: Exchange) -> dict[str, Any]:
    currency = programs.currency_by_id(found.currency_id).code
    same = ("external_id", "state", "program", "account", "foreign_amount", "code", "created_at")
    return {
        **{name: getattr(found, name) for name in same},
        "id": ids.public("exc", found.id),
        "points": {"amount": found.points, "currency": currency},
        "rate": f"{found.rate.normalize():f}",
        "foreign_reference": found.foreign_ref,
    }


def _dump(found: Exchange) -> dict[str, Any]:
    return dict(ExchangeSchema().dump(_told(found)))
