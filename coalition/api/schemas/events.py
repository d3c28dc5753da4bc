"""Events on the wire: what members do beside buying, and what their bank tells of their cards.

What is wrong in a request is found by the readers of the room, the same that registries use; the fields document it.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from coalition import purchases
from coalition.api.schemas.members import BalanceSchema, IdentifierSchema
from coalition.api.schemas.purchases import AwardSchema
from coalition.kernel.web.fields import Instant, StrictInteger, Text


class EventSchema(Schema):
    """An event of any `type` (review, visit, referral, survey, course, ...) with the partner's `attributes`.

    Of the types `bank.transaction` and `bank.reversed` it is what a bank tells: `amount` in minor units of `currency`,
    the merchant's category `mcc`, and `original`, the external id of the transaction that is reversed (wholly, or by
    `amount`). The former becomes a purchase, the latter a return of it; `on_unknown_member` is for the former alone.
    A `referral` is of the member who brought somebody: with `friend` (the new member's id) among its attributes, the
    event `referral.completed` follows by itself from the friend's first purchase of at least `min_minor` (default 1).
    Any other event of an unknown member is refused (`unknown_member`), and can be sent again when there is one.
    """

    external_id = Text(100, required=True)
    type = Text(40, required=True)
    occurred_at = Instant(required=True)
    member = fields.Nested(IdentifierSchema, allow_none=True)
    attributes = fields.Dict(keys=fields.String(), values=fields.Raw())
    amount = StrictInteger(least=1)
    currency = Text(3)
    mcc = Text(4)
    merchant = Text(300, allow_none=True)
    outlet = Text(40, allow_none=True)
    original = Text(100)
    on_unknown_member = fields.String(allow_none=True, validate=validate.OneOf(purchases.ON_UNKNOWN))

    def load(self, data: Any, **_: Any) -> purchases.Entry:  # type: ignore[override]
        """What the body is: an event, a bank's transaction or its reversal. Raises Invalid with every wrong field."""
        return purchases.read_event_or_transaction(data)


class RecordedEventSchema(Schema):
    """A recorded event with what it earned; a bank transaction has its purchase's id, a reversal its return's."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    type = fields.String(required=True)
    member_id = fields.String(required=True, allow_none=True)
    awards = fields.List(fields.Nested(AwardSchema), required=True)
    balances = fields.List(fields.Nested(BalanceSchema), required=True)
