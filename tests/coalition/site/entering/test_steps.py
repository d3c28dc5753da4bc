"""The steps between the password and the session: each is good for itself, and for what the account is now."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from tests.coalition.site.entering.conftest import PASSWORD, Box, is_in, sign_in
from tests.coalition.site.entering.test_factors import OLD, code_of, set_up_app

NEW_PASSWORD = {"old": PASSWORD, "password": "another horse battery", "again": "another horse battery"}


@pytest.fixture
def thief(app: Flask, browser: FlaskClient, box: Box) -> FlaskClient:
    """A browser in which somebody has the support's password; the support is signed in in `browser`."""
    return app.test_client()


def test_the_mailbox_is_no_way_round_the_app(
    browser: FlaskClient, thief: FlaskClient, staff: access.User, box: Box
) -> None:
    set_up_app(browser)
    sent = len(box.fetch())
    answer = thief.post("/login", data={"email": staff.email, "password": PASSWORD})
    pages = [thief.get("/browser"), thief.post("/browser/again"), thief.post("/browser", data={"code": "123456"})]

    assert answer.location == "/factor"
    assert [page.status_code for page in pages] == [404] * 3
    assert len(box.fetch()) == sent
    assert not is_in(thief)


def test_the_app_is_no_way_round_the_mailbox(thief: FlaskClient, staff: access.User, box: Box) -> None:
    assert sign_in(thief, staff.email).get("/browser").status_code == 200

    assert thief.get("/factor").status_code == 404
    assert thief.post("/factor", data={"code": box.code(staff.email)}).status_code == 404


def test_an_app_that_is_set_up_meanwhile_is_asked_for(
    browser: FlaskClient, thief: FlaskClient, staff: access.User, box: Box
) -> None:
    sign_in(thief, staff.email)
    code = box.code(staff.email)
    set_up_app(browser)

    assert thief.post("/browser", data={"code": code}).status_code == 404
    assert not is_in(thief)


def test_another_password_ends_what_the_old_one_has_begun(
    browser: FlaskClient, thief: FlaskClient, staff: access.User, box: Box
) -> None:
    sign_in(thief, staff.email)
    browser.post("/security/password", data=NEW_PASSWORD)
    sent = len(box.fetch())

    assert thief.get("/browser").status_code == 404
    assert thief.post("/browser/again").status_code == 404
    assert len(box.fetch()) == sent


def test_another_password_ends_a_second_step_too(browser: FlaskClient, thief: FlaskClient, staff: access.User) -> None:
    device, _ = set_up_app(browser)
    sign_in(thief, staff.email)
    browser.post("/security/password", data={**NEW_PASSWORD, **OLD})

    assert thief.post("/factor", data={"code": code_of(device, 1)}).status_code == 404
    assert not is_in(thief)
