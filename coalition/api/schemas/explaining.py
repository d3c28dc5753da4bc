"""A purchase explained, on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from coalition.api.schemas.purchases import AwardSchema, ReturnedQuantitySchema
from coalition.kernel.web.fields import AmountSchema, Instant


class ExplainQuerySchema(Schema):
    """In which language the sentences are."""

    language = fields.String(validate=validate.OneOf(("en", "ru")), load_default="en")


class FunderSchema(Schema):
    """Who pays, and for how many units."""

    name = fields.String(required=True)
    units = fields.Integer(required=True)


class ExplainedAwardSchema(AwardSchema):
    """An award with its rule's version, the money it was earned on (minor units) and what returns took back of it."""

    no = fields.Integer(required=True)
    version = fields.Integer(required=True)
    base_minor = fields.Integer(required=True, allow_none=True)
    funding = fields.List(fields.Nested(FunderSchema), required=True)
    clawed_back = fields.Integer(required=True)
    left = fields.Integer(required=True)


class DrawSchema(Schema):
    """Points of one lot that paid: where and when they had been earned, until when they were good, and who pays."""

    units = fields.Integer(required=True)
    earned_at = Instant(required=True)
    earned_with = fields.String(required=True)
    expires_at = Instant(required=True, allow_none=True)
    funding = fields.List(fields.Nested(FunderSchema), required=True)


class PaidWithSchema(Schema):
    """Points that paid `amount` (minor units of money): held or redeemed, from which lots, and what came back."""

    kind = fields.String(required=True)
    amount = fields.Integer(required=True)
    points = fields.Nested(AmountSchema, required=True)
    given_back = fields.Integer(required=True)
    draws = fields.List(fields.Nested(DrawSchema), required=True)
    reason = fields.String(required=True)


class ExplainedReturnSchema(Schema):
    """A return or void with the sentences of all that it did; `refund_minor` is money."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    external_id = fields.String(required=True)
    occurred_at = Instant(required=True)
    lines = fields.List(fields.Nested(ReturnedQuantitySchema), required=True)
    refund_minor = fields.Integer(required=True)
    reasons = fields.List(fields.String(), required=True)


class ExplainedPromotionSchema(Schema):
    """What became of a promotion: applied, limited, zero, outcompeted or rejected, and why, in a sentence.

    `facts` are the outcome's own: its effects; the limit with what was wanted and left; the group, who won and what it
    would have given; or the condition that failed (`path`, `field`, `op`, `expected`, `actual`, `missing_by`).
    """

    promotion = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    outcome = fields.String(required=True)
    reason = fields.String(required=True)
    facts = fields.Dict(required=True)


class ExplainedSchema(Schema):
    """A purchase explained; `total` and `points_paid` are minor units of money."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    state = fields.String(required=True)
    total = fields.Integer(required=True)
    points_paid = fields.Integer(required=True)
    awards = fields.List(fields.Nested(ExplainedAwardSchema), required=True)
    tender = fields.List(fields.Nested(PaidWithSchema), required=True)
    returns = fields.List(fields.Nested(ExplainedReturnSchema), required=True)
    promotions = fields.List(fields.Nested(ExplainedPromotionSchema), required=True)
    slip = fields.List(fields.String(), required=True)
