"""Currencies on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class CurrencyNameSchema(Schema):
    """What a currency is called."""

    en = fields.String(required=True)
    ru = fields.String(required=True)


class CurrencySchema(Schema):
    """A currency: an amount of 1 is the last of its `decimals` (594 with two of them is 5.94).

    `money` is what the program's purchases are paid in, its code ISO 4217; of the `points` the `main` ones price the
    catalog. `spendable` says whether they may pay at all.
    """

    code = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["money", "points"]))
    decimals = fields.Integer(required=True)
    name = fields.Nested(CurrencyNameSchema, required=True, allow_none=True)
    main = fields.Boolean(required=True)
    spendable = fields.Boolean(required=True)


class CurrenciesSchema(Schema):
    """A page of currencies: the money first, then the points, the main ones first."""

    items = fields.List(fields.Nested(CurrencySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
