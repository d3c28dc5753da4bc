"""What a search for rewards looks like, and a reward as we answer it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from marshmallow import Schema, fields, validate

from catalog.api.schemas.members import PresentedMember
from catalog.pricing import Price
from catalog.rewards import KINDS, SORTS, Facets, Reward, form_near
from coalition.kernel import config, ids
from coalition.kernel.web.fields import AMOUNT_MAX, AmountSchema, QueryInteger, Text
from coalition.kernel.web.language import language
from coalition.kernel.web.paging import PagingSchema

_PICTURE_WIDTH = 640
_POINTS = validate.Range(min=0, max=AMOUNT_MAX)


class RewardQuerySchema(PagingSchema):
    """Every filter is optional; `affordable` needs a `member`. `facets` asks for what a choice would leave."""

    q = Text(100, least=0, load_default="")
    category = Text(40, least=0, load_default="")
    supplier = Text(40, least=0, load_default="")
    min_points = QueryInteger(load_default=None, validate=_POINTS)
    max_points = QueryInteger(load_default=None, validate=_POINTS)
    brand = Text(100, least=0, load_default="")
    kind = fields.String(load_default="", validate=validate.OneOf(["", *KINDS]))
    delivery = fields.String(load_default=None, validate=validate.OneOf(["electronic", "parcel"]))
    in_stock = fields.Boolean(load_default=False)
    facets = fields.Boolean(load_default=False)
    affordable = fields.Boolean(load_default=False)
    member = PresentedMember(load_default=None)
    sort = fields.String(load_default="popular", validate=validate.OneOf(list(SORTS)))


class ForWhomSchema(Schema):
    """Whose price is asked; nobody's is the one for everybody."""

    member = PresentedMember(load_default=None)


class OffersQuerySchema(PagingSchema):
    """Whose prices are asked; nobody's are those for everybody."""

    member = PresentedMember(load_default=None)


class RewardSchema(Schema):
    """A reward on sale. `base_price` is its price for everybody, `price_reason` names the rules that lowered `price`
    (null: none did), `cash_option` says whether money may pay a part; texts follow Accept-Language."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    kind = fields.String(required=True)
    category = fields.String(required=True)
    supplier = fields.String(required=True)
    sku = fields.String(required=True)
    price = fields.Nested(AmountSchema, required=True)
    base_price = fields.Nested(AmountSchema, required=True)
    price_reason = fields.String(required=True, allow_none=True)
    cash_option = fields.Boolean(required=True)
    in_stock = fields.Boolean(required=True)
    delivery = fields.String(required=True)
    image_url = fields.String(required=True)


class OfferSchema(Schema):
    """Another supplier's offer of the same product: a reward of its own, which can be ordered by its id."""

    id = fields.String(required=True)
    supplier = fields.String(required=True)
    price = fields.Nested(AmountSchema, required=True)
    in_stock = fields.Boolean(required=True)


class OffersSchema(Schema):
    """A page of the offers of a product, the best first."""

    items = fields.List(fields.Nested(OfferSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class FacetValueSchema(Schema):
    """A value to filter by (a price band: its lower end), and how many rewards would be left."""

    value = fields.String(required=True)
    label = fields.String(required=True)
    count = fields.Integer(required=True)


class RewardsSchema(Schema):
    """One page of rewards; `total` counts all that match. `facets` are by `category`, `supplier`, `brand`, `kind`,
    `delivery`, `price` and `stock`, at the prices for everybody; null if they were not asked for."""

    items = fields.List(fields.Nested(RewardSchema), required=True)
    total = fields.Integer(required=True)
    facets = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(FacetValueSchema)), required=True, allow_none=True
    )
    next_cursor = fields.String(required=True, allow_none=True)


def told(reward: Reward, price: Price, currency: str, *, cash: bool) -> Mapping[str, Any]:
    """The reward as RewardSchema dumps it."""
    return {
        "id": ids.public("rew", reward.id),
        "title": reward.title(language()),
        "description": reward.description(language()),
        "kind": reward.kind,
        "category": reward.category_code,
        "supplier": reward.supplier_code,
        "sku": reward.supplier_sku,
        "price": {"amount": price.points, "currency": currency},
        "base_price": {"amount": price.base_points, "currency": currency},
        "price_reason": price.rule_text(language()) or None,
        "cash_option": cash,
        "in_stock": reward.in_stock,
        "delivery": "electronic" if reward.electronic else "parcel",
        "image_url": config.current().base_url + _picture(reward),
    }


def told_offer(reward: Reward, price: Price, currency: str) -> Mapping[str, Any]:
    """The reward as OfferSchema dumps it."""
    return {
        "id": ids.public("rew", reward.id),
        "supplier": reward.supplier_code,
        "price": {"amount": price.points, "currency": currency},
        "in_stock": reward.in_stock,
    }


def told_facets(found: Facets) -> Mapping[str, Any]:
    """Facets as RewardsSchema dumps them."""
    return {
        name: [{"value": one.value, "label": one.label(language()), "count": one.cards} for one in values]
        for name, values in found.values.items()
    }


def _picture(reward: Reward) -> str:
    """The path of its picture in our store, or of a drawing that suits it."""
    if reward.picture is None or reward.picture_width is None:
        return url_for("static", filename=f"artwork/{reward.artwork}.svg")
    return url_for("catalog.picture", sha256=reward.picture, width=form_near(reward.picture_width, _PICTURE_WIDTH))
