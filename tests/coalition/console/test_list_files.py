"""Every list of the consoles leaves as CSV and as XLSX with the rows and the totals of its screen."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from catalog import pricing, suppliers
from catalog.console import list_files as _catalog_lists  # noqa: F401 - it registers them
from coalition import members, partners, programs, promotions, purchases
from coalition.console import list_files as _lists  # noqa: F401
from coalition.console.marketing import list_files as _marketing_lists  # noqa: F401
from coalition.kernel import approvals, ids
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.web import exporting
from coalition.members import Tier
from coalition.ports import StoredFile
from coalition.promotions import coupons
from coalition.purchases import Via
from tests.catalog.builders import a_supplier, offers_in_stock
from tests.coalition.console.conftest import signed_in
from tests.coalition.console.marketing.test_pages import publish
from tests.coalition.purchases.builders import Shop, a_receipt
from tests.screens import agreeing, unlisted

# Pages with a table that is no list of its own, and why.
NO_LISTS = {
    "console.overview": "the latest of lists that have pages",
    "console.factor_policy": "the settings of each role, which a form changes",
    "desk.overview": "figures of lists that have pages",
    "marketing.promotion_calendar": "a picture of the list of promotions",
}
_OURS = ("administration", "console", "coupons", "marketing", "desk")


@pytest.fixture
def admin(app: Flask, shop: Shop) -> FlaskClient:
    """A browser of an administrator, in a coalition where most lists hold something."""
    program, supplier = shop.program, transact(lambda: a_supplier(programs.get(shop.program.id), "homegoods"))
    transact(lambda: offers_in_stock(supplier, A1=5, A2=7))
    transact(lambda: suppliers.map_categories(supplier.id, {"Toys": "toys"}))
    counted = transact(
        lambda: programs.add_currency(program.id, "TIR", name_en="t", name_ru="т", face_minor=Decimal(1), kind="tier")
    )
    transact(lambda: members.set_tiers(program.id, counted.id, [Tier("gold", "Gold", "Золотой", 1_000)], months=12))
    transact(lambda: partners.add_group(program.id, "coffee", name_en="=coffee", name_ru="=кофе"))
    transact(lambda: promotions.set_group(program.id, "autumn", mode="best", scope="receipt"))
    transact(lambda: promotions.save_campaign(program.id, promotions.Campaign("xmas", "Xmas", "Рождество"), ""))
    transact(lambda: coupons.order(program.id, coupons.Order("autumn", "Autumn", "Осень", "printed", None, 10)))
    transact(lambda: pricing.create_rule(program.id, "gold", pricing.Terms("Gold", "Золото", "percent", 1_250)))
    waits = [
        a_receipt(100 * no, external_id=f"W-{no}", member={"kind": "card", "value": f"42760000{no:08d}"})
        for no in range(1, 61)
    ]
    transact(lambda: purchases.accept(shop.partner.id, waits, Via(), hold=True))
    transact(lambda: purchases.record(shop.partner.id, [a_receipt(20_000)]))
    file = StoredFile("registries/none", 10, "0" * 64)
    opened = transact(lambda: purchases.open_registry(program.id, shop.partner.id, file, dry_run=True))
    for chunk, readings in purchases.readings(BytesIO(b"no json\n" * 60), opened, purchases.layout(opened)):
        transact(lambda found=readings, chunk=chunk: purchases.take(opened, chunk, found))
    asked = {"amount": 5, "currency_id": transact(lambda: programs.main_currency(program.id)).id}
    transact(lambda: approvals.request("wallets.adjust", asked, "said so", key="k", subject=f"member:{shop.member.id}"))
    publish(shop, 500)
    return signed_in(app, "admin@coral.test", "admin")


def where(endpoint: str, shop: Shop) -> dict[str, str]:
    """The parts that the address of a list needs."""
    if endpoint.startswith("console.member_"):
        return {"member": ids.public("mbr", shop.member.id)}
    if endpoint in ("desk.categories", "desk.listing", "desk.terms"):
        return {"code": "homegoods"}
    if endpoint == "console.registry":
        return {"registry": ids.public("reg", fetch_all("SELECT id FROM registry")[0].id)}
    if endpoint == "console.tiers":
        return {"code": shop.program.code}
    return {"name": "Anna"} if endpoint == "console.search" else {}


def test_every_list_leaves_with_the_rows_and_the_sums_of_its_screen(app: Flask, admin: FlaskClient, shop: Shop) -> None:
    growing = {
        "console.audit_log"
    }  # whoever takes a list away adds to it; tests/coalition/console/test_audit.py has it
    ours = [name for name in exporting.offered() if name.partition(".")[0] in _OURS and name not in growing]

    filled = [name for name in ours if agreeing(app, admin, name, **where(name, shop))]

    assert len(filled) >= 17, filled
    assert len(fetch_all("SELECT 1 FROM audit WHERE action = 'list.exported'")) > 30


def test_no_page_with_a_list_offers_no_file(app: Flask, admin: FlaskClient, shop: Shop) -> None:
    assert unlisted(app, admin, _OURS, NO_LISTS) == []


def test_a_file_keeps_to_the_filters_of_the_screen(admin: FlaskClient, shop: Shop) -> None:
    everything = admin.get("/console/suspense.csv").text.splitlines()
    nothing = admin.get("/console/suspense.csv?state=refused").text.splitlines()
    foreign = admin.get("/console/suspense.csv?program=nowhere")
    link = admin.get("/console/suspense?state=refused&partner=freshmart").text

    assert (len(everything), len(nothing), foreign.status_code) == (61, 1, 404)
    assert "/console/suspense.csv?state=refused&amp;partner=freshmart&amp;separator=comma" in link


def test_semicolons_come_with_decimal_commas(admin: FlaskClient, shop: Shop) -> None:
    commas = admin.get("/console/suspense.csv?separator=comma").text
    english = admin.get("/console/suspense.csv").text
    russian = admin.get("/console/suspense.csv", headers={"Accept-Language": "ru"}).text
    semicolons = admin.get("/console/suspense.csv?separator=semicolon").text

    assert commas == english
    assert ",1.00," in commas
    assert ";1,00;" in semicolons
    assert ";1,00;" in russian
    assert "Чек" in russian.splitlines()[0]


def test_a_formula_that_somebody_wrote_is_a_text(admin: FlaskClient, shop: Shop) -> None:
    assert "'=coffee" in admin.get("/console/product-groups.csv").text


def test_a_list_too_long_for_a_file_says_so_in_its_last_line(
    admin: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_CHUNK", 20)
    lengths = []
    for most in (60, 59, 40, 7):
        monkeypatch.setattr(exporting, "MOST", most)
        lines = admin.get("/console/suspense.csv").text.splitlines()
        lengths.append(len(lines))

    assert lengths == [61, 61, 42, 9]
    assert "only its first rows are here, 7 of them" in lines[-1]


def test_rejected_lines_leave_as_csv_to_the_last_of_them(
    admin: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_CHUNK", 20)
    monkeypatch.setattr(exporting, "MOST", 7)
    path = f"/console/registries/{where('console.registry', shop)['registry']}/rejections"

    lines = admin.get(f"{path}.csv").text.splitlines()
    sheet = load_workbook(BytesIO(admin.get(f"{path}.xlsx").data)).active

    assert len(lines) == 61 and lines[-1].startswith("60,")
    assert sheet.max_row == 9 and "CSV has all of them" in sheet.cell(9, 1).value


def test_a_file_is_for_who_may_see_the_page(app: Flask, shop: Shop) -> None:
    marketer, keeper = signed_in(app, "m@coral.test", "marketer"), signed_in(app, "k@coral.test", "catalog")

    assert marketer.get("/console/suspense.csv").status_code == 403
    assert keeper.get("/console/members.csv?name=Anna").status_code == 403
    assert keeper.get("/console/catalog/orders.csv").status_code == 200
    assert signed_in(app, "s@coral.test", "support").get("/console/catalog/orders.csv").status_code == 200
