"""Who gets into the console, and what the frame offers to whom."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel.db import transact
from tests.coalition.console.conftest import PASSWORD, signed_in
from tests.coalition.purchases.builders import Shop

PAGES = ("/console", "/console/members", "/console/registries", "/console/registries/new")


@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_sent_to_sign_in(app: Flask, shop: Shop, page: str) -> None:
    answer = app.test_client().get(page)

    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["finance", "catalog"])
def test_other_staff_are_refused(app: Flask, shop: Shop, page: str, role: str) -> None:
    client = signed_in(app, f"{role}@coral.test", role)

    assert client.get(page).status_code == 403


def test_a_member_is_refused(app: Flask, shop: Shop, anna: str) -> None:
    owner = f"member:{shop.member.id}"
    transact(lambda: access.create_user("anna@a.test", PASSWORD, ["member"], owner, program_id=shop.program.id))
    client = app.test_client()
    client.post("/login", data={"email": "anna@a.test", "password": PASSWORD})

    assert [client.get(page).status_code for page in (*PAGES, anna)] == [403] * 5
    assert client.post("/console/members", data={"q": "Anna"}).status_code == 403


@pytest.mark.parametrize("role", ["support", "admin"])
def test_support_and_administrators_get_to_the_console(app: Flask, shop: Shop, role: str) -> None:
    client = signed_in(app, f"{role}@coral.test", role)

    assert client.get("/welcome").location == "/console"
    assert [client.get(page).status_code for page in PAGES] == [200] * 4


def test_the_menu_offers_what_the_role_may_do(app: Flask, support: FlaskClient) -> None:
    admin = signed_in(app, "admin@coral.test", "admin").get("/console").text

    assert "/console/finance" in admin
    assert "/console/finance" not in support.get("/console").text
    assert "/console/registries" in admin


@pytest.mark.parametrize("page", PAGES)
def test_every_page_speaks_russian(support: FlaskClient, page: str) -> None:
    text = support.get(page, headers={"Accept-Language": "ru"}).text

    assert 'lang="ru"' in text
    assert "Участники" in text


def test_forms_are_protected_against_forgery(app: Flask, support: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answers = [support.post(page, data={"q": "x"}) for page in ("/console/members", "/console/registries/new")]
    finally:
        app.config["WTF_CSRF_ENABLED"] = False

    assert [answer.status_code for answer in answers] == [400, 400]
