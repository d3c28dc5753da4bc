"""Features of members that `stat` nodes ask for, as SQL over purchases `p` of an asker `w`. Pure.

`spend` (money paid, in minor units) and `purchases`, over the last days (`P30D`, up to the instant of the purchase) or
a life. With a `where` they are of the lines that fit by today's assortments: what these cost before discounts and
points, and the purchases that had one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

# By what a `where` can name, how a line `l` is asked for it.
_OF = {
    "brand": "a.brand = {}",
    "category": "regexp_replace(coalesce(a.category_path, 'unknown'), '^.*/', '') = {}",
    "category_path": "starts_with(a.category_path || '/', {} || '/')",
    "group": "g.code = {}",
    "partner": "r.code = {}",
    "sku": "l.sku = {}",
}
NAMES = tuple(_OF)
_ANY = "|".join(NAMES)
_KEY = re.compile(rf"(spend|purchases)/(?:P(\d{{1,4}})D|life)((?:/(?:{_ANY})=.*)?)", re.DOTALL)
_PART = re.compile(rf"/({_ANY})=(.*?)(?=/(?:{_ANY})=|\Z)", re.DOTALL)
_LINES = """
    LEFT JOIN LATERAL (
      SELECT {} FROM purchase_line l JOIN partner r ON r.id = p.partner_id
        LEFT JOIN assortment_item a ON a.partner_id = p.partner_id AND a.sku = l.sku
        LEFT JOIN product_group_item i ON i.partner_id = p.partner_id AND i.sku = l.sku
        LEFT JOIN product_group g ON g.id = i.group_id
       WHERE l.purchase_id = p.id) x ON true"""


@dataclass(frozen=True, slots=True)
class Feature:
    """What is counted, over how many days (None: a life), of which lines (none: of whole receipts)."""

    key: str
    about: str
    days: int | None
    of: tuple[tuple[str, str], ...] = ()


def features(keys: Collection[str]) -> list[Feature]:
    """The features that are known among these keys, in order; others are kept by nobody."""
    return [found for key in sorted(keys) if (found := _read(key)) is not None]


def columns(known: Sequence[Feature]) -> tuple[list[str], str, dict[str, str]]:
    """A column for each feature, what has to be joined for them, and the values that they name (as parameters)."""
    params: dict[str, str] = {}
    inner, found = [], []
    for at, one in enumerate(known):
        within = f"p.occurred_at > w.occurred_at - interval '{one.days} days'" if one.days is not None else "true"
        if not one.of:
            found.append(f"{_WHOLE[one.about]} FILTER (WHERE {within})")
            continue
        params |= {f"f{at}_{name}": value for name, value in one.of}
        fits = " AND ".join(_OF[name].format(f"%(f{at}_{name})s::text") for name, _ in one.of)
        inner.append(f"sum(l.amount_minor) FILTER (WHERE {fits}) AS s{at}, bool_or({fits}) AS b{at}")
        found.append(
            f"sum(x.s{at}) FILTER (WHERE {within})"
            if one.about == "spend"
            else f"count(*) FILTER (WHERE x.b{at} AND {within})"
        )
    told = [f"coalesce({column}, 0)::bigint" for column in found]
    return told, _LINES.format(", ".join(inner)) if inner else "", params


_WHOLE = {"spend": "sum(p.total_minor - p.points_paid_minor)", "purchases": "count(*)"}


def _read(key: str) -> Feature | None:
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    days = int(found[2]) if found[2] else None
    return Feature(key, found[1], days, tuple(_PART.findall(found[3])))
