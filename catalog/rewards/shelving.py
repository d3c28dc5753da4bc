"""Putting offers on sale: our categories, and rewards with the price in points that follows from an offer's cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog import suppliers
from coalition import programs
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql

_CATEGORY = "SELECT id, program_id, code, name_en, name_ru, icon, artwork, kind FROM category"
_MOST = 200
ARTWORKS = [
    "headphones",
    "kettle",
    "flight",
    "ticket",
    "backpack",
    "giftcard",
    "coffee",
    "heart",
    "camera",
    "book",
    "bicycle",
    "plant",
    "watch",
    "lamp",
    "game",
    "toolbox",
    "perfume",
    "hotel",
    "ball",
    "speaker",
    "box",
]


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of a program's catalog; `kind` is the kind of the rewards on it, `icon` a name of bootstrap-icons."""

    id: int
    program_id: int
    code: str
    name_en: str
    name_ru: str
    icon: str
    artwork: str
    kind: str


def create_category(
    program_id: int,
    code: str,
    *,
    name_en: str,
    name_ru: str,
    icon: str = "box",
    artwork: str = "box",
    kind: str = "goods",
    position: int = 0,
) -> Category:
    """A new category; `artwork` is drawn for rewards whose offer has no picture that we know."""
    row = fetch_one(
        "INSERT INTO category (program_id, code, name_en, name_ru, icon, artwork, kind, position) VALUES (:program_id,"
        " :code, :name_en, :name_ru, :icon, :artwork, :kind, :position)"
        " RETURNING id, program_id, code, name_en, name_ru, icon, artwork, kind",
        {
            "program_id": program_id,
            "code": code,
            "name_en": name_en,
            "name_ru": name_ru,
            "icon": icon,
            "artwork": artwork,
            "kind": kind,
            "position": position,
        },
    )
    assert row is not None
    return Category(**row._mapping)


def categories(program_id: int) -> Sequence[Category]:
    """The categories in which the program has something on sale, in their order."""
    rows = fetch_all(
        f"{_CATEGORY} c WHERE program_id = :program_id AND EXISTS (SELECT FROM reward w WHERE w.category_id = c.id"
        " AND w.state = 'on_sale') ORDER BY position, id LIMIT :limit",
        {"program_id": program_id, "limit": _MOST},
    )
    return [Category(**row._mapping) for row in rows]


def publish(supplier_id: int) -> int:
    """Put every orderable offer of the supplier in a mapped category on sale, at its price of today, and hide what no
    longer is; the number of rewards that changed. Repeating it changes nothing."""
    supplier = suppliers.get(supplier_id)
    currency = programs.main_currency(supplier.program_id)
    changed = execute(
        load_sql(__file__, "publish.sql"),
        {
            "supplier_id": supplier_id,
            "currency_id": currency.id,
            "face_minor": currency.face_minor,
            "artworks": ARTWORKS,
        },
    )
    return changed + execute(load_sql(__file__, "hide.sql"), {"supplier_id": supplier_id})
