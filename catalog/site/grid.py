"""The catalog as a page, which is also the home page. Everybody may look; every choice stands in the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import render_template, request

from catalog import pricing, rewards, suppliers
from catalog.rewards import Category, Facets, RewardQuery
from catalog.site import cards
from catalog.site.blueprint import blueprint
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.site import viewer

_PAGE = 24
_FACETS_AGE_S = 10.0
_DELIVERIES = ("courier", "pickup", "electronic")
_POINTS = re.compile("[0-9]{1,9}")


@blueprint.get("/")
def grid() -> str:
    """Rewards by words, category, supplier, delivery and price."""
    return render_template("catalog/grid.html", nav="rewards", **transact(_grid))


def _grid() -> dict[str, Any]:
    program_id = viewer.current_program().id
    sellers = suppliers.list_suppliers(program_id)
    options = pricing.delivery_options(one.id for one in sellers)
    filters, cursor = _filters(), request.args.get("cursor")
    query = _query(program_id, filters, options)
    member = viewer.current_member()
    page, total = pricing.browse(program_id, member.member_id if member else None, query, cursor=cursor, limit=_PAGE)
    facets = rewards.recent_facets(program_id, query, _FACETS_AGE_S)
    plain = query == RewardQuery(sort=query.sort) and cursor is None
    return {
        "hero": {"rewards": facets.total, "suppliers": len(sellers)} if plain and facets.total else None,
        "shelves": _shelves(rewards.categories(program_id), filters["category"], facets),
        "finders": [kind for kind in ("flight", "event") if any(one.protocol == kind for one in sellers)],
        "filters": filters,
        "facets": _facets(facets),
        "bands": _bands(facets),
        "read_as": rewards.read_as(program_id, filters["q"]) if filters["q"] and facets.total else None,
        "total": total,
        "rewards": cards.cards(page.items, options),
        "next_cursor": page.next_cursor,
        "continued": cursor is not None,
    }


def _filters() -> dict[str, Any]:
    """The page's query as the form shows it again; what is none of our values counts as not chosen."""
    args = request.args
    sort, delivery, kind = args.get("sort", "popular"), args.get("delivery", ""), args.get("kind", "")
    return {
        "q": _text("q", 100),
        "affordable": args.get("affordable") == "1" and viewer.current_member() is not None,
        "in_stock": args.get("in_stock") == "1",
        "category": _text("category", 40),
        "supplier": _text("supplier", 40),
        "brand": _text("brand", 80),
        "kind": kind if kind in rewards.KINDS else "",
        "delivery": delivery if delivery in _DELIVERIES else "",
        "min": _points("min"),
        "max": _points("max"),
        "sort": sort if sort in rewards.SORTS else "popular",
    }


def _text(name: str, most: int) -> str:
    return request.args.get(name, "")[:most].strip()


def _points(name: str) -> int | None:
    typed = re.sub(r"[\s,.]", "", request.args.get(name, ""))
    return int(typed) if _POINTS.fullmatch(typed) else None


def _query(program_id: int, filters: dict[str, Any], options: cards.Options) -> RewardQuery:
    delivery = filters["delivery"]
    parcels = tuple(
        supplier_id for supplier_id, offered in options.items() if any(one.kind == delivery for one in offered)
    )
    limits = [filters["max"], cards.available(program_id) if filters["affordable"] else None]
    return RewardQuery(
        q=filters["q"],
        category=filters["category"],
        supplier=filters["supplier"],
        brand=filters["brand"],
        kind=filters["kind"],
        supplier_ids=parcels if delivery in ("courier", "pickup") else None,
        electronic=(delivery == "electronic") if delivery else None,
        min_points=filters["min"],
        max_points=min((limit for limit in limits if limit is not None), default=None),
        in_stock=filters["in_stock"],
        sort=filters["sort"],
    )


def _shelves(known: Sequence[Category], code: str, facets: Facets) -> dict[str, Any]:
    """The tree as far as it is open: the top, the way down to the chosen shelf, and what hangs below it."""
    counts = {value.value: value.cards for value in facets.values["category"]}

    def told(one: Category) -> dict[str, Any]:
        return {**cards.category(one), "cards": counts.get(one.code, 0)}

    by_id = {one.id: one for one in known}
    here = next((one for one in known if one.code == code), None)
    way = [*(by_id[above] for above in here.path if above in by_id), here] if here else []
    return {
        "here": told(here) if here else None,
        "way": [told(one) for one in way],
        "top": [told(one) for one in known if one.parent_id is None],
        "below": [told(one) for one in known if here is not None and one.parent_id == here.id],
    }


def _facets(facets: Facets) -> dict[str, list[dict[str, Any]]]:
    """The choices of each facet that is a list of names."""
    return {
        name: [{"code": one.value, "name": one.label(language()), "cards": one.cards} for one in facets.values[name]]
        for name in ("supplier", "brand", "kind", "delivery", "stock")
    }


def _bands(facets: Facets) -> list[dict[str, Any]]:
    """The price bands in which something lies."""
    found = [(int(one.value), one.cards) for one in facets.values["price"]]
    return [{"min": lower or None, "max": rewards.band_end(lower), "cards": cards} for lower, cards in found]
