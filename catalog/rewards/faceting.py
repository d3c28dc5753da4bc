"""Counting what each further choice would leave: facets, each over what the other filters let through.

A count is a number of cards: what two suppliers offer under one card counts once, for either of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.rewards.filtering import IN_STOCK, conditions
from catalog.rewards.types import RewardQuery
from coalition.kernel.db import fetch_all, load_sql

NAMES = ("category", "supplier", "brand", "kind", "delivery", "price", "stock")
# the lower ends of the price bands, in points
BANDS = (0, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000)
_MOST_VALUES = 100


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


def band_end(lower: int) -> int | None:
    """The highest price of the band that begins at `lower`, None for the last."""
    return next((edge - 1 for edge in BANDS if edge > lower), None)


def facets(program_id: int, query: RewardQuery) -> Facets:
    """The facets of a query: one pass over what is on sale, in which each reward knows which filters it fails."""
    asked = conditions(program_id, query)
    bits = {name: 1 << at for at, name in enumerate(NAMES)}
    missed = " + ".join(f"CASE WHEN {sql} THEN 0 ELSE {bits[name]} END" for name, sql in asked.filters.items())
    sql = load_sql(__file__, "facets.sql")
    for name, text in (("{always}", asked.always), ("{missed}", missed or "0"), ("{in_stock}", IN_STOCK)):
        sql = sql.replace(name, text)
    allowed = [0, *(bits[name] for name in asked.filters)]
    rows = fetch_all(sql, {**asked.params, "allowed": allowed, "bands": list(BANDS), "most": _MOST_VALUES})
    total = next((int(row.cards) for row in rows if row.facet == "total"), 0)
    values: dict[str, list[FacetValue]] = {name: [] for name in NAMES}
    for row in rows:
        if row.facet != "total":
            values[row.facet].append(FacetValue(row.value, row.label_en, row.label_ru, int(row.cards)))
    return Facets(total, values)
