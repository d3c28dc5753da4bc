"""Purchases on the wire. What is wrong in a request is found by `purchases.read`, the same reader that registries use;
the fields here document it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from coalition import purchases
from coalition.api.schemas.members import BalanceSchema, IdentifierSchema
from coalition.kernel.web.fields import AmountSchema, Instant, StrictInteger, Text
from coalition.kernel.web.paging import PagingSchema


class PaymentSchema(Schema):
    """A tender: `amount` in minor units of the purchase's currency.

    With the kind `redeem` the member's points pay it on the spot, at face value and rounded up; `currency` is then the
    code of the points (default: the program's main ones).
    """

    kind = Text(40, required=True)
    amount = StrictInteger(required=True)
    mcc = Text(4, least=0, allow_none=True)
    currency = Text(12, allow_none=True)


class LineSchema(Schema):
    """A line; `amount` is authoritative, `qty_m` in thousandths. A line without a quantity earns nothing."""

    no = StrictInteger(least=1, most=32_767, required=True)
    sku = Text(100, least=0, allow_none=True)
    name = Text(300, least=0, allow_none=True)
    category = Text(200, least=0, allow_none=True)
    qty_m = StrictInteger(allow_none=True)
    price = StrictInteger(allow_none=True)
    amount = StrictInteger(required=True)


class PurchaseSchema(Schema):
    """A purchase as a partner sends it; bare amounts are minor units of `currency`."""

    external_id = Text(100, required=True)
    occurred_at = Instant(required=True)
    outlet = Text(40, required=True)
    member = fields.Nested(IdentifierSchema, allow_none=True)
    currency = Text(3, required=True)
    channel = fields.String(validate=validate.OneOf(purchases.CHANNELS))
    coupons = fields.List(fields.String(), allow_none=True)
    hold_id = fields.String(allow_none=True)
    quote_id = fields.String(allow_none=True)
    proof = fields.String(allow_none=True)
    points_paid = StrictInteger()
    on_unknown_member = fields.String(allow_none=True, validate=validate.OneOf(purchases.ON_UNKNOWN))
    payments = fields.List(fields.Nested(PaymentSchema), allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=validate.Length(min=1, max=1000))

    def load(self, data: Any, **_: Any) -> purchases.Receipt:  # type: ignore[override]
        """The receipt in a parsed body. Raises Invalid with every wrong field."""
        return purchases.read(data)


class AwardSchema(Schema):
    """What the purchase earned: `units` in minor units of `currency`, `lines` the units that each line brought."""

    promotion = fields.String(required=True)
    kind = fields.String(required=True)
    currency = fields.String(required=True)
    units = fields.Integer(required=True)
    lines = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    available_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
    reason = fields.String(required=True)


class DeclinedSchema(Schema):
    """So many units of an award were not granted, because its funder has reached the limit of what it may fund."""

    promotion = fields.String(required=True)
    currency = fields.String(required=True)
    units = fields.Integer(required=True)


class ShownCouponSchema(Schema):
    """What became of a coupon that was shown: `redeemed`, `idle` (good, but no promotion gave anything for it), or why
    it opens nothing (`coupon_unknown`, `coupon_mistyped`, `coupon_used`, `coupon_expired` and so on)."""

    code = fields.String(required=True)
    outcome = fields.String(required=True)


class DiscountSchema(Schema):
    """Money that a promotion takes off, in minor units, and how much of it falls to each line."""

    promotion = fields.String(required=True)
    version = fields.Integer(required=True)
    amount = fields.Integer(required=True)
    lines = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class ReturnedQuantitySchema(Schema):
    """How much of a line has come back, in thousandths; null for a line without a quantity."""

    no = fields.Integer(required=True)
    qty_m = fields.Integer(required=True, allow_none=True)


class RecordedSchema(Schema):
    """A recorded purchase; `total` in minor units of its currency, `captured` the held points that paid, `redeemed` the
    points that paid on the spot. `state` is recorded, partly_returned, returned or voided."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    member_id = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
    awards = fields.List(fields.Nested(AwardSchema), required=True)
    declined = fields.List(fields.Nested(DeclinedSchema), required=True)
    discounts = fields.List(fields.Nested(DiscountSchema), required=True)
    captured = fields.Nested(AmountSchema, required=True, allow_none=True)
    redeemed = fields.List(fields.Nested(AmountSchema), required=True)
    coupons = fields.List(fields.Nested(ShownCouponSchema), required=True)
    state = fields.String(required=True)
    returned = fields.List(fields.Nested(ReturnedQuantitySchema), required=True)
    balances = fields.List(fields.Nested(BalanceSchema), required=True)


class SuspendedSchema(Schema):
    """A purchase of an unknown member: it waits, and is recorded when a member with this identifier appears."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    state = fields.String(required=True)


class ByExternalIdSchema(PagingSchema):
    """The question after a time-out: did this purchase arrive? A list of one at most, paged as every list."""

    external_id = Text(100, required=True)


class FoundSchema(Schema):
    """The purchase under an external id, or none."""

    items = fields.List(fields.Nested(RecordedSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
