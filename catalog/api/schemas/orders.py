"""Orders on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields

from catalog.api.schemas.returns import OrderReturnSchema
from catalog.orders import Consignment, Order, Shown
from catalog.shipments import Shipment
from coalition.kernel import ids
from coalition.kernel.web.fields import AMOUNT_MAX, AmountSchema, Instant, StrictInteger, Text
from coalition.kernel.web.language import language


class TenderSchema(Schema):
    """An amount that may be zero, in minor units of its currency."""

    amount = StrictInteger(required=True)
    currency = Text(16, required=True)


class PaySchema(Schema):
    """How the price is split: so many points, and in `cash` exactly what they leave (it may be left out)."""

    points = fields.Nested(TenderSchema, load_default=None, allow_none=True)
    cash = fields.Nested(TenderSchema, load_default=None, allow_none=True)


class OrderRequestSchema(Schema):
    """Order what was quoted; all in points when `pay` is left out. `consent_points`: the highest price agreed to."""

    external_id = Text(100, required=True)
    quote_id = Text(40, required=True)
    pay = fields.Nested(PaySchema, load_default=None, allow_none=True)
    consent_points = StrictInteger(least=1, most=AMOUNT_MAX)


class CancelSchema(Schema):
    """Cancel an order as far as it still can be."""

    external_id = Text(100, required=True)
    reason = Text(200, load_default=None, allow_none=True)


class OrderLineSchema(Schema):
    """A line as it was ordered; its title follows Accept-Language."""

    line = fields.Integer(required=True)
    reward_id = fields.String(required=True)
    title = fields.String(required=True)
    qty = fields.Integer(required=True)
    points = fields.Nested(AmountSchema, required=True)


class TrackingEventSchema(Schema):
    """One scan; `status` in our words, `text` in the carrier's."""

    status = fields.String(required=True)
    occurred_at = Instant(required=True)
    location = fields.String(required=True)
    text = fields.String(required=True)


class ShipmentSchema(Schema):
    """One parcel; its events in the order in which they happened.

    `leg` is `outbound` or `return`; `incident` says why it is held, late or lost (`carrier_...`, `retailer_...`,
    `consignee_...`, `customs_...`, `weather_...`), or nothing.
    """

    carrier = fields.String(required=True)
    tracking_number = fields.String(required=True)
    leg = fields.String(required=True)
    status = fields.String(required=True)
    incident = fields.String(required=True, allow_none=True)
    action_required = fields.Boolean(required=True)
    delivered_at = Instant(required=True, allow_none=True)
    pickup_until = Instant(required=True, allow_none=True)
    events = fields.List(fields.Nested(TrackingEventSchema), required=True)


class ArtefactSchema(Schema):
    """The reward itself, for one piece of a line: a code, a ticket, a link. It is a secret of the member."""

    line = fields.Integer(required=True)
    unit = fields.Integer(required=True)
    kind = fields.String(required=True)
    content = fields.String(required=True)


class ConsignmentSchema(Schema):
    """One supplier's share of the order."""

    supplier = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Integer(), required=True)
    points = fields.Nested(AmountSchema, required=True)
    expected_on = fields.Date(required=True)
    shipments = fields.List(fields.Nested(ShipmentSchema), required=True)
    artefacts = fields.List(fields.Nested(ArtefactSchema), required=True)


class OrderPaymentSchema(Schema):
    """The cash part: `wanted` until it is reserved on a card at `url`, then `authorized`; or `failed`."""

    state = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)


class OrderSchema(Schema):
    """An order; of its `points`, how many are still held, were captured, went back."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    member_id = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    placed_at = Instant(required=True)
    points = fields.Nested(AmountSchema, required=True)
    points_held = fields.Nested(AmountSchema, required=True)
    points_captured = fields.Nested(AmountSchema, required=True)
    points_released = fields.Nested(AmountSchema, required=True)
    cash = fields.Nested(AmountSchema, required=True)
    payment = fields.Nested(OrderPaymentSchema, required=True, allow_none=True)
    lines = fields.List(fields.Nested(OrderLineSchema), required=True)
    consignments = fields.List(fields.Nested(ConsignmentSchema), required=True)
    returns = fields.List(fields.Nested(OrderReturnSchema), required=True)


def told(
    order: Order,
    currency: str,
    cash_currency: str,
    suppliers: Mapping[int, str],
    parcels: Mapping[int, Sequence[Shipment]],
    artefacts: Sequence[Shown] = (),
    payment: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An order as OrderSchema says it but for its returns; `suppliers` are codes by id, `parcels` by consignment."""

    def points(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": currency}

    return {
        "id": ids.public("ord", order.id),
        "external_id": order.external_id,
        "member_id": ids.public("mbr", order.member_id),
        "state": order.state,
        "reason": order.reason,
        "placed_at": order.placed_at,
        "points": points(order.points),
        "points_held": points(order.points_held),
        "points_captured": points(order.points_captured),
        "points_released": points(order.points_released),
        "cash": {"amount": order.cash_minor, "currency": order.cash_currency or cash_currency},
        "payment": payment,
        "lines": [
            {
                "line": line.no,
                "reward_id": ids.public("rew", line.reward_id),
                "title": line.title(language()),
                "qty": line.qty,
                "points": points(line.points),
            }
            for line in order.lines
        ],
        "consignments": [
            _consignment(share, suppliers[share.supplier_id], parcels.get(share.id, ()), points, artefacts)
            for share in order.consignments
        ],
    }


def _consignment(
    share: Consignment,
    supplier: str,
    parcels: Sequence[Shipment],
    points: Callable[[int], dict[str, Any]],
    artefacts: Sequence[Shown],
) -> dict[str, Any]:
    lines = [line.no for line in share.lines]
    return {
        "supplier": supplier,
        "state": share.state,
        "reason": share.reason,
        "lines": lines,
        "points": points(share.points),
        "expected_on": share.expected_on,
        "shipments": [_shipment(parcel) for parcel in parcels],
        "artefacts": [
            {"line": one.line_no, "unit": one.unit_no, "kind": one.kind, "content": one.content}
            for one in artefacts
            if one.line_no in lines
        ],
    }


def _shipment(parcel: Shipment) -> dict[str, Any]:
    events = [
        {"status": event.status, "occurred_at": event.occurred_at, "location": event.place, "text": event.text}
        for event in reversed(parcel.events)
    ]
    return {
        "carrier": parcel.carrier.code,
        "tracking_number": parcel.tracking_no,
        "leg": parcel.leg,
        "status": parcel.status,
        "incident": parcel.incident or None,
        "action_required": parcel.action_required,
        "pickup_until": parcel.pickup_until,
        "delivered_at": parcel.delivered_at,
        "events": events,
    }
