"""A partner lists, opens, changes and closes its own outlets, brings a file of them, and touches no other partner's."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.kernel.db import fetch_all, transact
from coalition.partners import places
from tests.coalition.purchases.builders import Shop, a_body, bought

FORM = {"code": "S2", "name": "Second", "entity": "FRESHMART", "city": "Riga", "zone": "Europe/Riga"}


def one(shop: Shop, code: str) -> places.Kept:
    return transact(lambda: places.one_kept(shop.partner.id, code))


def send(client: FlaskClient, text: str, do: str = "try") -> tuple[int, str]:
    file = (BytesIO(text.encode()), "outlets.csv")
    answer = client.post("/portal/outlet-file", data={"file": file, "do": do}, content_type="multipart/form-data")
    return answer.status_code, answer.text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_an_outlet_is_opened_changed_closed_and_opened_again(manager: FlaskClient, shop: Shop, language: str) -> None:
    manager.set_cookie("language", language)
    more = {"lat": "56,9496", "lon": "24.1052", "mon": "09:00-18:00", "exceptions": "2026-12-25 closed"}

    opened = manager.post("/portal/new-outlet", data=FORM | more)
    page = manager.get(opened.headers["Location"]).text
    manager.post("/portal/outlets/S2/edit", data=FORM | {"name": "Renamed", "code": "S1"})
    manager.post("/portal/outlets/S2/switch", data={"open": "no"})

    assert opened.headers["Location"] == "/portal/outlets/S2?said=outlet_opened"
    assert "56.949600, 24.105200" in page and "09:00-18:00" in page and "2026-12-25" in page
    assert one(shop, "S2").card.name == "Renamed" and one(shop, "S1").card.name == "Shop 1"
    assert one(shop, "S2").closed_at is not None
    manager.post("/portal/outlets/S2/switch", data={"open": "yes"})
    assert one(shop, "S2").closed_at is None
    for path in ("/portal/outlets", "/portal/outlets/S2", "/portal/outlets/S2/edit", "/portal/outlet-file"):
        assert manager.get(path).status_code == 200


def test_a_map_is_offered_only_where_the_installation_names_one(manager: FlaskClient, shop: Shop, app: Flask) -> None:
    manager.post("/portal/new-outlet", data=FORM | {"lat": "56.9", "lon": "24.1"})
    without = manager.get("/portal/outlets/S2").text
    before = app.config["COALITION"]
    app.config["COALITION"] = replace(before, map_url="https://maps.test/?at={lat},{lon}")
    try:
        page = manager.get("/portal/outlets/S2").text
    finally:
        app.config["COALITION"] = before

    assert "maps.test" not in without and 'href="https://maps.test/?at=56.900000,24.100000"' in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "S1"}, "code"),
        ({"code": "a/b"}, "code"),
        ({"name": ""}, "name"),
        ({"entity": "TWIN"}, "entity"),
        ({"zone": "Nowhere"}, "zone"),
        ({"lat": "95", "lon": "1"}, "lat"),
        ({"sun": "8-9"}, "sun"),
        ({"exceptions": "soon"}, "exceptions"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    manager: FlaskClient, shop: Shop, twin: Shop, change: dict[str, str], field: str
) -> None:
    answer = manager.post("/portal/new-outlet", data=FORM | change)

    assert answer.status_code in (409, 422) and f'href="#{field}"' in answer.text
    rows = transact(lambda: fetch_all("SELECT name FROM outlet WHERE partner_id = :id", {"id": shop.partner.id}))
    assert [row.name for row in rows] == ["Shop 1"]


def test_another_partner_s_outlet_does_not_exist_and_stays_as_it_was(
    manager: FlaskClient, shop: Shop, twin: Shop
) -> None:
    body = FORM | {"code": "T9", "entity": "TWIN", "name": "Hers"}
    transact(lambda: places.add(twin.partner.id, places.read_card(twin.partner.id, body)))
    before = one(twin, "T9")

    for path in ("/portal/outlets/T9", "/portal/outlets/T9/edit"):
        assert manager.get(path).status_code == 404
    assert manager.post("/portal/outlets/T9/edit", data=FORM).status_code == 404
    assert manager.post("/portal/outlets/T9/switch", data={"open": "no"}).status_code == 404
    assert "Hers" not in manager.get("/portal/outlets").text
    assert "Hers" not in manager.get("/portal/outlet-file/layout.csv").text
    send(manager, "code,name,city\nT9,Mine,Riga\n", "keep")
    assert one(twin, "T9") == before and one(shop, "T9").card.name == "Mine"


def test_a_closed_outlet_still_takes_receipts_of_what_it_sold(manager: FlaskClient, shop: Shop) -> None:
    manager.post("/portal/outlets/S1/switch", data={"open": "no"})

    assert transact(lambda: bought(shop, a_body(500)))


def test_a_file_is_tried_then_kept_and_an_error_names_its_place(manager: FlaskClient, shop: Shop) -> None:
    good, bad = "code,name,city\nS2,Second,Riga\n", "code,name,city,mon\nS2,Second,Riga,late\n"

    tried, refused = send(manager, good), send(manager, bad, "keep")
    kept = send(manager, good, "keep")

    assert tried[0] == 200 and "Nothing is kept yet" in tried[1]
    assert refused[0] == 422 and "bad_hours" in refused[1] and "Monday" in refused[1] and ">late<" in refused[1]
    assert kept[0] == 200 and one(shop, "S2").card.city == "Riga"
    assert send(manager, "")[0] == 422


def test_what_leaves_comes_back_as_it_was(manager: FlaskClient, shop: Shop) -> None:
    manager.post("/portal/new-outlet", data=FORM | {"lat": "-5.5", "lon": "0", "sat": "24h", "address": "=1+1"})

    text = manager.get("/portal/outlet-file/layout.csv").text
    status, page = send(manager, text.replace("'=1", "=1"))

    assert status == 200 and "as before: 2" in page and "'=1+1" in text


def test_who_may_only_read_changes_no_outlet(reader: FlaskClient, shop: Shop) -> None:
    assert "Shop 1" in reader.get("/portal/outlets").text and reader.get("/portal/outlets/S1").status_code == 200
    for path in ("/portal/new-outlet", "/portal/outlets/S1/edit", "/portal/outlet-file"):
        assert reader.get(path).status_code == 403
        assert reader.post(path, data=FORM).status_code == 403
    assert reader.post("/portal/outlets/S1/switch", data={"open": "no"}).status_code == 403
    assert one(shop, "S1").closed_at is None


@pytest.mark.parametrize(("query", "found"), [("q=shop", True), ("q=LIEPA", False), ("state=closed", False)])
def test_the_list_is_sifted_on_screen_and_in_files(reader: FlaskClient, shop: Shop, query: str, found: bool) -> None:
    assert ("Shop 1" in reader.get(f"/portal/outlets?{query}").text) is found
    assert ("Shop 1" in reader.get(f"/portal/outlets.csv?{query}").text) is found
    assert reader.get(f"/portal/outlets.xlsx?{query}").status_code == 200
