"""The conditions of a search as SQL over `reward w`: each filter by itself, so that a facet can leave its own out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from catalog.rewards import wording
from catalog.rewards.types import RewardQuery
from coalition.kernel.db import fetch_all

IN_STOCK = (
    "EXISTS (SELECT FROM stock s WHERE s.offer_id = w.offer_id AND (s.on_hand IS NULL OR s.on_hand > s.reserved))"
)
# what each filter of the query asks of a reward; the keys are the facets whose counts leave it out
_FILTERS = {
    "category": "w.category_id = ANY (:category_ids)",
    "supplier": "w.supplier_id = ANY (:sellers)",
    "brand": "lower(w.brand) = lower(:brand)",
    "kind": "w.kind = :kind",
    "delivery": "w.electronic = :electronic",
    "price": "w.points BETWEEN :min_points AND :max_points",
    "stock": IN_STOCK,
}
# Of the rewards that share a card, the grid shows the best that fits: what can be had before what cannot, then the
# cheapest, then the oldest.
_BEST = (
    "(NOT w.shared OR NOT EXISTS (SELECT FROM reward x WHERE x.program_id = w.program_id"
    " AND x.product_id = w.product_id AND x.id <> w.id AND {fitting}"
    " AND ({has_x}, -x.points, -x.id) > ({has_w}, -w.points, -w.id)))"
)
_MOST_POINTS = 2**62


@dataclass(frozen=True, slots=True)
class Conditions:
    """A query's conditions: what holds always, the filters by their facet, and the parameters of both.

    `words` is the question as a tsquery, None without one.
    """

    always: str
    filters: dict[str, str]
    params: dict[str, Any] = field(default_factory=dict)
    words: str | None = None

    def fitting(self, *, without: str = "") -> str:
        """All conditions, or all but one filter."""
        return " AND ".join((self.always, *(sql for name, sql in self.filters.items() if name != without)))

    @property
    def cards(self) -> str:
        """All conditions, and of each card only the best of its rewards that fit them."""
        best = _BEST.format(fitting=_of("x", self.fitting()), has_x=_of("x", IN_STOCK), has_w=IN_STOCK)
        return f"{self.fitting()} AND {best}"


def conditions(program_id: int, query: RewardQuery) -> Conditions:
    """The conditions of a query; a question in words is understood here (and may cost a look-up or two)."""
    always = "w.program_id = :program_id AND w.state = 'on_sale'"
    params: dict[str, Any] = {"program_id": program_id}
    words = wording.understand(program_id, query.q) if query.q.strip() else None
    if words is not None:
        always += " AND w.id IN (SELECT reward_id FROM reward_words WHERE vector @@ CAST(:words AS tsquery))"
        params["words"] = words
    elif query.q.strip():
        always += " AND false"
    if query.supplier_ids is not None:
        always += " AND w.supplier_id = ANY (:supplier_ids)"
        params["supplier_ids"] = list(query.supplier_ids)
    if query.only is not None:
        always += " AND w.id = ANY (:only)"
        params["only"] = list(query.only)
    chosen = _chosen(program_id, query)
    for values in chosen.values():
        params |= values
    return Conditions(always, {name: _FILTERS[name] for name in chosen}, params, words)


def _chosen(program_id: int, query: RewardQuery) -> dict[str, dict[str, Any]]:
    """The filters that were chosen, each with its parameters."""
    chosen: dict[str, dict[str, Any]] = {}
    if query.category:
        chosen["category"] = {"category_ids": _shelves(program_id, query.category)}
    if query.supplier:
        chosen["supplier"] = {"sellers": _sellers(query.supplier)}
    for name in ("brand", "kind"):
        if getattr(query, name):
            chosen[name] = {name: getattr(query, name)}
    if query.electronic is not None:
        chosen["delivery"] = {"electronic": query.electronic}
    if query.min_points is not None or query.max_points is not None:
        most = _MOST_POINTS if query.max_points is None else query.max_points
        chosen["price"] = {"min_points": query.min_points or 0, "max_points": most}
    if query.in_stock:
        chosen["stock"] = {}
    return chosen


def _shelves(program_id: int, code: str) -> list[int]:
    """The category and those below it."""
    rows = fetch_all(
        "SELECT c.id FROM category c JOIN category top ON top.program_id = c.program_id AND top.code = :code"
        " WHERE c.program_id = :program_id AND (c.id = top.id OR top.id = ANY (c.path))",
        {"program_id": program_id, "code": code},
    )
    return [row.id for row in rows]


def _sellers(code: str) -> list[int]:
    """The suppliers called so, of whichever program: the rewards are one program's anyway."""
    rows = fetch_all("SELECT supplier_id FROM supplier_names WHERE code = :code", {"code": code})
    return [row.supplier_id for row in rows]


def _of(alias: str, condition: str) -> str:
    return re.sub(r"\bw\.", f"{alias}.", condition)
