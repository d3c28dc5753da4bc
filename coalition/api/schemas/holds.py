"""Holds on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from coalition.api.schemas.members import IdentifierSchema
from coalition.kernel.web.fields import AmountSchema, BoundedList, Instant, PointsSchema, StrictInteger, Text

TTL_MAX_S = 30 * 86_400
AMOUNT_MAX = 10**12
LINES_MAX = 1_000


class HoldLineSchema(Schema):
    """A line of the receipt to come."""

    sku = Text(64, required=True)
    amount = StrictInteger(least=0, most=AMOUNT_MAX, required=True)


class HoldReceiptSchema(Schema):
    """What is about to be bought, in minor units of money; promo accounts pay only where this says that they may."""

    outlet = Text(40, load_default=None, allow_none=True)
    total = StrictInteger(least=0, most=AMOUNT_MAX, required=True)
    lines = BoundedList(fields.Nested(HoldLineSchema), LINES_MAX, load_default=list)


class HoldRequestSchema(Schema):
    """Points to set aside for `ttl_s` seconds. `proof`: the member's one-time code, which a program may demand."""

    external_id = Text(100, required=True)
    member = fields.Nested(IdentifierSchema, required=True)
    points = fields.Nested(PointsSchema, required=True)
    ttl_s = StrictInteger(least=1, most=TTL_MAX_S, required=True)
    purpose = Text(200, least=0, load_default="")
    proof = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    receipt = fields.Nested(HoldReceiptSchema, load_default=None, allow_none=True)


class CaptureSchema(Schema):
    """Points to redeem out of a hold; all that it has left when `amount` is left out."""

    external_id = Text(100, required=True)
    amount = StrictInteger(least=1, load_default=None, allow_none=True)


class ReleaseSchema(Schema):
    """Put back what a hold has left."""

    external_id = Text(100, required=True)


class HoldSchema(Schema):
    """A hold: of `points`, how many were captured and how many went back; state open, captured, released or expired."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    state = fields.String(required=True)
    points = fields.Nested(AmountSchema, required=True)
    captured = fields.Nested(AmountSchema, required=True)
    released = fields.Nested(AmountSchema, required=True)
    purpose = fields.String(required=True)
    expires_at = Instant(required=True)


class CapturedSchema(HoldSchema):
    """A hold after a capture, and what this capture redeemed."""

    redeemed = fields.Nested(AmountSchema, required=True)
