"""Rewards that no feed brings: points of another program, and donations. The catalog's staff put them up by hand.

They have no stock: whoever gives them has as many as are asked for. The same article again changes what it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog import suppliers
from catalog.rewards.found import found_points
from catalog.rewards.kinds import KINDS
from catalog.rewards.searching import get
from catalog.rewards.types import Reward
from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import FieldError, Invalid

_MOST = 10**12
_SKU = 64


@dataclass(frozen=True, slots=True)
class Listing:
    """What is put up: an article of a supplier, its cost to us a piece (minor units), and what it is called.

    `units` is how many points of the other program a piece is; None for a donation.
    """

    sku: str
    title_en: str
    title_ru: str
    cost_minor: int
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A reward that was put up and is on sale: `points` is its price for everybody."""

    sku: str
    title_en: str
    title_ru: str
    cost_minor: int
    units: int | None
    points: int


def put_up(supplier_id: int, listing: Listing) -> Reward:
    """Put a reward on sale, or change it. Its points follow from its cost, like those of any other.

    Raises Invalid that points at every wrong field; of them `unsupported` for a supplier whose rewards come by feed,
    and `no_shelf` if the program has no category of this kind.
    """
    supplier = suppliers.get(supplier_id)
    kind = next((one.code for one in KINDS.values() if one.by_amount and one.protocol == supplier.protocol), None)
    _check(kind, listing)
    facts = {
        "supplier_id": supplier.id,
        "program_id": supplier.program_id,
        "kind": kind,
        "currency": programs.get(supplier.program_id).currency,
        "currency_id": programs.main_currency(supplier.program_id).id,
        "points": found_points(supplier.id, listing.cost_minor),
        **{name: getattr(listing, name) for name in Listing.__slots__},
    }
    row = fetch_one(load_sql(__file__, "put_up.sql"), facts)
    if row is None:
        problem = FieldError("/kind", "no_shelf", "The program has no category for this kind of reward.")
        raise Invalid("invalid", "This cannot be put up.", [problem])
    execute(
        "INSERT INTO stock (offer_id, on_hand, snapshot_at) VALUES (:id, NULL, now()) ON CONFLICT DO NOTHING",
        {"id": row.offer_id},
    )
    audit.record("reward.put_up", f"reward:{row.id}", sku=listing.sku, cost_minor=listing.cost_minor)
    return get(supplier.program_id, row.id)


def listed(supplier_id: int) -> list[Listed]:
    """What a supplier has on sale, the cheapest first; at most 200."""
    rows = fetch_all(
        "SELECT o.supplier_sku, r.title_en, r.title_ru, o.cost_minor, o.units, r.points FROM reward r"
        " JOIN offer o ON o.id = r.offer_id WHERE r.supplier_id = :id AND r.state = 'on_sale' ORDER BY r.points, r.id"
        " LIMIT 200",
        {"id": supplier_id},
    )
    return [Listed(*row) for row in rows]


def units_of(offer_ids: Iterable[int]) -> dict[int, int]:
    """How many points of another program a piece of each offer is; offers that are none are missing."""
    rows = fetch_all(
        "SELECT id, units FROM offer WHERE id = ANY(:ids) AND units IS NOT NULL LIMIT 500", {"ids": list(offer_ids)}
    )
    return {row.id: row.units for row in rows}


def _check(kind: str | None, listing: Listing) -> None:
    problems = []
    if kind is None:
        problems.append(FieldError("/supplier", "unsupported", "The rewards of this supplier come by its feed."))
    if not 1 <= len(listing.sku) <= _SKU or not listing.sku.isprintable():
        problems.append(FieldError("/sku", "invalid", f"An article number has 1 to {_SKU} characters."))
    for name in ("title_en", "title_ru"):
        if not 1 <= len(getattr(listing, name)) <= 200:
            problems.append(FieldError(f"/{name}", "invalid", "A title has 1 to 200 characters."))
    if not 0 < listing.cost_minor <= _MOST:
        problems.append(FieldError("/cost_minor", "invalid", "What a piece costs is more than nothing."))
    if (listing.units is not None) != (kind == "partner_points") or not 0 < (listing.units or 1) <= _MOST:
        problems.append(FieldError("/units", "invalid", "How many points a piece is: of another program alone."))
    if problems:
        raise Invalid("invalid", "This cannot be put up.", problems)
