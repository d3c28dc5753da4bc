"""From an empty catalog to a reward that can be ordered, by the console's pages alone."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from catalog import orders, pricing, rewards, shipments, suppliers
from catalog.ports import Address
from coalition import partners
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.builders import a_program
from tests.catalog.builders import offers_in_stock
from tests.coalition.purchases.builders import Shop

DESK = "/console/catalog"
HOME = Address("Anna", "anna@example.com", "+37120000000", "LV", "Riga", "LV-1010", "Brivibas iela 40")
SHELF = {"code": "home", "name_en": "Home", "name_ru": "Дом", "kind": "goods", "icon": "house", "artwork": "kettle"}
WAY = {"way": "courier", "kind": "courier", "points": "390", "cost": "3,50", "days_min": "1", "days_max": "2"}
CARRIER = {"code": "post", "name": "The Post", "vocabulary": "coalition", "quiet_days": "20"}


@pytest.fixture
def company(shop: Shop) -> partners.LegalEntity:
    """The company that will supply, which an administrator has added."""
    partner = transact(lambda: partners.join(shop.program.id, "kettles", "Kettles", kind="supplier"))
    return transact(lambda: partners.add_entity(partner.id, "K", "Kettles SIA", country="LV", tax_id="LV5"))


@pytest.fixture
def form(company: partners.LegalEntity) -> dict[str, str]:
    return {
        "code": "kettles",
        "name": "Kettles",
        "entity": str(company.id),
        "sells": "goods",
        "margin": "7,5",
        "base_url": "https://kettles.example/orders",
    }


def test_a_catalog_is_set_up_without_code(keeper: FlaskClient, shop: Shop, form: dict[str, str]) -> None:
    made = keeper.post(f"{DESK}/suppliers/new", data=form)
    assert keeper.post(f"{DESK}/shelves", data=SHELF).status_code == 303
    assert keeper.post(f"{DESK}/suppliers/kettles/terms/delivery", data=WAY).status_code == 303
    supplier = transact(lambda: suppliers.by_code(shop.program.id, "kettles"))
    transact(lambda: suppliers.map_categories(supplier.id, {"Home": "home"}))
    transact(lambda: offers_in_stock(supplier, A1=3))

    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", made.text)
    assert transact(lambda: suppliers.access(supplier.id)).secret == secret
    assert secret not in keeper.get(f"{DESK}/suppliers/kettles").text
    assert made.headers["Cache-Control"] == "no-store"
    (row,) = [transact(lambda: fetch_one("SELECT id FROM reward WHERE state = 'on_sale'"))]
    quoted = transact(
        lambda: pricing.quote(
            shop.program.id, shop.member.id, [(row.id, 1)], "courier", HOME, partner_id=shop.partner.id
        )
    )
    assert (quoted.delivery_points, supplier.margin_bp) == (390, 750)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("code", "new"),
        ("code", "Kettles"),
        ("name", ""),
        ("entity", "999999"),
        ("sells", "wonders"),
        ("margin", "-100"),
        ("base_url", ""),
        ("base_url", "ftp://x"),
        ("secret", "whsec_short"),
    ],
)
def test_what_is_wrong_about_a_supplier_is_pointed_at(
    keeper: FlaskClient, shop: Shop, form: dict[str, str], field: str, wrong: str
) -> None:
    answer = keeper.post(f"{DESK}/suppliers/new", data={**form, field: wrong})

    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
    assert not transact(lambda: suppliers.list_suppliers(shop.program.id))


def test_a_company_of_another_program_supplies_nothing_here(
    keeper: FlaskClient, shop: Shop, form: dict[str, str]
) -> None:
    elsewhere = transact(lambda: partners.join(a_program("other").id, "far", "Far", kind="supplier"))
    entity = transact(lambda: partners.add_entity(elsewhere.id, "F", "Far SIA", country="LV", tax_id="LV6"))

    given = {**form, "program": shop.program.code}
    assert keeper.post(f"{DESK}/suppliers/new", data={**given, "entity": str(entity.id)}).status_code == 422
    assert keeper.post(f"{DESK}/suppliers/new", data=given).status_code == 200


def test_a_second_supplier_or_feed_of_one_code_is_refused(
    keeper: FlaskClient, supplier: suppliers.Supplier, form: dict[str, str]
) -> None:
    feed = {"supplier": supplier.code, "code": "catalog", "format": "yml", "scope": "catalog"}

    sent = [keeper.post(f"{DESK}/suppliers/new", data={**form, "code": supplier.code}).status_code]
    sent += [keeper.post(f"{DESK}/feeds/new", data=feed).status_code for _ in range(2)]

    assert sent == [409, 303, 409]


def test_a_supplier_gets_another_secret_and_is_shown_it_once(keeper: FlaskClient, supplier: suppliers.Supplier) -> None:
    before = transact(lambda: suppliers.access(supplier.id)).secret
    made = keeper.post(f"{DESK}/suppliers/homegoods/secret", data={"token": "tok"})
    wrong = keeper.post(f"{DESK}/suppliers/homegoods/secret", data={"secret": "guess me"})

    now = transact(lambda: suppliers.access(supplier.id))
    assert (now.secret in made.text, now.secret != before, now.token) == (True, True, "tok")
    assert wrong.status_code == 422
    assert "guess me" not in str(transact(lambda: fetch_one("SELECT array_agg(details) AS all FROM audit")))


def test_terms_are_agreed_and_what_cannot_be_is_pointed_at(keeper: FlaskClient, supplier: suppliers.Supplier) -> None:
    address = f"{DESK}/suppliers/homegoods/terms"
    returns = {"days": "30", "send_within_days": "7", "address": "Krasta 68, Riga", "auto_authorize": "yes"}

    done = [
        keeper.post(f"{address}/{what}", data=data).status_code
        for what, data in (("delivery", WAY), ("returns", returns), ("answers", {"answer_min": "45"}))
    ]
    wrong = [
        (what, field, keeper.post(f"{address}/{what}", data={**data, field: value}))
        for what, data, field, value in (
            ("delivery", WAY, "way", "By Air"),
            ("delivery", WAY, "kind", "pigeon"),
            ("delivery", WAY, "points", "-1"),
            ("delivery", WAY, "days_max", "0"),
            ("returns", returns, "days", "1000"),
            ("returns", returns, "send_within_days", "0"),
            ("answers", {}, "answer_min", "0"),
        )
    ]

    assert done == [303, 303, 303]
    assert all((answer.status_code, f'href="#{field}"' in answer.text) == (422, True) for _, field, answer in wrong)
    how = transact(lambda: orders.policy(supplier.id))
    assert (how.days, how.send_within_days, how.auto_authorize) == (30, 7, True)
    assert transact(lambda: orders.promised_s(supplier.id)) == 45 * 60
    page = keeper.get(address).text
    assert all(text in page for text in ("courier", "3.50", "Krasta 68, Riga", 'value="45"'))


def test_a_carrier_is_added_once_and_gets_another_secret(keeper: FlaskClient, shop: Shop) -> None:
    made = keeper.post(f"{DESK}/carriers", data={**CARRIER, "number_forms": "s10"})
    again = keeper.post(f"{DESK}/carriers", data=CARRIER)
    first = transact(lambda: shipments.secret_of("post"))
    renewed = keeper.post(f"{DESK}/carriers/post/secret")

    assert (first in made.text, again.status_code) == (True, 409)
    assert (renewed.status_code, first in renewed.text) == (200, False)
    assert transact(lambda: shipments.secret_of("post")) in renewed.text
    known = transact(lambda: shipments.carrier("post"))
    assert (known.quiet_days, known.number_forms) == (20, ("s10",))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("code", "P"),
        ("name", ""),
        ("vocabulary", "klingon"),
        ("secret", "short"),
        ("quiet_days", "0"),
        ("tracking_url", "javascript:1"),
    ],
)
def test_what_is_wrong_about_a_carrier_is_pointed_at(keeper: FlaskClient, shop: Shop, field: str, wrong: str) -> None:
    answer = keeper.post(f"{DESK}/carriers", data={**CARRIER, field: wrong})

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text or field == "vocabulary"
    assert not [one for one in transact(shipments.carriers) if one.name == "The Post"]


def test_shelves_hang_under_each_other_and_move(keeper: FlaskClient, shop: Shop) -> None:
    tea = {**SHELF, "code": "tea", "name_en": "Tea", "name_ru": "Чай", "parent": "home", "icon": "cup"}
    added = [keeper.post(f"{DESK}/shelves", data=data).status_code for data in (SHELF, tea, SHELF)]
    moved = keeper.post(f"{DESK}/shelves/tea", data={**tea, "name_en": "Tea time", "parent": "", "position": "3"})
    circle = keeper.post(f"{DESK}/shelves/home", data={**SHELF, "parent": "home"})

    assert added == [303, 303, 409]
    assert "The shelf is changed" in keeper.get(moved.location).text
    found = transact(lambda: rewards.category(shop.program.id, "tea"))
    assert (found.name_en, found.path, found.position) == ("Tea time", (), 3)
    assert circle.status_code == 422
    assert "Tea time" in keeper.get(f"{DESK}/shelves").text


@pytest.mark.parametrize("field", ["code", "name_en", "kind", "icon", "artwork", "position"])
def test_what_is_wrong_about_a_shelf_is_pointed_at(keeper: FlaskClient, shop: Shop, field: str) -> None:
    wrong = "" if field in ("code", "name_en") else "no such thing"
    answer = keeper.post(f"{DESK}/shelves", data={**SHELF, field: wrong})

    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
    assert not transact(lambda: rewards.all_categories(shop.program.id))


def test_a_pool_is_opened_filled_and_emptied(keeper: FlaskClient, shop: Shop, form: dict[str, str]) -> None:
    keeper.post(f"{DESK}/suppliers/new", data={**form, "sells": "own_codes", "base_url": ""})
    keeper.post(f"{DESK}/shelves", data={**SHELF, "kind": "gift_card"})
    supplier = transact(lambda: suppliers.by_code(shop.program.id, "kettles"))
    transact(lambda: suppliers.map_categories(supplier.id, {"Home": "home"}))
    offer = transact(lambda: offers_in_stock(supplier, G1=0))["G1"]
    transact(lambda: execute("UPDATE offer SET electronic = true"))
    sold = {"supplier": "kettles", "sku": "G1", "low_at": "1"}

    unknown = keeper.post(f"{DESK}/codes", data={**sold, "sku": "G9"})
    opened = keeper.post(f"{DESK}/codes", data=sold)
    transact(lambda: rewards.upload_codes(shop.program.id, offer, ["AAA", "BBB", "CCC"]))
    gone = keeper.post(f"{DESK}/codes/{offer}/withdraw", data={"codes": "AAA\r\nZZZ"})

    assert (unknown.status_code, 'href="#sku"' in unknown.text) == (422, True)
    assert opened.status_code == gone.status_code == 303
    (pool,) = transact(lambda: rewards.code_pools(shop.program.id))
    assert (pool.free, pool.withdrawn, pool.low_at) == (2, 1, 1)


def test_a_program_decides_what_it_shows_and_shows_what_another_shares(
    keeper: FlaskClient, shop: Shop, supplier: suppliers.Supplier
) -> None:
    address, ours = f"{DESK}/assortment", {"program": shop.program.code}
    other = transact(lambda: a_program("other"))
    for code in (shop.program.code, "other"):
        keeper.post(f"{DESK}/shelves", data={**SHELF, "program": code})
    transact(lambda: offers_in_stock(supplier, A1=3))

    def on_sale() -> dict[int, int]:
        rows = transact(lambda: fetch_all("SELECT program_id, points FROM reward WHERE state = 'on_sale'"))
        return {row.program_id: row.points for row in rows}

    def sends(what: str, **form: str) -> tuple[int, dict[int, int]]:
        return keeper.post(f"{address}{what}", data={**ours, **form}).status_code, on_sale()

    shared, taken = {"shared": "homegoods", "with": "other"}, {"program": "other", "supplier": str(supplier.id)}
    assert sends("", shelf="home", shown="no") == (303, {})
    assert sends("", shelf="home", shown="yes", margin="50") == (303, {shop.program.id: 1500})
    assert sends("", **taken)[0] == 404  # not shared yet
    assert sends("/share", **shared)[0] == 303
    assert sends("", **taken, margin="20") == (303, {shop.program.id: 1500, other.id: 1200})
    assert "every supplier" in keeper.get(f"{address}?program={shop.program.code}").text
    assert sends("/unshare", **shared) == (303, {shop.program.id: 1500})


@pytest.mark.parametrize(("field", "wrong"), [("margin", "much"), ("margin", "-100"), ("supplier", "")])
def test_what_is_wrong_about_a_decision_is_pointed_at(
    keeper: FlaskClient, shop: Shop, supplier: suppliers.Supplier, field: str, wrong: str
) -> None:
    given = {"supplier": str(supplier.id), "shown": "yes", field: wrong}

    answer = keeper.post(f"{DESK}/assortment", data=given)

    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
    assert not transact(lambda: rewards.assortment(shop.program.id))
