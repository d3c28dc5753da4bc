"""Product cards: one for what has one number, whoever sells it; one each for everything else."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import rewards
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.laws import offending
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import PEN, Shop, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    """Two suppliers of the same pen, the second cheaper and under another title."""
    shop = a_shop()
    shop.supplies("first", an_offer("F1", name="Pen", price="12", barcode=PEN))
    shop.supplies("second", an_offer("S1", name="Stabilo pen", price="10", barcode=PEN))
    return shop


def _offers(shop: Shop, sku: str) -> list[str]:
    product_id = shop.one(sku).product_id
    assert product_id is not None
    return [one.supplier_sku for one in rewards.offers_of(shop.program.id, product_id)]


def _versions(table: str) -> list[object]:
    """Where each row's present version lies, and which transaction wrote it."""
    return [tuple(row) for row in fetch_all(f"SELECT CAST(xmin AS text), ctid FROM {table} ORDER BY ctid")]


def _laws_hold() -> bool:
    return not any(offending(law) for law in rewards.laws())


def test_two_suppliers_of_one_number_are_one_card_with_the_best_offer_first(shop: Shop) -> None:
    assert shop.found() == ["S1"]
    assert _offers(shop, "S1") == ["S1", "F1"]
    assert [shop.one(sku).title("en") for sku in ("F1", "S1")] == ["Pen", "Pen"]
    assert _laws_hold()


def test_what_is_sold_out_gives_way_to_the_dearer_offer_that_can_be_had(shop: Shop) -> None:
    cheap = shop.one("S1")

    transact(lambda: rewards.reserve([(cheap.offer_id, 5, "all")]))

    assert shop.found() == ["F1"]
    assert _offers(shop, "F1") == ["F1", "S1"]


def test_a_filter_chooses_among_the_offers_of_a_card(shop: Shop) -> None:
    assert shop.found(supplier="first") == ["F1"]
    assert shop.found(min_points=1_100) == ["F1"]
    assert shop.found(max_points=1_100) == ["S1"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({}, {}),
        ({"barcode": PEN}, {}),
        ({"barcode": PEN}, {"barcode": "5901234123457"}),
        ({"barcode": "2000000000008"}, {"barcode": "2000000000008"}),
        ({"barcode": "0200000000004"}, {"barcode": "0200000000004"}),
        ({"barcode": "00000000"}, {"barcode": "00000000"}),
        ({"barcode": "9900000000004"}, {"barcode": "9900000000004"}),
    ],
)
def test_equal_titles_are_no_evidence_and_neither_is_a_shops_own_number(
    app: Flask, left: dict[str, str], right: dict[str, str]
) -> None:
    shop = a_shop()
    shop.supplies("first", an_offer("F1", name="Same", **left))
    shop.supplies("second", an_offer("S1", name="Same", **right))

    assert sorted(shop.found()) == ["F1", "S1"]
    assert _laws_hold()


@pytest.mark.parametrize("same", ["0614141000036", "00614141000036", "614141000036"])
def test_a_number_is_the_same_however_many_zeros_lead_it(app: Flask, same: str) -> None:
    shop = a_shop()
    shop.supplies("first", an_offer("F1", barcode="614141000036"))
    shop.supplies("second", an_offer("S1", barcode=same))

    assert len(shop.found()) == 1


def test_a_supplier_that_has_one_thing_twice_has_one_card(app: Flask) -> None:
    shop = a_shop()
    shop.supplies("first", an_offer("F1", price="3", barcode=PEN), an_offer("F2", price="2", barcode=PEN))

    assert shop.found() == ["F2"]
    assert _laws_hold()


def test_an_offer_that_gets_another_number_leaves_the_card(shop: Shop) -> None:
    shop.supplies("second", an_offer("S1", name="Stabilo pen", price="10", barcode="5901234123457"))

    assert sorted(shop.found()) == ["F1", "S1"]
    assert shop.one("S1").title("en") == "Stabilo pen"
    assert _laws_hold()


def test_a_card_says_what_its_lead_says_and_finds_another_when_that_is_gone(shop: Shop) -> None:
    shop.supplies("first", an_offer("F1", name="New pen", price="12", barcode=PEN))
    shop.supplies("second", an_offer("S1", name="Ignored", price="10", barcode=PEN))
    assert shop.one("S1").title("en") == "New pen"

    transact(lambda: execute("UPDATE offer SET state = 'archived' WHERE supplier_sku = 'F1'"))
    transact(lambda: rewards.publish(shop.suppliers["second"].id))

    assert shop.one("S1").title("en") == "Ignored"


def test_publishing_again_rewrites_nothing(shop: Shop) -> None:
    tables = ("product", "product_offer", "reward", "reward_words")
    before = {table: _versions(table) for table in tables}

    changed = [transact(lambda one=one: rewards.publish(one.id)) for one in shop.suppliers.values()]

    assert changed == [0, 0]
    assert before == {table: _versions(table) for table in tables}
    assert fetch_one("SELECT count(*) AS n FROM reward_to_index").n == 0
