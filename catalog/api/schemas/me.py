"""A member's own orders on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from coalition.kernel.web.fields import AmountSchema, Instant


class OwnLineSchema(Schema):
    """A line of an order; its title follows Accept-Language."""

    line = fields.Integer(required=True)
    reward_id = fields.String(required=True)
    title = fields.String(required=True)
    qty = fields.Integer(required=True)


class OwnOrderSchema(Schema):
    """An order in the member's list; `expected_on` is the day by which the last parcel is expected."""

    id = fields.String(required=True)
    placed_at = Instant(required=True)
    state = fields.String(required=True)
    points = fields.Nested(AmountSchema, required=True)
    parcels = fields.Integer(required=True)
    expected_on = fields.Date(required=True, allow_none=True)
    lines = fields.List(fields.Nested(OwnLineSchema), required=True)


class OwnOrdersSchema(Schema):
    """A page of orders, newest first."""

    items = fields.List(fields.Nested(OwnOrderSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
