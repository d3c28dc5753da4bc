"""The page of one reward: its price for whoever looks, its stock, its ways to the door, its neighbours on the shelf."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from babel.units import format_unit
from flask import render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from catalog import orders, pricing, rewards
from catalog.ports import Address
from catalog.pricing import WHOLE, Place, Price
from catalog.rewards import Reward, RewardQuery
from catalog.site import cards, checkout, checkout_form, tender
from catalog.site.blueprint import blueprint
from catalog.site.means import Means, means
from catalog.site.pictures import gallery
from coalition import programs
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import language
from coalition.site import viewer

_MOST_PIECES = 5
_SIMILAR = 4
_OTHERS = 5
_MOST_POSTCODE = 16
_FOUND_AT = {"flight": "catalog.flights", "event": "catalog.events"}


@blueprint.get("/rewards/<reward_id>")
def reward(reward_id: str) -> str:
    """One reward with its stock, its delivery and its neighbours on the shelf; a member's look is remembered."""
    facts = transact(lambda: _reward(ids.parse("rew", reward_id)))
    return render_template("catalog/reward.html", nav="rewards", **facts)


def _reward(reward_id: int) -> dict[str, Any]:
    program_id = viewer.current_program().id
    found = rewards.get(program_id, reward_id)
    if found.state != "on_sale":
        raise NotFound()
    member = viewer.current_member()
    if member:
        pricing.note_view(program_id, member.member_id, reward_id)
    neighbours = rewards.search(program_id, RewardQuery(category=found.category_code), limit=_SIMILAR + 1).items
    others = _others(found)
    options = pricing.delivery_options({one.supplier_id for one in (found, *neighbours, *others)})
    price = cards.prices([found])[found.id]
    similar = [one for one in neighbours if one.id != found.id][:_SIMILAR]
    return {
        "reward": {
            **cards.card(found, options, price),
            "why": _why(price),
            **_facts(program_id, found, options),
            "wished": member is not None and found.id in pricing.wished(member.member_id),
        },
        "pictures": gallery(found, request.args.get("picture", 1, type=int)),
        "pay": _ways_to_pay(program_id, price.points),
        "sent": _sent(program_id, found),
        "countries": checkout_form.COUNTRIES,
        "means": _told(means(), price.points),
        "others": _offers(others, options),
        "similar": cards.cards(similar, options),
    }


def _facts(program_id: int, found: Reward, options: cards.Options) -> dict[str, Any]:
    shelf = next((one for one in rewards.categories(program_id) if one.code == found.category_code), None)
    left = found.available
    return {
        "description": found.description(language()),
        "article": found.supplier_sku,
        "category": cards.category(shelf) if shelf else None,
        "delivery": cards.deliveries(found, options),
        "found_at": _FOUND_AT.get(found.kind),
        "stock": {"left": left, "checked_at": found.stock_at if left is not None else None},
        "returns_days": None if found.electronic else orders.policy(found.supplier_id).days,
        "price_held_minutes": pricing.TTL_S // 60,
        "details": _details(found),
        "max_qty": _MOST_PIECES if left is None else max(1, min(left, _MOST_PIECES)),
    }


def _ways_to_pay(program_id: int, points: int) -> list[dict[str, Any]]:
    """Examples of paying partly by card; none where points alone pay."""
    if not tender.cash_taken():
        return []
    currency = programs.get(program_id).currency
    examples = pricing.pay_examples(program_id, points, cards.available(program_id))
    return [{"points": one.points, "cash": {"minor": one.cash_minor, "currency": currency}} for one in examples]


def _sent(program_id: int, found: Reward) -> dict[str, Any] | None:
    """What sending it to the place that was asked for would cost and when it would come; None if nobody asked."""
    country, postcode = request.args.get("country", ""), request.args.get("postcode", "").strip()[:_MOST_POSTCODE]
    if found.electronic or country not in checkout_form.COUNTRIES or not postcode.isprintable() or not postcode:
        return None
    member = viewer.current_member()
    place = Place(Address("", country=country, postal_code=postcode))
    offered = pricing.ways_to(program_id, member.member_id if member else None, found.id, place)
    zone = programs.get(program_id).zone
    ways = [{"kind": one.kind, "points": one.points, **checkout.days(one, zone)} for one in offered]
    return {"country": country, "postcode": postcode, "ways": ways}


def _others(found: Reward) -> list[Reward]:
    """The same product from other suppliers."""
    if found.product_id is None or not found.shared:
        return []
    return [one for one in rewards.offers_of(found.program_id, found.product_id) if one.id != found.id][:_OTHERS]


def _offers(others: Sequence[Reward], options: cards.Options) -> list[dict[str, Any]]:
    told = zip(others, cards.cards(others, options), strict=True)
    return [{**card, "delivery": cards.deliveries(one, options)[:1], "left": one.available} for one, card in told]


def _why(price: Price) -> dict[str, Any] | None:
    """Which rules make this price, and what each of them by itself says; None if it is everybody's."""
    if price.points >= price.base_points:
        return None
    rules = [
        {
            "name": rule.name(language()),
            "off": WHOLE - rule.factor if rule.factor is not None else None,
            "fixed": rule.fixed,
            "granted": rule.granted,
            "pieces_left": rule.pieces_left,
        }
        for rule in price.rules
    ]
    return {"rules": rules, "saved": price.base_points - price.points}


def _told(known: Means | None, price: int) -> dict[str, Any] | None:
    if known is None:
        return None
    return {
        "available": known.available,
        "after": known.available - price,
        "missing": max(0, price - known.available),
        "pending": known.pending,
        "enough_on": known.enough_on(price),
    }


def _details(found: Reward) -> list[dict[str, str]]:
    details = [{"name": _("Brand"), "value": found.brand}] if found.brand else []
    if found.weight_g:
        kilograms = Decimal(found.weight_g) / 1000
        value, unit = (found.weight_g, "mass-gram") if kilograms < 1 else (kilograms, "mass-kilogram")
        details.append({"name": _("Weight"), "value": format_unit(value, unit, "short", locale=get_locale())})
    return details
