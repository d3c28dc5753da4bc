"""Assortments: a partner's products with their category and brand, and the program's groups that they belong to.

What a till says of a product's category is a hint that no rule trusts; a rule reads these rows. A product of a partner
belongs to at most one group, so that the amounts of a receipt's groups never count a line twice. A product that is not
in the assortment has the category `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one, raw
from coalition.kernel.errors import FieldError, Invalid
from coalition.partners.directory import get

_MOST = 1_000
_AUDITED = 100
UNKNOWN = "unknown"
_PRODUCTS = """
    SELECT s.sku, a.category_path, a.brand, g.code, a.vat_bp
      FROM unnest(%s::text[]) s(sku)
      LEFT JOIN assortment_item a ON a.partner_id = %s AND a.sku = s.sku
      LEFT JOIN product_group_item i ON i.partner_id = %s AND i.sku = s.sku
      LEFT JOIN product_group g ON g.id = i.group_id
     WHERE a.sku IS NOT NULL OR i.sku IS NOT NULL"""
_CLASSIFY = """
    INSERT INTO assortment_item (partner_id, sku, name_en, name_ru, category_path, brand, vat_bp)
    SELECT %s, x.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::int[])
           x(sku, name_en, name_ru, category_path, brand, vat_bp) ORDER BY x.sku
        ON CONFLICT (partner_id, sku) DO UPDATE SET name_en = excluded.name_en, name_ru = excluded.name_ru,
           category_path = excluded.category_path, brand = excluded.brand, vat_bp = excluded.vat_bp"""


@dataclass(frozen=True, slots=True)
class ProductGroup:
    """Products that rules treat alike: wine, tobacco, fuel."""

    id: int
    program_id: int
    code: str
    name_en: str
    name_ru: str


@dataclass(frozen=True, slots=True)
class Product:
    """What conditions read of a product: `category` is the last step of its path; `groups` are codes; `vat_bp` is its
    VAT rate in hundredths of a percent, None where nobody has said it.
    """

    category_path: str = UNKNOWN
    brand: str = ""
    groups: tuple[str, ...] = ()
    vat_bp: int | None = None

    @property
    def category(self) -> str:
        """The category itself, without those above it."""
        return self.category_path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Item:
    """A product as a partner's assortment describes it; `category_path` reads like food/dairy/milk, `vat_bp` is the
    VAT rate that its price contains.
    """

    sku: str
    category_path: str
    brand: str = ""
    name_en: str = ""
    name_ru: str = ""
    vat_bp: int | None = None


NO_PRODUCT = Product()


def classify(partner_id: int, described: Sequence[Item]) -> int:
    """Describe products of a partner, anew where they were described before; how many. NotFound for no partner."""
    get(partner_id)
    latest = {one.sku: one for one in described}
    fields = ("sku", "name_en", "name_ru", "category_path", "brand", "vat_bp")
    columns = [[getattr(one, name) for one in latest.values()] for name in fields]
    if latest:
        raw().execute(_CLASSIFY.encode(), (partner_id, *columns))
    audit.record("assortment.classify", f"partner:{partner_id}", count=len(latest), skus=sorted(latest)[:_AUDITED])
    return len(latest)


def products(partner_id: int, skus: Iterable[str]) -> dict[str, Product]:
    """What is known of these products, by SKU, in one statement; unknown ones are left out (see `NO_PRODUCT`)."""
    wanted = sorted(set(skus))
    if not wanted:
        return {}
    rows = raw().execute(_PRODUCTS.encode(), (wanted, partner_id, partner_id)).fetchall()
    return {
        sku: Product(path or UNKNOWN, brand or "", (group,) if group else (), vat_bp)
        for sku, path, brand, group, vat_bp in rows
    }


def shelves(program_id: int) -> tuple[list[str], list[str]]:
    """The categories and the brands of all assortments of a program, at most a thousand of each, by name."""
    rows = fetch_all(
        "SELECT DISTINCT a.category_path, a.brand FROM assortment_item a JOIN partner p ON p.id = a.partner_id"
        " WHERE p.program_id = :program LIMIT :most",
        {"program": program_id, "most": _MOST * 10},
    )
    categories = sorted({Product(row.category_path or UNKNOWN).category for row in rows})
    return categories[:_MOST], sorted({row.brand for row in rows if row.brand})[:_MOST]


def add_group(program_id: int, code: str, *, name_en: str, name_ru: str) -> ProductGroup:
    """A product group of a program; one of this code takes the new names."""
    row = fetch_one(
        "INSERT INTO product_group (program_id, code, name_en, name_ru) VALUES (:program, :code, :en, :ru)"
        " ON CONFLICT (program_id, code) DO UPDATE SET name_en = excluded.name_en, name_ru = excluded.name_ru"
        " RETURNING id",
        {"program": program_id, "code": code, "en": name_en, "ru": name_ru},
    )
    assert row is not None
    audit.record("product_group.add", f"product_group:{row.id}", program_id=program_id, code=code)
    return ProductGroup(row.id, program_id, code, name_en, name_ru)


def groups(program_id: int) -> list[ProductGroup]:
    """The product groups of a program, by code."""
    rows = fetch_all(
        "SELECT id, program_id, code, name_en, name_ru FROM product_group WHERE program_id = :program"
        " ORDER BY code LIMIT :most",
        {"program": program_id, "most": _MOST},
    )
    return [ProductGroup(**row._mapping) for row in rows]


def assign(partner_id: int, group: str, skus: Iterable[str]) -> int:
    """Put products of a partner into a group, out of the one they were in; how many have moved.

    Invalid `unknown_group`. NotFound for no partner.
    """
    wanted = sorted(set(skus))
    found = {one.code: one.id for one in groups(get(partner_id).program_id)}
    if group not in found:
        detail = "The program has no such product group."
        raise Invalid("unknown_group", detail, [FieldError("/group", "unknown_group", detail)])
    moved = execute(
        "INSERT INTO product_group_item AS i (partner_id, sku, group_id)"
        " SELECT :partner, sku, :group FROM unnest(CAST(:skus AS text[])) sku ORDER BY sku"
        " ON CONFLICT (partner_id, sku) DO UPDATE SET group_id = excluded.group_id"
        " WHERE i.group_id <> excluded.group_id",
        {"partner": partner_id, "group": found[group], "skus": wanted},
    )
    audit.record("product_group.assign", f"partner:{partner_id}", group=group, moved=moved, skus=wanted[:_AUDITED])
    return moved


def groups_of(partner_id: int, skus: Iterable[str]) -> Mapping[str, str]:
    """The group's code of each of these products that is in one, by SKU, in one statement."""
    wanted = sorted(set(skus))
    if not wanted:
        return {}
    rows = fetch_all(
        "SELECT i.sku, g.code FROM product_group_item i JOIN product_group g ON g.id = i.group_id"
        " WHERE i.partner_id = :partner AND i.sku = ANY(:skus)",
        {"partner": partner_id, "skus": wanted},
    )
    return {row.sku: row.code for row in rows}


def spent_by_group(partner_id: int, lines: Iterable[tuple[str | None, int]]) -> dict[str, int]:
    """How much of a receipt's lines (SKU, amount in minor units) falls on each product group."""
    found = list(lines)
    known = groups_of(partner_id, (sku for sku, _ in found if sku))
    totals: dict[str, int] = {}
    for sku, amount in found:
        if sku is not None and sku in known:
            totals[known[sku]] = totals.get(known[sku], 0) + amount
    return totals
