"""Finding rewards: by words in either language (with a little tolerance for typing), category, supplier and price."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import fetch_all, fetch_one, load_sql
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_MOST_WORDS = 8
# name: (what the list is sorted by, whether from the greatest down); the reward's id breaks ties the same way
SORTS: Mapping[str, tuple[str, bool]] = {
    "popular": ("rank", True),
    "price": ("points", False),
    "-price": ("points", True),
    "new": ("id", True),
}


@dataclass(frozen=True, slots=True)
class RewardQuery:
    """What somebody looks for. `max_points` is what the looker can afford; `electronic` None is either,
    `supplier_ids` None is anybody's."""

    q: str = ""
    category: str = ""
    supplier: str = ""
    supplier_ids: tuple[int, ...] | None = None
    min_points: int | None = None
    max_points: int | None = None
    electronic: bool | None = None
    in_stock: bool = False
    sort: str = "popular"


@dataclass(frozen=True, slots=True)
class Reward:
    """Something that points can buy. `available` None is without limit; `cost_minor` is what the supplier is owed."""

    id: int
    program_id: int
    offer_id: int
    supplier_id: int
    supplier_code: str
    supplier_name: str
    legal_entity_id: int
    supplier_sku: str
    category_code: str
    kind: str
    electronic: bool
    delivery_days: int | None
    title_en: str
    title_ru: str
    description_en: str
    description_ru: str
    points: int
    currency_id: int
    artwork: str
    rank: int
    state: str
    cost_minor: int
    cost_currency: str
    weight_g: int | None
    brand: str | None
    available: int | None
    stock_at: dt.datetime | None

    @property
    def in_stock(self) -> bool:
        """Whether at least one piece can be reserved now."""
        return self.available is None or self.available > 0

    def title(self, language: str) -> str:
        """The title in `en` or `ru`."""
        return self.title_ru if language == "ru" else self.title_en

    def description(self, language: str) -> str:
        """The description in `en` or `ru`."""
        return self.description_ru if language == "ru" else self.description_en


def search(program_id: int, query: RewardQuery, *, cursor: str | None = None, limit: int = 48) -> Page[Reward]:
    """The rewards on sale that match, out of stock included unless asked. Raises Invalid for a foreign cursor."""
    column, descending = SORTS[query.sort]
    where, params = _conditions(program_id, query)
    position = decode_cursor(cursor, str, int, int)
    if position is not None and position[0] == query.sort:
        where += f" AND (w.{column}, w.id) {'<' if descending else '>'} (:at_value, :at_id)"
        params |= {"at_value": position[1], "at_id": position[2]}
    direction = "DESC" if descending else "ASC"
    order = f" ORDER BY w.{column} {direction}, w.id {direction} LIMIT :limit"
    rows = fetch_all(load_sql(__file__, "reward.sql") + where + order, {**params, "limit": limit + 1})
    found = [Reward(**row._mapping) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(found, encode_cursor(query.sort, getattr(found[-1], column), found[-1].id) if more else None)


def count(program_id: int, query: RewardQuery) -> int:
    """How many rewards match."""
    where, params = _conditions(program_id, query)
    row = fetch_one(f"SELECT count(*) AS n FROM ({load_sql(__file__, 'reward.sql')} {where}) AS found", params)
    return int(row.n) if row else 0


def get(program_id: int, reward_id: int) -> Reward:
    """The reward, on sale or not. Raises NotFound, for another program's too."""
    row = fetch_one(load_sql(__file__, "reward.sql") + " AND w.id = :id", {"program_id": program_id, "id": reward_id})
    if row is None:
        raise NotFound()
    return Reward(**row._mapping)


def many(program_id: int, reward_ids: Collection[int]) -> dict[int, Reward]:
    """These rewards by id, on sale or not; what is unknown, or another program's, is left out. At most 200."""
    rows = fetch_all(
        load_sql(__file__, "reward.sql") + " AND w.id = ANY(:ids) LIMIT 200",
        {"program_id": program_id, "ids": list(reward_ids)},
    )
    return {row.id: Reward(**row._mapping) for row in rows}


def _conditions(program_id: int, query: RewardQuery) -> tuple[str, dict[str, Any]]:
    parts = ["w.state = 'on_sale'"]
    params: dict[str, Any] = {"program_id": program_id}
    words = re.findall(r"\w+", query.q.lower())[:_MOST_WORDS]
    if query.q.strip():
        parts.append("(w.words LIKE ALL(:patterns) OR :words <% w.words)" if words else "false")
        params |= {"patterns": [f"%{word.replace('_', chr(92) + '_')}%" for word in words], "words": " ".join(words)}
    for name, condition in _FILTERS.items():
        value = getattr(query, name)
        if value is not None and value != "" and not (name == "in_stock" and value is False):
            parts.append(condition)
            params[name] = list(value) if isinstance(value, tuple) else value
    return "".join(f" AND {part}" for part in parts), params


_FILTERS = {
    "category": "c.code = :category",
    "supplier": "o.supplier_code = :supplier",
    "supplier_ids": "w.supplier_id = ANY(:supplier_ids)",
    "min_points": "w.points >= :min_points",
    "max_points": "w.points <= :max_points",
    "electronic": "w.electronic = :electronic",
    "in_stock": "s.offer_id IS NOT NULL AND (s.on_hand IS NULL OR s.on_hand > s.reserved) = :in_stock",
}
