"""Administrators tend a partner's clients in the console as the partner does in its portal; a secret is shown once."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel.db import transact
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop, a_shop

SECRET = re.compile(r">(secret_[\w-]+)<")
CLIENT = re.compile(r">(client_\w+)<")
PARTNER = "/console/partners/freshmart"


@pytest.fixture
def admin(app: Flask, shop: Shop) -> FlaskClient:
    return signed_in(app, "admin@coral.test", "admin")


@pytest.fixture
def made(admin: FlaskClient) -> tuple[str, str]:
    """A client that was registered on screen, and its secret."""
    page = admin.post(f"{PARTNER}/clients", data={"client_name": "Tills", "scopes": ["purchases:write"]})
    assert page.headers["Cache-Control"] == "no-store"
    return CLIENT.findall(page.text)[0], SECRET.findall(page.text)[0]


def proves(client_id: str, secret: str) -> bool:
    return transact(lambda: access.verify_client(client_id, secret)) is not None


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_new_secret_works_beside_the_old_one_and_is_shown_once(
    admin: FlaskClient, made: tuple[str, str], language: str
) -> None:
    client_id, first = made
    page = f"{PARTNER}/clients/{client_id}"
    admin.set_cookie("language", language)

    rotated = admin.post(f"{page}/secret", data={"overlap": "24"})
    [second] = SECRET.findall(rotated.text)

    assert (proves(client_id, first), proves(client_id, second)) == (True, True)
    assert rotated.headers["Cache-Control"] == "no-store"
    assert f'href="{page}' in rotated.text
    assert not SECRET.findall(admin.get(page).text)
    assert page in admin.get(PARTNER).text
    assert admin.post(f"{page}/secret", data={"overlap": "9"}).status_code == 422


def test_rights_are_set_and_a_client_is_switched_off_and_on(admin: FlaskClient, made: tuple[str, str]) -> None:
    client_id, secret = made
    page = f"{PARTNER}/clients/{client_id}"

    scoped = admin.post(f"{page}/scopes", data={"scopes": ["members:read"]})
    off = admin.post(f"{page}/switch", data={"active": "no"})
    dead = proves(client_id, secret)
    on = admin.post(f"{page}/switch", data={"active": "yes"})
    nothing = admin.post(f"{page}/scopes", data={"scopes": []})

    assert [answer.status_code for answer in (scoped, off, on, nothing)] == [303, 303, 303, 422]
    assert scoped.headers["Location"].startswith(page)
    assert "The client is off" in admin.get(off.headers["Location"]).text
    assert (dead, proves(client_id, secret)) == (False, True)
    assert transact(lambda: access.client_view(client_id)).scopes == ("members:read",)


def test_a_client_is_found_under_its_own_partner_only(admin: FlaskClient, made: tuple[str, str], shop: Shop) -> None:
    transact(lambda: a_shop(shop.program, code="twin", card="4276000087654321"))
    elsewhere = f"/console/partners/twin/clients/{made[0]}"

    answers = [
        admin.get(elsewhere),
        admin.post(f"{elsewhere}/switch", data={"active": "no"}),
        admin.post(f"{elsewhere}/secret", data={"overlap": "0"}),
        admin.post(f"{elsewhere}/scopes", data={"scopes": ["members:read"]}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert proves(*made)


def test_auditors_look_and_are_offered_no_deed(app: Flask, admin: FlaskClient, made: tuple[str, str]) -> None:
    auditor = signed_in(app, "auditor@coral.test", "auditor")
    page = auditor.get(f"{PARTNER}/clients/{made[0]}")

    assert page.status_code == 200
    assert "Set the rights" not in page.text and "Switch off" not in page.text
    assert auditor.post(f"{PARTNER}/clients/{made[0]}/switch", data={"active": "no"}).status_code == 403
