"""An assortment as a table: all of it is taken, or nothing, and every wrong place is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from coalition import partners
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid
from coalition.partners.describing import LINES_MOST, read_items
from tests.builders import a_partner, a_program

TABLE = "\ufeffSKU;category_path;brand;vat\r\nM1;food/dairy;Alma;5,5\r\n\r\nP1;office;;\r\n"


def test_a_table_describes_products_and_leaves_others_as_they_are(app: Flask) -> None:
    shop = a_partner(a_program())
    partners.classify(shop.id, [partners.Item("X1", "toys"), partners.Item("P1", "books", vat_bp=900)])

    count = partners.describe(shop.id, TABLE.encode())

    assert count == 2
    assert partners.products(shop.id, ["M1", "P1", "X1"]) == {
        "M1": partners.Product("food/dairy", "Alma", (), 550),
        "P1": partners.Product("office"),
        "X1": partners.Product("toys"),
    }


@pytest.mark.parametrize(
    ("table", "pointers"),
    [
        ("", ["/1", "/1"]),
        ("sku,colour\n", ["/1", "/1"]),
        ("sku,category_path,vat\n,food//milk,100\nA,food,5.555\n", ["/2/sku", "/2/category_path", "/2/vat", "/3/vat"]),
        ("sku,category_path\n" + "A" * 101 + ",food\n", ["/2/sku"]),
        ("sku,category_path\nA\n", ["/2/category_path"]),
        ("sku,category_path\n" + ",\n,x\n" * 200, [f"/{line}/sku" for line in range(3, 401, 2)][:100]),
    ],
)
def test_every_wrong_place_of_a_table_is_named(table: str, pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_items(table.encode())

    assert [one.pointer for one in refused.value.errors] == pointers


def test_what_is_no_table_or_too_long_is_refused() -> None:
    for table, code in [(b"\xff\xfe", "not_utf8"), (b"sku,category_path\n" + b"A,x\n" * (LINES_MOST + 1), "too_long")]:
        with pytest.raises(Invalid) as refused:
            read_items(table)
        assert [one.code for one in refused.value.errors] == [code]


def test_the_command_takes_a_table_or_says_what_is_wrong_with_it(app: Flask, tmp_path: Path) -> None:
    shop = transact(lambda: a_partner(a_program(), "grocer"))
    file, wrong = tmp_path / "right.csv", tmp_path / "wrong.csv"
    file.write_text(TABLE, encoding="utf-8")
    wrong.write_text("sku,category_path\n,x\n", encoding="utf-8")

    taken = app.test_cli_runner().invoke(args=["coalition", "import-assortment", str(file), "--partner", "grocer"])
    refused = app.test_cli_runner().invoke(args=["coalition", "import-assortment", str(wrong), "--partner", "grocer"])

    assert (taken.exit_code, taken.output.strip()) == (0, "2 products")
    assert (refused.exit_code, "/2/sku" in refused.output) == (1, True)
    assert transact(lambda: partners.products(shop.id, ["M1"]))["M1"].brand == "Alma"
