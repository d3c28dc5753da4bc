"""Counting what each further choice would leave: facets, each over what the other filters let through.

A count is a number of cards: what two suppliers offer under one card counts once, for either of them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.rewards.filtering import IN_STOCK, Conditions, conditions
from catalog.rewards.types import RewardQuery
from coalition.kernel import config
from coalition.kernel.db import fetch_all, load_sql

# what each facet counts by, as SQL over the columns below
_VALUES = {
    "category": "CAST(a.id AS text)",
    "supplier": "CAST(w.supplier_id AS text)",
    "brand": "max(w.brand)",
    "kind": "w.kind",
    "delivery": "CASE WHEN w.electronic THEN 'electronic' ELSE 'parcel' END",
    "price": "CAST(w.band AS text)",
    "stock": "'1'",
}
NAMES = tuple(_VALUES)
_COLUMNS = (
    "w.category_id, w.supplier_id, w.kind, w.electronic, w.brand, w.product_id AS card,"
    " width_bucket(w.points, CAST(:bands AS bigint[])) AS band, "
) + f"{IN_STOCK} AS stocked"
_SHELVES = " JOIN category c ON c.id = w.category_id CROSS JOIN LATERAL unnest(c.path || c.id) AS a (id)"
# the lower ends of the price bands, in points
BANDS = (0, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000)
_MOST_VALUES = 100
_MOST_RECENT = 256


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One choice: its value as the query takes it, what it is called (None: the caller knows), and how many cards.

    Of a price band the value is its lower end in points; of `delivery` it is `electronic` or `parcel`; of `stock` it
    is `1`. A category counts what is below it, too.
    """

    value: str
    label_en: str | None
    label_ru: str | None
    cards: int

    def label(self, language: str) -> str:
        """What it is called in `en` or `ru`."""
        return (self.label_ru if language == "ru" else self.label_en) or self.value


@dataclass(frozen=True, slots=True)
class Facets:
    """How many cards match, and for each facet what could be chosen of it: the most frequent first, bands by price."""

    total: int
    values: Mapping[str, Sequence[FacetValue]]


_recent: dict[tuple[str, int, RewardQuery], tuple[float, Facets]] = {}


def band_end(lower: int) -> int | None:
    """The highest price of the band that begins at `lower`, None for the last."""
    return next((edge - 1 for edge in BANDS if edge > lower), None)


def facets(program_id: int, query: RewardQuery) -> Facets:
    """The facets of a query, in one statement."""
    asked = conditions(program_id, query)
    counts = " UNION ALL ".join(_count(name, asked) for name in NAMES)
    sql = load_sql(__file__, "facets.sql")
    for name, text in (("counts", counts), ("columns", _COLUMNS), ("all", asked.fitting())):
        sql = sql.replace(f"{{{name}}}", text)
    rows = fetch_all(sql, {**asked.params, "bands": list(BANDS), "most": _MOST_VALUES})
    values: dict[str, list[FacetValue]] = {name: [] for name in ("total", *NAMES)}
    for row in rows:
        values[row.facet].append(FacetValue(row.value, row.label_en, row.label_ru, row.cards))
    return Facets(values.pop("total")[0].cards, values)


def recent_facets(program_id: int, query: RewardQuery, max_age_s: float) -> Facets:
    """The facets, or those that this process counted at most `max_age_s` ago for the same question.

    For pages that everybody opens. A question in words, or within somebody's means, is always counted anew.
    """
    if query.q or query.max_points is not None:
        return facets(program_id, query)
    key, now = (config.current().database_url, program_id, replace(query, sort="popular")), time.monotonic()
    known = _recent.get(key)
    if known is not None and now - known[0] <= max_age_s:
        return known[1]
    if len(_recent) >= _MOST_RECENT:
        _recent.clear()
    counted = facets(program_id, query)
    _recent[key] = (now, counted)
    return counted


def _count(name: str, asked: Conditions) -> str:
    """One facet's numbers: of what is alone on its card, and of the cards that several share."""
    alone, twin = ("alone" if name == "brand" else "cell"), "twin"
    if name in asked.filters:
        source = f"(SELECT {_COLUMNS}, 1 AS n FROM reward w WHERE {asked.fitting(without=name)} AND {{}})"
        alone, twin = source.format("NOT w.shared"), source.format("w.shared")
    if name == "category":
        alone = f"(SELECT w.category_id, sum(w.n) AS n FROM {alone} w GROUP BY w.category_id)"
    joins = _SHELVES if name == "category" else ""
    only = {"brand": " WHERE w.brand IS NOT NULL", "stock": " WHERE w.stocked"}.get(name, "")
    group = {"brand": " GROUP BY lower(w.brand)", "stock": ""}.get(name, " GROUP BY 2")
    return (
        f"SELECT '{name}', {_VALUES[name]}, sum(w.n) FROM {alone} w{joins}{only}{group} UNION ALL"
        f" SELECT '{name}', {_VALUES[name]}, count(DISTINCT w.card) FROM {twin} w{joins}{only}{group}"
    )
