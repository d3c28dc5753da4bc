"""Product groups: a product of a partner is in at most one, and what a till says changes nothing."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition import partners
from coalition.kernel.errors import Invalid
from tests.builders import a_partner, a_program


def test_a_product_is_in_the_group_it_was_put_into_last(app: Flask) -> None:
    program = a_program()
    shop, other = a_partner(program), a_partner(program)
    for code in ("wine", "tobacco"):
        partners.add_group(program.id, code, name_en=code, name_ru=code)

    moved = [
        partners.assign(shop.id, "wine", ["A", "B", "B"]),
        partners.assign(shop.id, "tobacco", ["B", "C"]),
        partners.assign(shop.id, "tobacco", ["B", "C"]),
    ]

    assert moved == [2, 2, 0]
    assert partners.groups_of(shop.id, ["A", "B", "C", "D"]) == {"A": "wine", "B": "tobacco", "C": "tobacco"}
    assert partners.groups_of(other.id, ["A"]) == {}
    assert [group.code for group in partners.groups(program.id)] == ["tobacco", "wine"]


def test_the_groups_of_a_receipt_sum_their_lines(app: Flask) -> None:
    program = a_program()
    shop = a_partner(program)
    partners.add_group(program.id, "wine", name_en="wine", name_ru="вино")
    partners.assign(shop.id, "wine", ["A", "B"])

    assert partners.spent_by_group(shop.id, [("A", 100), ("A", 50), ("B", 7), ("D", 9), (None, 3)]) == {"wine": 157}


def test_a_foreign_group_is_refused(app: Flask) -> None:
    program, other = a_program(), a_program()
    partners.add_group(other.id, "wine", name_en="wine", name_ru="вино")

    with pytest.raises(Invalid, match="unknown_group"):
        partners.assign(a_partner(program).id, "wine", ["A"])


def test_a_product_is_what_its_assortment_says_and_unknown_ones_are_left_out(app: Flask) -> None:
    program = a_program()
    shop = a_partner(program)
    partners.add_group(program.id, "wine", name_en="wine", name_ru="вино")
    partners.assign(shop.id, "wine", ["W", "X"])

    partners.classify(shop.id, [partners.Item("W", "drinks/beer"), partners.Item("M", "food/dairy/milk", "Alma")])
    partners.classify(shop.id, [partners.Item("W", "drinks/wine", "Riga")])

    found = partners.products(shop.id, ["W", "M", "X", "Y"])
    assert found == {
        "W": partners.Product("drinks/wine", "Riga", ("wine",)),
        "M": partners.Product("food/dairy/milk", "Alma", ()),
        "X": partners.Product("unknown", "", ("wine",)),
    }
    assert (found["M"].category, partners.NO_PRODUCT.category) == ("milk", "unknown")
    assert partners.products(shop.id, []) == {}
