"""The catalog as a page, which is also the home page, and the page of one reward. Everybody may look."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel.units import format_unit
from flask import render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from catalog import pricing, rewards, suppliers
from catalog.rewards import Reward, RewardQuery
from catalog.site import cards
from catalog.site.blueprint import blueprint
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import language
from coalition.site import viewer

_PAGE = 24
_MOST_PIECES = 5
_SIMILAR = 4
_DELIVERIES = ("courier", "pickup", "electronic")


@blueprint.get("/")
def grid() -> str:
    """Rewards by words, category, supplier, delivery and price."""
    return render_template("catalog/grid.html", nav="rewards", **transact(_grid))


@blueprint.get("/rewards/<reward_id>")
def reward(reward_id: str) -> str:
    """One reward with its stock, its delivery and its neighbours on the shelf."""
    facts = transact(lambda: _reward(ids.parse("rew", reward_id)))
    return render_template("catalog/reward.html", nav="rewards", **facts)


def _grid() -> dict[str, Any]:
    program_id = viewer.current_program().id
    sellers = suppliers.list_suppliers(program_id)
    options = pricing.delivery_options(one.id for one in sellers)
    filters, cursor = _filters(), request.args.get("cursor")
    query = _query(program_id, filters, options)
    page = rewards.search(program_id, query, cursor=cursor, limit=_PAGE)
    total = rewards.count(program_id, query)
    plain = query == RewardQuery(sort=query.sort) and cursor is None
    return {
        "hero": {"rewards": total, "suppliers": len(sellers)} if plain and total else None,
        "categories": [_category(one) for one in rewards.categories(program_id)],
        "suppliers": [{"code": one.code, "name": one.name} for one in sellers],
        "filters": filters,
        "total": total,
        "rewards": cards.cards(page.items, options),
        "next_cursor": page.next_cursor,
    }


def _reward(reward_id: int) -> dict[str, Any]:
    program_id = viewer.current_program().id
    found = rewards.get(program_id, reward_id)
    if found.state != "on_sale":
        raise NotFound()
    member = viewer.current_member()
    if member:
        pricing.note_view(program_id, member.member_id, reward_id)
    neighbours = rewards.search(program_id, RewardQuery(category=found.category_code), limit=_SIMILAR + 1).items
    options = pricing.delivery_options({one.supplier_id for one in (found, *neighbours)})
    shelf = next((one for one in rewards.categories(program_id) if one.code == found.category_code), None)
    left = found.available
    facts = {
        "description": found.description(language()),
        "article": found.supplier_sku,
        "category": _category(shelf) if shelf else None,
        "delivery": cards.deliveries(found, options),
        "stock": {"left": left, "checked_at": found.stock_at if left is not None else None},
        "returns_days": None,
        "price_held_minutes": pricing.TTL_S // 60,
        "details": _details(found),
        "wished": member is not None and found.id in pricing.wished(member.member_id),
        "max_qty": _MOST_PIECES if left is None else max(1, min(left, _MOST_PIECES)),
    }
    similar = cards.cards([one for one in neighbours if one.id != found.id][:_SIMILAR], options)
    return {"reward": {**cards.card(found, options), **facts}, "similar": similar}


def _filters() -> dict[str, Any]:
    """The page's query as the form shows it again; what is none of our values counts as not chosen."""
    args = request.args
    sort, delivery = args.get("sort", "popular"), args.get("delivery", "")
    return {
        "q": args.get("q", "").replace("\x00", "")[:100].strip(),
        "affordable": args.get("affordable") == "1",
        "category": args.get("category", "").replace("\x00", "")[:40],
        "supplier": args.get("supplier", "").replace("\x00", "")[:40],
        "delivery": delivery if delivery in _DELIVERIES else "",
        "sort": sort if sort in rewards.SORTS else "popular",
    }


def _query(program_id: int, filters: dict[str, Any], options: dict[int, Any]) -> RewardQuery:
    delivery = filters["delivery"]
    parcels = tuple(
        supplier_id for supplier_id, offered in options.items() if any(one.kind == delivery for one in offered)
    )
    return RewardQuery(
        q=filters["q"],
        category=filters["category"],
        supplier=filters["supplier"],
        supplier_ids=parcels if delivery in ("courier", "pickup") else None,
        electronic=(delivery == "electronic") if delivery else None,
        max_points=cards.available(program_id) if filters["affordable"] else None,
        sort=filters["sort"],
    )


def _category(one: rewards.Category) -> dict[str, str]:
    return {"code": one.code, "name": one.name_ru if language() == "ru" else one.name_en, "icon": one.icon}


def _details(found: Reward) -> list[dict[str, str]]:
    details = [{"name": _("Brand"), "value": found.brand}] if found.brand else []
    if found.weight_g:
        kilograms = Decimal(found.weight_g) / 1000
        value, unit = (found.weight_g, "mass-gram") if kilograms < 1 else (kilograms, "mass-kilogram")
        details.append({"name": _("Weight"), "value": format_unit(value, unit, "short", locale=get_locale())})
    return details
