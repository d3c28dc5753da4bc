"""Worlds of prices: a program with two suppliers and rewards on two shelves, one below the other, and its members."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from catalog import pricing
from catalog.pricing import Terms
from coalition import members, partners, programs
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from tests.builders import a_program
from tests.catalog.builders import a_category, a_supplier, offers_in_stock
from tests.catalog.orders.builders import a_member

TOMORROW = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A reward as rules see it."""

    reward_id: int
    points: int
    categories: tuple[int, ...]
    supplier_id: int


@dataclass(frozen=True, slots=True)
class PriceWorld:
    """Six rewards: of the first supplier A1-A3 on `home`, of the second B1-B3 on a shelf below it."""

    program: programs.Program
    partner: partners.Partner
    shelves: tuple[Shelf, ...]
    home: int
    below: int
    member_id: int

    def rule(self, code: str = "rule", **terms: Any) -> pricing.Rule:
        """A rule of 10 % for everybody, unless `terms` say otherwise."""
        given = {"name_en": code.title(), "name_ru": f"Правило {code}", "effect": "percent", "value": 1000, **terms}
        return pricing.create_rule(self.program.id, code, Terms(**given))

    def prices(self, member_id: int | None = None) -> dict[int, pricing.Price]:
        """The prices of all rewards for the member."""
        ids = [shelf.reward_id for shelf in self.shelves]
        return pricing.personal(self.program.id, member_id or self.member_id, ids)

    def points(self, member_id: int | None = None) -> list[int]:
        """The same as numbers, in the order of the shelves."""
        found = self.prices(member_id)
        return [found[shelf.reward_id].points for shelf in self.shelves]

    def grant(self, code: str, **how: Any) -> None:
        """Grant a rule to the member until tomorrow."""
        given = {"valid_to": clock.now() + TOMORROW, **how}
        pricing.grant(self.program.id, code, [pricing.Grant(self.member_id, **given)])


def a_price_world() -> PriceWorld:
    """Rewards of 1,000 points each, and a member without a tier."""
    program = a_program()
    home = a_category(program)
    for supplier, skus in ((a_supplier(program), "A1 A2 A3"), (a_supplier(program), "B1 B2 B3")):
        offers_in_stock(supplier, **dict.fromkeys(skus.split(), 9))
    below = a_shelf_below(program, home.id)
    execute(
        "UPDATE reward SET category_id = :below WHERE program_id = :program AND offer_id IN"
        " (SELECT offer_id FROM supplier_offers WHERE supplier_sku LIKE 'B%')",
        {"below": below, "program": program.id},
    )
    pricing.rebuild(program.id)
    operator = partners.operator(program.id)
    return PriceWorld(program, operator, shelves(program.id), home.id, below, a_member(program, operator))


def a_shelf_below(program: programs.Program, parent_id: int) -> int:
    """A category below another."""
    row = fetch_one(
        "INSERT INTO category (program_id, code, name_en, name_ru, icon, artwork, parent_id, path) VALUES (:program,"
        " 'below', 'Below', 'Ниже', 'box', 'box', :parent, ARRAY[CAST(:parent AS int)]) RETURNING id",
        {"program": program.id, "parent": parent_id},
    )
    assert row is not None
    return int(row.id)


def shelves(program_id: int) -> tuple[Shelf, ...]:
    """The rewards as they are on sale now."""
    rows = fetch_all(
        "SELECT reward_id, points, category_path, supplier_id FROM reward_prices WHERE program_id = :id AND on_sale"
        " ORDER BY reward_id",
        {"id": program_id},
    )
    return tuple(Shelf(row[0], row[1], tuple(row[2]), row[3]) for row in rows)


def set_points(points: list[int], found: tuple[Shelf, ...]) -> None:
    """Give the rewards these prices for everybody, as a feed would."""
    for price, shelf in zip(points, found, strict=True):
        execute("UPDATE reward SET points = :points WHERE id = :id", {"points": price, "id": shelf.reward_id})


def gold(world: PriceWorld) -> None:
    """Give the world's member the tier gold."""
    execute("UPDATE member SET tier = 'gold' WHERE id = :id", {"id": world.member_id})
    assert members.standing([world.member_id])[world.member_id].tier == "gold"
