"""The steps between the password and the session: each is good for itself, and for what the account is now."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import audit, clock
from coalition.kernel.db import transact
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


@pytest.mark.parametrize("key", ["é" * 43, "\udcff" * 43, "\x00" * 43, '"' * 43, "b" * 4000])
def test_a_cookie_that_is_no_key_is_none(app: Flask, browser: FlaskClient, staff: access.User, key: str) -> None:
    stranger = app.test_client()
    answer = stranger.post(
        "/login",
        data={"email": staff.email, "password": PASSWORD},
        headers={"Cookie": f"browser={key}".encode("utf-8", "surrogateescape").decode("latin-1")},
    )

    assert answer.status_code == 303


def test_what_a_stranger_calls_their_browser_is_not_in_the_letter(
    thief: FlaskClient, staff: access.User, box: Box
) -> None:
    for agent in ("Call +371 20000000 or http://evil.test/", ""):
        form = {"email": staff.email, "password": PASSWORD}
        thief.post("/login", data=form, headers={"User-Agent": agent})
        letter = box.fetch(staff.email)[-1]

        assert "evil.test" not in letter.text + letter.html
        assert "Unknown browser, from 127.0.0.1" in letter.text


def test_another_code_has_ten_minutes_of_its_own(thief: FlaskClient, staff: access.User, box: Box) -> None:
    sign_in(thief, staff.email)
    with time_machine.travel(clock.now() + dt.timedelta(minutes=9)) as now:
        thief.post("/browser/again")
        code = box.code(staff.email)
        now.shift(dt.timedelta(minutes=9))

        assert thief.post("/browser", data={"code": code}).status_code == 303


def test_whom_the_staff_signs_out_or_switches_off_has_new_browsers_only(
    app: Flask, browser: FlaskClient, staff: access.User, box: Box
) -> None:
    def switch() -> None:
        access.switch_person(staff.id, False)
        access.switch_person(staff.id, True)

    for deed in (lambda: access.sign_out(staff.id), switch):
        audit.set_origin(audit.Origin("user:0"))
        transact(deed)

        assert not is_in(sign_in(browser, staff.email))
        browser.post("/browser", data={"code": box.code(staff.email)})
        assert is_in(browser)


def test_who_guesses_codes_keeps_the_owner_out_of_new_browsers_alone(
    app: Flask, browser: FlaskClient, staff: access.User
) -> None:
    device, _ = set_up_app(browser)
    browser.post("/logout")
    stranger = sign_in(app.test_client(), staff.email)
    wrong = [stranger.post("/factor", data={"code": "000000"}).status_code for _ in range(6)]
    sign_in(browser, staff.email)

    assert wrong == [422] * 5 + [429]
    assert browser.post("/factor", data={"code": code_of(device, 1)}).status_code == 303
    assert is_in(browser)
