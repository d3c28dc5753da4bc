"""Returns of orders on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from catalog.orders import RETURN_REASONS, Return
from coalition.kernel import ids
from coalition.kernel.web.fields import AmountSchema, BoundedList, Instant, StrictInteger, Text


class OrderReturnLineSchema(Schema):
    """So many pieces of a line of the order."""

    line = StrictInteger(least=1, most=10_000, required=True)
    qty = StrictInteger(least=1, most=1_000_000, required=True)


class OrderReturnRequestSchema(Schema):
    """Ask to give something back; all lines from one supplier."""

    external_id = Text(100, required=True)
    lines = BoundedList(fields.Nested(OrderReturnLineSchema), 100, least=1, required=True)
    reason = fields.String(required=True, validate=validate.OneOf(RETURN_REASONS))
    comment = Text(500, load_default=None, allow_none=True)


class OrderReturnItemSchema(Schema):
    """Pieces of a line: how many are to come back, came, and are paid back, with what they come to."""

    line = fields.Integer(required=True)
    qty = fields.Integer(required=True)
    reception = fields.String(required=True)
    received = fields.Integer(required=True)
    acceptance = fields.String(required=True)
    accepted = fields.Integer(required=True)
    points = fields.Nested(AmountSchema, required=True)
    cash = fields.Nested(AmountSchema, required=True)


class OrderReturnSchema(Schema):
    """A return; the goods go to `address` until `send_until`. `points` and `cash` are what was paid back."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    requested_at = Instant(required=True)
    address = fields.String(required=True, allow_none=True)
    label_url = fields.String(required=True, allow_none=True)
    send_until = Instant(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Nested(OrderReturnItemSchema), required=True)
    points = fields.Nested(AmountSchema, required=True)
    cash = fields.Nested(AmountSchema, required=True)


def told_return(found: Return, currency: str, cash_currency: str) -> dict[str, Any]:
    """A return as OrderReturnSchema says it."""

    def points(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": currency}

    def cash(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": cash_currency}

    same = ("external_id", "state", "reason", "requested_at", "address", "label_url", "send_until", "note")
    return {
        "id": ids.public("rma", found.id),
        **{name: getattr(found, name) for name in same},
        "lines": [
            {
                "line": item.line_no,
                "qty": item.qty,
                "reception": item.reception,
                "received": item.received_qty,
                "acceptance": item.acceptance,
                "accepted": item.accepted_qty,
                "points": points(item.points),
                "cash": cash(item.cash_minor),
            }
            for item in found.items
        ],
        "points": points(found.refund_points),
        "cash": cash(found.refund_cash_minor),
    }
