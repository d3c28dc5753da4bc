"""Events over HTTP: what members do beside buying, and what banks tell of their cards."""

from __future__ import annotations

from typing import Any

from flask import Response

from coalition import purchases
from coalition.api import wallets
from coalition.api.schemas.events import EventSchema, RecordedEventSchema
from coalition.api.schemas.purchases import SuspendedSchema
from coalition.kernel import audit, ids
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.purchases import Entry, Event, Receipt, Recorded, Refused, Return, Suspended

blp = ApiBlueprint("events", __name__, description="Events that are not purchases, and bank transactions.")


@blp.route("/events", methods=["POST"])
@needs("events:write")
@blp.arguments(EventSchema)
@blp.response(201, RecordedEventSchema)
@blp.alt_response(202, schema=SuspendedSchema)
def record(item: Entry) -> Response:
    """Record an event, once per external id; the same one again answers the same, with today's balances."""
    return transact_once(lambda: _record(item))


def _record(item: Entry) -> Answer:
    if isinstance(item, Return):
        return _reversal(item)
    return _event(item) if isinstance(item, Event) else _transaction(item)


def _event(event: Event) -> Answer:
    partner_id = caller().partner_id
    (result,) = purchases.record_events(partner_id, [event])
    if isinstance(result, Refused):
        raise result.refusal
    public = ids.public("evt", result.id)
    if not result.replayed:
        audit.record("event.record", public, external_id=event.external_id, type=event.type)
    awards = purchases.tell_event(partner_id, result.id)
    return _answer(public, event.external_id, event.type, result.member_id, awards, result.replayed)


def _transaction(receipt: Receipt) -> Answer:
    partner_id = caller().partner_id
    hold = receipt.on_unknown == "hold"
    (result,) = purchases.accept(partner_id, [receipt], purchases.Via(), hold=hold)
    if isinstance(result, Refused):
        raise result.refusal
    if isinstance(result, Suspended):
        return _waits(result)
    return _bought(partner_id, receipt, result)


def _bought(partner_id: int, receipt: Receipt, result: Recorded) -> Answer:
    public = ids.public("pur", result.id)
    if not result.replayed:
        audit.record("purchase.record", public, external_id=receipt.external_id)
    recorded = purchases.find(partner_id, purchase_id=result.id) if result.replayed else result
    awards = [purchases.tell(partner_id, award) for award in recorded.awards]
    answer = (receipt.external_id, purchases.TRANSACTION, result.member_id, awards, result.replayed)
    return _answer(public, *answer)


def _reversal(request: Return) -> Answer:
    (result,) = purchases.give_back(caller().partner_id, [request], purchases.Via())
    if isinstance(result, Refused):
        raise result.refusal
    if isinstance(result, Suspended):
        return _waits(result)
    if not result.replayed:
        subject = ids.public("pur", result.purchase_id)
        audit.record("purchase.return", subject, external_id=result.external_id, refund=result.refund)
    public, nothing = ids.public("ret", result.id), list[Any]()
    return _answer(public, result.external_id, purchases.REVERSAL, result.member_id, nothing, result.replayed)


def _waits(suspended: Suspended) -> Answer:
    """A transaction that waits for its member, or a reversal that waits with it under the same id."""
    told = {"id": ids.public("sus", suspended.id), "external_id": suspended.external_id, "state": "suspended"}
    return Answer(told, 202, suspended.replayed)


def _answer(
    public: str, external_id: str, sort: str, member_id: int | None, awards: list[Any], replayed: bool
) -> Answer:
    told = {
        "id": public,
        "external_id": external_id,
        "type": sort,
        "member_id": None if member_id is None else ids.public("mbr", member_id),
        "awards": awards,
        "balances": [] if member_id is None else wallets.balances(caller().partner_id, member_id),
    }
    return Answer(dict(RecordedEventSchema().dump(told)), 201, replayed)
