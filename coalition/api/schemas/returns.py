"""Returns and voids on the wire. What is wrong in a request is found by `purchases.read_return`, the same reader that
registries use; the fields here document it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from coalition import purchases
from coalition.api.schemas.members import BalanceSchema
from coalition.kernel.web.fields import AmountSchema, BoundedList, Instant, StrictInteger, Text


class ReturnedLineSchema(Schema):
    """A line to return: so many thousandths of its quantity, or all that is left of it when `qty_m` is left out."""

    no = StrictInteger(least=1, most=32_767, required=True)
    qty_m = StrictInteger(least=1, allow_none=True)


class ReturnRequestSchema(Schema):
    """A return, line by line, cumulative over all returns of the purchase."""

    external_id = Text(100, required=True)
    occurred_at = Instant(required=True)
    lines = BoundedList(fields.Nested(ReturnedLineSchema), 1000, least=1, required=True)

    def load(self, data: Any, **_: Any) -> purchases.Return:  # type: ignore[override]
        """The return in a parsed body. Raises Invalid with every wrong field."""
        return purchases.read_return(data, purchases.RETURN)


class VoidRequestSchema(Schema):
    """A void: the purchase never happened. `occurred_at` is now when it is left out."""

    external_id = Text(100, required=True)
    occurred_at = Instant(allow_none=True)

    def load(self, data: Any, **_: Any) -> purchases.Return:  # type: ignore[override]
        """The void in a parsed body. Raises Invalid with every wrong field."""
        return purchases.read_return(data, purchases.VOID)


class GivenLineSchema(Schema):
    """A line as it was returned; `qty_m` is null where it was sold without a quantity, `refund` money."""

    no = fields.Integer(required=True)
    qty_m = fields.Integer(required=True, allow_none=True)
    refund = fields.Integer(required=True)


class ClawedSchema(Schema):
    """What was taken back of an award: of `units`, `owed` are arrears now and `waived` were let go."""

    promotion = fields.String(required=True)
    currency = fields.String(required=True)
    units = fields.Integer(required=True)
    owed = fields.Integer(required=True)
    waived = fields.Integer(required=True)
    lines = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    reason = fields.String(required=True)


class ReturnedSchema(Schema):
    """A recorded return: what it clawed back, the points it gave back and the money to be paid back (minor units)."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    purchase_id = fields.String(required=True)
    lines = fields.List(fields.Nested(GivenLineSchema), required=True)
    clawed_back = fields.List(fields.Nested(ClawedSchema), required=True)
    restored = fields.List(fields.Nested(AmountSchema), required=True)
    refund_minor = fields.Integer(required=True)
    balances = fields.List(fields.Nested(BalanceSchema), required=True)
