"""Making what a member has found at a supplier an ordinary reward, for that member alone.

It is off sale, so that no grid and no search shows it; `pricing.quote` takes it from the member who found it, for as
long as the supplier's price is promised. Its stock is the supplier's affair.
"""

from __future__ import annotations

from catalog import suppliers
from catalog.rewards.searching import get
from catalog.rewards.types import Reward
from catalog.suppliers import BookableOffer
from coalition import programs
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict

_OFFER = """
    INSERT INTO offer (supplier_id, supplier_sku, title, cost_minor, currency, electronic, delivery_days, row_hash)
    VALUES (:supplier_id, :sku, :title, :cost_minor, :currency, true, 0, sha256(convert_to(:sku, 'UTF8')))
    ON CONFLICT (supplier_id, supplier_sku) DO UPDATE SET title = excluded.title, cost_minor = excluded.cost_minor,
        price_version = offer.price_version + (offer.cost_minor <> excluded.cost_minor)::int, updated_at = now()
    RETURNING id"""
_REWARD = """
    INSERT INTO reward (program_id, offer_id, supplier_id, category_id, kind, electronic, delivery_days, title_en,
                        title_ru, description_en, description_ru, points, currency_id, artwork, rank, state)
    SELECT :program_id, :offer_id, :supplier_id, c.id, c.kind, true, 0, :title, :title, '', '', :points, :currency_id,
           c.artwork, 0, 'hidden'
      FROM category c WHERE c.program_id = :program_id AND c.kind = :kind ORDER BY c.id LIMIT 1
    ON CONFLICT (program_id, offer_id) DO UPDATE SET title_en = excluded.title_en, title_ru = excluded.title_ru,
        points = excluded.points, updated_at = now()
    RETURNING id"""


def points_of(program_id: int, found: BookableOffer) -> int:
    """What one piece costs in points, before personal prices."""
    return found_points(found.supplier_id, found.cost_minor)


def found_points(supplier_id: int, cost_minor: int) -> int:
    """What a find at this cost is sold for: ceil(cost * (1 + margin) / value of a point)."""
    seller = suppliers.get(supplier_id)
    row = fetch_one(
        "SELECT ceil(CAST(:cost AS numeric) * (10000 + :margin_bp) / (10000 * CAST(:face AS numeric)))::bigint"
        " AS points",
        {
            "cost": cost_minor,
            "margin_bp": seller.margin_bp,
            "face": programs.main_currency(seller.program_id).face_minor,
        },
    )
    assert row is not None
    return int(row.points)


def shelve(program_id: int, member_id: int, bookable_id: int) -> Reward:
    """The reward that a member's find has become; the same one again if it is repeated.

    Raises NotFound for what is not the member's or has lapsed, Conflict `not_sold_here` if the program has no shelf for
    it or counts in another money.
    """
    found = suppliers.bookable(member_id, bookable_id)
    supplier = suppliers.get(found.supplier_id)
    program = programs.get(program_id)
    if supplier.program_id != program_id or found.currency != program.currency:
        raise Conflict("not_sold_here", "This program does not sell what was found.")
    offer = fetch_one(
        _OFFER,
        {
            "supplier_id": supplier.id,
            "sku": found.offer_ref,
            "title": found.title,
            "cost_minor": found.cost_minor,
            "currency": found.currency,
        },
    )
    assert offer is not None
    execute(
        "INSERT INTO stock (offer_id, on_hand, snapshot_at) VALUES (:id, NULL, now()) ON CONFLICT DO NOTHING",
        {"id": offer.id},
    )
    row = fetch_one(
        _REWARD,
        {
            "program_id": program_id,
            "offer_id": offer.id,
            "supplier_id": supplier.id,
            "kind": found.kind,
            "title": found.title,
            "points": points_of(program_id, found),
            "currency_id": programs.main_currency(program_id).id,
        },
    )
    if row is None:
        raise Conflict("not_sold_here", "This program has no shelf for what was found.")
    suppliers.become(found.id, offer.id)
    return get(program_id, row.id)
