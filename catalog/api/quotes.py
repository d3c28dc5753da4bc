"""Quotes over HTTP: what a member's order would cost, held for thirty minutes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Response

from catalog import pricing
from catalog.api.schemas.members import member_named
from catalog.api.schemas.quotes import QuoteRequestSchema, QuoteSchema, told
from catalog.ports import Address
from coalition import members, programs
from coalition.kernel import ids
from coalition.kernel.errors import NotFound
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs

blp = ApiBlueprint("quotes", __name__, description="Prices held for an order.")
_NOBODY = 0  # no reward has this id: an id that cannot be read is an unknown reward


@blp.route("/catalog/quotes", methods=["POST"])
@needs("orders:write")
@blp.arguments(QuoteRequestSchema)
@blp.response(201, QuoteSchema)
def quote(body: dict[str, Any]) -> Response:
    """Freeze the price of these rewards for a member, with delivery, for thirty minutes."""
    return transact_once(lambda: _quote(body))


def _quote(body: dict[str, Any]) -> Answer:
    client = caller()
    member_id = member_named(client.program_id, client.partner_id, body["member"])
    quoted = pricing.quote(
        client.program_id,
        member_id,
        [(_reward_id(line["reward_id"]), line["qty"]) for line in body["lines"]],
        body["delivery"]["method"],
        _address(member_id, body["delivery"]["address"]),
        partner_id=client.partner_id,
        pickup_code=body["delivery"]["pickup_point"],
    )
    currency = programs.currency_by_id(quoted.currency_id).code
    return Answer(dict(QuoteSchema().dump(told(quoted, currency))))


def _reward_id(text: str) -> int:
    with suppress(NotFound):
        return ids.parse("rew", text)
    return _NOBODY


def _address(member_id: int, given: dict[str, str] | None) -> Address:
    """The address as given, completed by who the member is."""
    known, said = members.profile(member_id), given or {"name": "", "email": "", "phone": ""}
    who = {
        "name": said["name"] or known.name or "Member",
        "email": said["email"] or known.email,
        "phone": said["phone"] or known.phone,
    }
    return Address(**{**said, **who})
