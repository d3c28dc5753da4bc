"""Quotes on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from coalition.api.schemas.explaining import ExplainedPromotionSchema
from coalition.api.schemas.purchases import AwardSchema, DiscountSchema
from coalition.kernel.web.fields import Instant


class QuotedCouponSchema(Schema):
    """What became of a code: `good` (kept for the quote where it has one use left), or why it opens nothing."""

    code = fields.String(required=True)
    outcome = fields.String(required=True)


class SpendableSchema(Schema):
    """So many `units` may pay `amount` minor units of money now; `available` are all that the member can use."""

    currency = fields.String(required=True)
    available = fields.Integer(required=True)
    units = fields.Integer(required=True)
    amount = fields.Integer(required=True)


class QuotedSchema(Schema):
    """What a purchase would come to; `near_misses` are promotions for which only an amount was missing."""

    id = fields.String(required=True)
    expires_at = Instant(required=True)
    member_id = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
    awards = fields.List(fields.Nested(AwardSchema), required=True)
    discounts = fields.List(fields.Nested(DiscountSchema), required=True)
    coupons = fields.List(fields.Nested(QuotedCouponSchema), required=True)
    spendable = fields.List(fields.Nested(SpendableSchema), required=True)
    near_misses = fields.List(fields.Nested(ExplainedPromotionSchema), required=True)
    slip = fields.List(fields.String(), required=True)
