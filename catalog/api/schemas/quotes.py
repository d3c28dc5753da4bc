"""Quotes on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from catalog import pricing
from catalog.api.schemas.members import PresentedMember
from catalog.pricing import Quote
from coalition.kernel import ids
from coalition.kernel.web.fields import AmountSchema, BoundedList, Instant, StrictInteger, Text
from coalition.kernel.web.language import language

_MAX_LINES = 50


class QuoteLineRequestSchema(Schema):
    """A reward and how many pieces of it."""

    reward_id = Text(40, required=True)
    qty = StrictInteger(least=1, most=100, required=True)


class AddressSchema(Schema):
    """Where to deliver; `name`, `email` and `phone` are the member's own when left out.

    `account` is the member's number in another program, where its points are ordered.
    """

    name = Text(120, least=0, load_default="")
    email = Text(254, least=0, load_default="")
    phone = Text(32, least=0, load_default="")
    country = Text(2, least=0, load_default="")
    city = Text(80, least=0, load_default="")
    postal_code = Text(16, least=0, load_default="")
    line1 = Text(200, least=0, load_default="")
    account = Text(64, least=0, load_default="")


class DeliveryRequestSchema(Schema):
    """How and where to deliver; without a method, by each supplier's default. `pickup_point` is `carrier:code`."""

    method = Text(40, load_default=None, allow_none=True)
    pickup_point = Text(80, load_default=None, allow_none=True)
    address = fields.Nested(AddressSchema, load_default=None, allow_none=True)


class QuoteRequestSchema(Schema):
    """What a member would order."""

    member = PresentedMember(required=True)
    lines = BoundedList(fields.Nested(QuoteLineRequestSchema), _MAX_LINES, least=1, required=True)
    delivery = fields.Nested(
        DeliveryRequestSchema, load_default=lambda: {"method": None, "address": None, "pickup_point": None}
    )


class QuoteLineSchema(Schema):
    """A line at its frozen price: for one piece (`base_price`: for everybody), and for all; its title follows
    Accept-Language."""

    line = fields.Integer(required=True)
    reward_id = fields.String(required=True)
    title = fields.String(required=True)
    qty = fields.Integer(required=True)
    price = fields.Nested(AmountSchema, required=True)
    base_price = fields.Nested(AmountSchema, required=True)
    points = fields.Nested(AmountSchema, required=True)


class QuoteDeliverySchema(Schema):
    """The delivery of all consignments together, in the slowest one's days."""

    method = fields.String(required=True)
    points = fields.Nested(AmountSchema, required=True)
    days_min = fields.Integer(required=True)
    days_max = fields.Integer(required=True)


class SplitSchema(Schema):
    """Within which limits the price may be split: points from and to, and what money pays at the fewest points."""

    points_min = fields.Integer(required=True)
    points_max = fields.Integer(required=True)
    points_step = fields.Integer(required=True)
    cash_max = fields.Integer(required=True)
    cash_currency = fields.String(required=True, allow_none=True)


class QuoteSchema(Schema):
    """A price that is held until `expires_at` and can be ordered once."""

    id = fields.String(required=True)
    state = fields.String(required=True)
    expires_at = Instant(required=True)
    lines = fields.List(fields.Nested(QuoteLineSchema), required=True)
    delivery = fields.Nested(QuoteDeliverySchema, required=True)
    points = fields.Nested(AmountSchema, required=True)
    split = fields.Nested(SplitSchema, required=True)


def told(quote: Quote, currency: str) -> dict[str, Any]:
    """A quote as QuoteSchema says it."""

    def points(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": currency}

    return {
        "id": ids.public("quo", quote.id),
        "state": quote.state,
        "expires_at": quote.expires_at,
        "lines": [
            {
                "line": line.no,
                "reward_id": ids.public("rew", line.reward_id),
                "title": line.title(language()),
                "qty": line.qty,
                "price": points(line.unit_points),
                "base_price": points(line.base_points or line.unit_points),
                "points": points(line.points),
            }
            for line in quote.lines
        ],
        "delivery": {
            "method": quote.method,
            "points": points(quote.delivery_points),
            "days_min": max(option.days_min for option in quote.deliveries),
            "days_max": max(option.days_max for option in quote.deliveries),
        },
        "points": points(quote.points),
        "split": _split(quote),
    }


def _split(quote: Quote) -> dict[str, Any]:
    least, most = quote.cash_limits
    return {
        "points_min": least,
        "points_max": most,
        "points_step": quote.cash.points_step if quote.cash else 1,
        "cash_max": pricing.split(quote, least).cash_minor,
        "cash_currency": quote.cash_currency,
    }
