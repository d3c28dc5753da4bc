"""Where a supplier's categories belong on our shelves: suggestions for what nobody has mapped, and approval.

What is not mapped is kept and not put on sale. Nothing is mapped by a suggestion alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from catalog import suppliers
from coalition.kernel import audit
from coalition.kernel.db import fetch_all, load_sql
from coalition.kernel.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One of our categories, and how like it is, from 30 to 100."""

    code: str
    name_en: str
    name_ru: str
    likeness: int


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A supplier's category (its path) that is mapped to none of ours, how many offers it has, and what is like it."""

    category: str
    offers: int
    suggestions: tuple[Suggestion, ...]


def unmapped_categories(supplier_id: int, limit: int = 100) -> Sequence[Unmapped]:
    """The supplier's categories without a mapping, those with most offers first, each with up to three suggestions."""
    supplier = suppliers.get(supplier_id)
    rows = fetch_all(
        load_sql(__file__, "suggest.sql"),
        {"supplier_id": supplier_id, "program_id": supplier.program_id, "limit": limit},
    )
    found = []
    for (category, offers), group in groupby(rows, key=lambda row: (row.category, row.offers)):
        like = tuple(Suggestion(row.code, row.name_en, row.name_ru, row.likeness) for row in group if row.code)
        found.append(Unmapped(category, offers, like))
    return found


def approve_mapping(supplier_id: int, targets: Mapping[str, str]) -> None:
    """Map a supplier's categories to codes of ours, as a person has decided; publishing is for the caller.

    Raises Invalid `unknown_category` for a code that the program does not have.
    """
    supplier = suppliers.get(supplier_id)
    rows = fetch_all(
        "SELECT code FROM category WHERE program_id = :program AND code = ANY(:codes)",
        {"program": supplier.program_id, "codes": sorted(set(targets.values()))},
    )
    known = {row.code for row in rows}
    problems = [
        FieldError(f"/{path[:80]}", "unknown_category", f"There is no category {code[:40]!r}.")
        for path, code in sorted(targets.items())
        if code not in known
    ]
    if problems:
        raise Invalid("unknown_category", "A category is mapped to one of ours.", problems)
    suppliers.map_categories(supplier_id, targets)
    audit.record("category.map", f"supplier:{supplier_id}", targets=dict(targets))
