"""Administrators build a program on screen, from nothing to its first purchase; others look or are turned away."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, partners, programs
from coalition.kernel.db import fetch_all, transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import CARD, a_body
from tests.counting import statements

PROGRAM = {
    "code": "reef",
    "name": "Reef Club",
    "zone": "Europe/Riga",
    "currency": "eur",
    "decimals": "2",
    "operator": "reef",
    "company": "Reef SIA",
    "country": "lv",
    "tax_id": "LV40003",
}
POINTS = {"code": "BON", "name_en": "bonuses", "name_ru": "бонусы", "kind": "bonus", "decimals": "0", "face": "0.01"}
PARTNER = {
    "code": "kiosk",
    "name": "Kiosk",
    "kind": "retail",
    "entity_code": "KIOSK",
    "entity_name": "Kiosk SIA",
    "country": "LV",
    "tax_id": "LV5",
}
OUTLET = {"outlet_code": "S1", "outlet_name": "Shop 1", "city": "Riga", "zone": "Europe/Riga", "entity": "KIOSK"}


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return signed_in(app, "admin@reef.test", "admin")


@pytest.fixture
def reef(admin: FlaskClient) -> programs.Program:
    """A program that was launched on screen, with a currency."""
    assert admin.post("/console/programs/new", data=PROGRAM).status_code == 303
    assert admin.post("/console/programs/reef/currencies/new", data=POINTS).status_code == 303
    return transact(lambda: programs.by_code("reef"))


def test_from_nothing_on_screen_to_the_first_purchase(app: Flask, admin: FlaskClient, reef: programs.Program) -> None:
    page = "/console/partners/kiosk"
    joined = admin.post("/console/partners/new", data=PARTNER | {"program": "reef"})
    opened = admin.post(f"{page}/outlets", data=OUTLET)
    made = admin.post(f"{page}/clients", data={"client_name": "Tills", "scopes": ["purchases:write", "members:write"]})
    moved = [admin.post("/console/programs/reef/move", data={"state": s, "reason": "go"}) for s in ("pilot", "live")]
    client_id, secret = re.findall(r"<code[^>]*>([^<]+)</code>", made.text)
    token = (
        app.test_client().post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)).json
    )
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    member = {"external_id": "M1", "identifiers": [{"kind": "card", "value": CARD}]}
    enrolled = app.test_client().post("/api/v1/members", json=member, headers=bearer)
    bought = app.test_client().post("/api/v1/purchases", json=a_body(20_000), headers=bearer)

    assert [answer.status_code for answer in (joined, opened, made, *moved)] == [303, 303, 200, 303, 303]
    assert made.headers["Cache-Control"] == "no-store"
    assert secret not in admin.get(page).text
    assert (enrolled.status_code, bought.status_code) == (201, 201)
    assert "Shop 1" in admin.get(page).text
    assert "Kiosk" in admin.get("/console/partners?program=reef").text
    done = {row.action for row in transact(lambda: fetch_all("SELECT action FROM audit WHERE actor LIKE 'user:%'"))}
    assert {"program.launch", "partner.join", "legal_entity.add", "outlet.open", "client.created"} <= done


def test_a_wrong_form_says_what_is_wrong_and_changes_nothing(admin: FlaskClient, reef: programs.Program) -> None:
    wrong = {"code": "Kiosk!", "name": "", "kind": "pirate", "country": "Latvia", "entity_code": "", "tax_id": ""}
    answer = admin.post("/console/partners/new", data=PARTNER | wrong)
    place = admin.post("/console/programs/new", data=PROGRAM | {"code": "new", "zone": "Mars/Olympus", "currency": "1"})

    assert (answer.status_code, place.status_code) == (422, 422)
    assert all(f'id="{name}-error"' in answer.text for name in wrong)
    assert all(f'id="{name}-error"' in place.text for name in ("code", "zone", "currency"))
    assert len(transact(lambda: partners.list_partners(reef.id))) == 1


def test_a_code_is_taken_once(admin: FlaskClient, reef: programs.Program) -> None:
    first, again = (admin.post("/console/partners/new", data=PARTNER) for _ in range(2))
    outlets = [admin.post("/console/partners/kiosk/outlets", data=OUTLET).status_code for _ in range(2)]
    launched = admin.post("/console/programs/new", data=PROGRAM)

    assert (first.status_code, again.status_code, outlets, launched.status_code) == (303, 409, [303, 409], 409)
    assert "There is one of this code already" in again.text


def test_a_partner_gets_another_name_another_company_and_people(admin: FlaskClient, reef: programs.Program) -> None:
    admin.post("/console/partners/new", data=PARTNER)
    page = "/console/partners/kiosk"
    company = {"entity_code": "KIOSK2", "entity_name": "Kiosk Nord SIA", "country": "EE", "tax_id": "EE1"}
    boss = {"partner": "kiosk", "roles": "partner_admin"}

    answers = [
        admin.post(f"{page}/name", data={"name": "Corner kiosk"}),
        admin.post(f"{page}/entities", data=company),
        admin.post("/console/people", data=boss | {"email": "boss@kiosk.test"}),
        admin.post("/console/people", data=boss | {"email": "no address"}),
    ]

    found = transact(lambda: partners.by_code(reef.id, "kiosk"))
    assert [answer.status_code for answer in answers] == [303, 303, 303, 422]
    assert found.name == "Corner kiosk"
    assert {one.code for one in transact(lambda: partners.entities_of(found.id))} == {"KIOSK", "KIOSK2"}
    [invited] = transact(lambda: access.invitations(f"partner:{found.id}")).items
    assert (invited.email, invited.roles) == ("boss@kiosk.test", {"partner_admin"})
    assert all(words in admin.get(page).text for words in ("Corner kiosk", "Kiosk Nord SIA", "boss@kiosk.test"))


def test_many_partners_are_listed_with_as_many_queries_as_one(admin: FlaskClient, reef: programs.Program) -> None:
    def listed() -> tuple[int, str]:
        with statements() as asked:
            page = admin.get("/console/partners?program=reef").text
        return len(asked), page

    few = min(listed()[0] for _ in range(3))
    for code in ("kiosk", "bakery", "cafe"):
        wanted = PARTNER | {"program": "reef", "code": code, "name": code.title(), "entity_code": code.upper()}
        assert admin.post("/console/partners/new", data=wanted).status_code == 303
    admin.post("/console/partners/kiosk/outlets?program=reef", data=OUTLET)
    counts = [listed() for _ in range(3)]

    assert min(count for count, _ in counts) == few
    row = re.search(r"Kiosk</a>.*?</tr>", counts[0][1], re.DOTALL)
    assert row and "KIOSK" in row[0] and re.search(r'data-label="Outlets"[^>]*>\s*1\s*<', row[0]), row and row[0]


def test_auditors_look_and_nobody_else_comes_in(app: Flask, admin: FlaskClient, reef: programs.Program) -> None:
    auditor = signed_in(app, "auditor@reef.test", "auditor")
    support = signed_in(app, "support@reef.test", "support")

    assert auditor.get("/console/partners/reef").status_code == 200
    assert "Add a partner" not in auditor.get("/console/partners").text
    assert auditor.post("/console/partners/new", data=PARTNER).status_code == 403
    assert support.get("/console/partners").status_code == 403
