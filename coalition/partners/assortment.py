"""Assortments: which product groups a program knows, and which of a partner's products belong to them.

What a till says of a product's category is a hint that no rule trusts; a rule reads these rows. A product of a partner
belongs to at most one group, so that the amounts of a receipt's groups never count a line twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.partners.directory import get

_MOST = 1_000
_AUDITED = 100


@dataclass(frozen=True, slots=True)
class ProductGroup:
    """Products that rules treat alike: wine, tobacco, fuel."""

    id: int
    program_id: int
    code: str
    name_en: str
    name_ru: str


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
