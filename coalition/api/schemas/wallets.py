"""Transfers, conversions, donations and exchanges on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from coalition.api.schemas.members import IdentifierSchema
from coalition.kernel.web.fields import AmountSchema, Instant, PointsSchema, StrictInteger, Text


class SpendingSchema(Schema):
    """What a member gives away through a partner; `proof` is the one-time code that some programs demand."""

    external_id = Text(100, required=True)
    member = fields.Nested(IdentifierSchema, required=True)
    points = fields.Nested(PointsSchema, required=True)
    proof = Text(200, load_default=None, allow_none=True)


class DonationRequestSchema(SpendingSchema):
    """Points for a charity of the program, by the charity's code."""

    charity = Text(40, required=True)


class DonationSchema(Schema):
    """A donation that was made."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    points = fields.Nested(AmountSchema, required=True)
    charity = fields.String(required=True)
    donated_at = Instant(required=True)


class TransferRequestSchema(SpendingSchema):
    """Points for another member of the same family."""

    to_member = fields.Nested(IdentifierSchema, required=True)


class TransferSchema(Schema):
    """A transfer that was made."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    points = fields.Nested(AmountSchema, required=True)
    member_id = fields.String(required=True)
    to_member_id = fields.String(required=True)
    transferred_at = Instant(required=True)


class ConversionRequestSchema(Schema):
    """Points of one currency to be changed into another at the program's rate of the day."""

    external_id = Text(100, required=True)
    member = fields.Nested(IdentifierSchema, required=True)
    from_ = fields.Nested(PointsSchema, required=True, data_key="from")
    to_currency = Text(16, required=True)
    proof = Text(200, load_default=None, allow_none=True)


class ConversionSchema(Schema):
    """A conversion: what was taken (no more than the result needs), what it became, at how many units for one."""

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    from_ = fields.Nested(AmountSchema, required=True, data_key="from")
    to = fields.Nested(AmountSchema, required=True)
    rate = fields.String(required=True)
    converted_at = Instant(required=True)


class ExchangeRequestSchema(SpendingSchema):
    """Points for the member's account in a foreign program, by that program's code."""

    program = Text(40, required=True)
    account = Text(64, required=True)


class ReversalRequestSchema(Schema):
    """Undo it, once."""

    external_id = Text(100, required=True)


class ExchangeSchema(Schema):
    """An exchange: requested, sent, in_doubt, confirmed, rejected; after a confirmation also reversing, reversed.

    `foreign_amount` is what the foreign program credits, in its own units, at `rate` units for one of ours;
    `foreign_reference` is its number, `code` why it last refused.
    """

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    state = fields.String(required=True)
    points = fields.Nested(AmountSchema, required=True)
    program = fields.String(required=True)
    account = fields.String(required=True)
    foreign_amount = StrictInteger(required=True)
    rate = fields.String(required=True)
    foreign_reference = fields.String(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True)
    created_at = Instant(required=True)
