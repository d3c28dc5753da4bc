"""Suppliers in the catalog's console: seen by its managers alone, changed with care."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import suppliers
from coalition.kernel.db import fetch_one, transact
from tests.catalog.builders import a_category, a_supplier, offers_in_stock
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop

DESK = "/console/catalog"
ROLES = ("catalog", "admin", "support", "finance")
GOOD = {"name": "Home goods", "margin": "7,5", "state": "suspended", "base_url": "https://home.example/api"}


def test_only_catalog_managers_and_administrators_enter(app: Flask, supplier: suppliers.Supplier) -> None:
    seen = {role: signed_in(app, f"{role}@coral.test", role).get(DESK).status_code for role in ROLES}

    assert seen == {"catalog": 200, "admin": 200, "support": 403, "finance": 403}
    assert app.test_client().get(DESK).status_code == 303


def test_a_supplier_is_listed_with_its_margin(keeper: FlaskClient, supplier: suppliers.Supplier) -> None:
    text = keeper.get(f"{DESK}/suppliers").text

    assert "Homegoods" in text
    assert "12.50" in text


def test_a_supplier_is_changed_and_the_change_is_written_down(
    keeper: FlaskClient, supplier: suppliers.Supplier
) -> None:
    done = keeper.post(f"{DESK}/suppliers/homegoods", data=GOOD)

    assert done.status_code == 303
    assert "The supplier is changed" in keeper.get(done.location).text
    changed = transact(lambda: suppliers.get(supplier.id))
    assert (changed.name, changed.margin_bp, changed.state) == ("Home goods", 750, "suspended")
    row = transact(lambda: fetch_one("SELECT actor FROM audit WHERE action = 'supplier.change'"))
    assert row is not None
    assert row.actor.startswith("user:")


def test_what_a_supplier_sells_follows_its_state_and_its_margin(
    keeper: FlaskClient, shop: Shop, supplier: suppliers.Supplier
) -> None:
    transact(lambda: a_category(shop.program))
    transact(lambda: offers_in_stock(supplier, A1=3))

    def sells(**changed: str) -> tuple[str, int]:
        assert (
            keeper.post(f"{DESK}/suppliers/homegoods", data={**GOOD, "state": "active", **changed}).status_code == 303
        )
        row = transact(lambda: fetch_one("SELECT state, points FROM reward"))
        return row.state, row.points

    assert sells(margin="20") == ("on_sale", 1200)
    assert sells(margin="20", state="suspended")[0] == "hidden"
    assert sells(margin="30") == ("on_sale", 1300)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ""),
        ("margin", "much"),
        ("margin", "-100"),
        ("state", "gone"),
        ("base_url", "ftp://home.example"),
    ],
)
def test_a_wrong_answer_is_named_beside_its_field_and_changes_nothing(
    keeper: FlaskClient, supplier: suppliers.Supplier, field: str, wrong: str
) -> None:
    answer = keeper.post(f"{DESK}/suppliers/homegoods", data={**GOOD, field: wrong})

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert transact(lambda: suppliers.get(supplier.id)) == supplier


def test_an_unknown_supplier_is_not_found(keeper: FlaskClient, supplier: suppliers.Supplier) -> None:
    assert keeper.get(f"{DESK}/suppliers/nobody").status_code == 404
    assert keeper.post(f"{DESK}/suppliers/nobody", data=GOOD).status_code == 404


def test_the_desk_speaks_russian(keeper: FlaskClient, supplier: suppliers.Supplier) -> None:
    assert "Поставщики" in keeper.get(DESK, headers={"Accept-Language": "ru"}).text


def test_a_donation_is_put_up_by_hand_and_what_is_wrong_is_pointed_at(keeper: FlaskClient, shop: Shop) -> None:
    transact(lambda: a_category(shop.program, "charity", kind="donation"))
    transact(lambda: a_supplier(shop.program, "green", protocol="none"))
    address, gift = f"{DESK}/suppliers/green/listing", {"sku": "TREE", "title_en": "A tree", "title_ru": "Дерево"}

    wrong = keeper.post(address, data={**gift, "cost": "much"})
    done = keeper.post(address, data={**gift, "cost": "3,00"})

    assert (wrong.status_code, 'href="#cost"' in wrong.text) == (422, True)
    shown = keeper.get(done.location).text
    assert ("The reward is on sale" in shown, "A tree" in shown, "TREE" in shown) == (True, True, True)
    assert "Points there" not in shown
