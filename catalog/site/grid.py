"""The catalog as a page, which is also the home page. Everybody may look; every choice stands in the address."""

from __future__ import annotations

import re
from typing import Any

from flask import render_template, request

from catalog import pricing, rewards, suppliers
from catalog.rewards import RewardQuery
from catalog.site import cards
from catalog.site.blueprint import blueprint
from coalition.kernel.db import transact
from coalition.site import viewer

_PAGE = 24
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
    page = rewards.search(program_id, query, cursor=cursor, limit=_PAGE)
    total = rewards.count(program_id, query)
    plain = query == RewardQuery(sort=query.sort) and cursor is None
    return {
        "hero": {"rewards": total, "suppliers": len(sellers)} if plain and total else None,
        "categories": [cards.category(one) for one in rewards.categories(program_id)],
        "suppliers": [{"code": one.code, "name": one.name} for one in sellers],
        "filters": filters,
        "total": total,
        "rewards": cards.cards(page.items, options),
        "next_cursor": page.next_cursor,
        "continued": cursor is not None,
    }


def _filters() -> dict[str, Any]:
    """The page's query as the form shows it again; what is none of our values counts as not chosen."""
    args = request.args
    sort, delivery = args.get("sort", "popular"), args.get("delivery", "")
    return {
        "q": args.get("q", "").replace("\x00", "")[:100].strip(),
        "affordable": args.get("affordable") == "1" and viewer.current_member() is not None,
        "in_stock": args.get("in_stock") == "1",
        "category": _code("category"),
        "supplier": _code("supplier"),
        "delivery": delivery if delivery in _DELIVERIES else "",
        "min": _points("min"),
        "max": _points("max"),
        "sort": sort if sort in rewards.SORTS else "popular",
    }


def _code(name: str) -> str:
    return request.args.get(name, "").replace("\x00", "")[:40]


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
        supplier_ids=parcels if delivery in ("courier", "pickup") else None,
        electronic=(delivery == "electronic") if delivery else None,
        min_points=filters["min"],
        max_points=min((limit for limit in limits if limit is not None), default=None),
        in_stock=filters["in_stock"],
        sort=filters["sort"],
    )
