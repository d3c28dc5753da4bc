"""Sessions in browsers: a fresh key at every sign-in, over when the server says so or when nobody uses them."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import clock, ids
from coalition.kernel.db import execute
from tests.coalition.site.entering.conftest import PASSWORD, Box, enter_by_code, is_in, sign_in


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("session")
    return found.value if found else ""


def test_a_cookie_out_of_somebody_elses_hand_does_not_survive_signing_in(app: Flask, staff: access.User) -> None:
    client = app.test_client()
    with client.session_transaction() as session:
        session.update({"key": "planted", "csrf_token": "planted", "pending": {"user": "x"}, "more": 1})
    sign_in(client, staff.email)

    with client.session_transaction() as session:
        assert session["key"] != "planted"
        assert not {"csrf_token", "pending", "more"} & set(session)


def test_each_sign_in_has_another_key(app: Flask, browser: FlaskClient, staff: access.User) -> None:
    other = sign_in(app.test_client(), staff.email)
    with browser.session_transaction() as first, other.session_transaction() as second:
        assert first["key"] != second["key"]


def test_a_copied_cookie_is_worth_nothing_after_signing_out(app: Flask, browser: FlaskClient) -> None:
    copy = cookie(browser)
    browser.post("/logout")
    thief = app.test_client()
    thief.set_cookie("session", copy)

    assert not is_in(thief)


def test_staff_are_out_after_half_an_hour_of_nothing_and_members_are_not(
    app: Flask, browser: FlaskClient, anna: access.User
) -> None:
    member = sign_in(app.test_client(), anna.email)
    with time_machine.travel(clock.now() + dt.timedelta(minutes=31)):
        assert not is_in(browser)
        assert is_in(member)


def test_whoever_goes_on_working_stays_in_up_to_twelve_hours(browser: FlaskClient) -> None:
    start = clock.now()
    for minutes in range(20, 720, 20):
        with time_machine.travel(start + dt.timedelta(minutes=minutes)):
            assert is_in(browser)
    with time_machine.travel(start + dt.timedelta(minutes=721)):
        assert not is_in(browser)


def test_signing_out_everywhere_else_leaves_this_one(app: Flask, browser: FlaskClient, staff: access.User) -> None:
    others = [sign_in(app.test_client(), staff.email) for _ in range(2)]
    browser.post("/security/sessions/end")

    assert [is_in(one) for one in (browser, *others)] == [True, False, False]


def test_nobody_ends_another_persons_session(app: Flask, browser: FlaskClient, anna: access.User) -> None:
    member = sign_in(app.test_client(), anna.email)
    [theirs] = access.sessions_of(anna.id)
    browser.post("/security/sessions/end", data={"session": ids.public("ses", theirs.id)})

    assert is_in(member)


def test_another_password_ends_all_other_sessions_and_is_told(
    app: Flask, browser: FlaskClient, staff: access.User, box: Box
) -> None:
    other, before = app.test_client(), cookie(browser)
    enter_by_code(other, staff.email, box)
    form = {"old": PASSWORD, "password": "another horse battery", "again": "another horse battery"}
    answer = browser.post("/security/password", data=form)
    thief = app.test_client()
    thief.set_cookie("session", before)

    assert answer.status_code == 303
    assert [is_in(one) for one in (browser, other, thief)] == [True, False, False]
    assert box.fetch(staff.email)[-1].subject == "Your password was changed"
    browser.post("/logout")
    assert is_in(sign_in(browser, staff.email, "another horse battery"))


@pytest.mark.parametrize(
    "change", [{"old": "wrong password 1"}, {"password": "short", "again": "short"}, {"again": "something else here"}]
)
def test_a_password_does_not_change_by_a_form_that_is_wrong(browser: FlaskClient, change: dict[str, str]) -> None:
    form = {"old": PASSWORD, "password": "another horse battery", "again": "another horse battery"}

    assert browser.post("/security/password", data={**form, **change}).status_code == 422
    assert browser.post("/security/password", data=form).status_code == 303


def test_guessing_the_password_from_within_has_to_wait(browser: FlaskClient) -> None:
    form = {"old": "wrong password 1", "password": "another horse battery", "again": "another horse battery"}
    for _ in range(5):
        browser.post("/security/password", data=form)

    assert browser.post("/security/password", data={**form, "old": PASSWORD}).status_code == 429


def test_the_address_changes_by_the_new_mailbox_and_the_old_one_is_told(
    app: Flask, browser: FlaskClient, staff: access.User, box: Box
) -> None:
    browser.post("/security/email", data={"old": PASSWORD, "email": "New@coral.test"})
    token = box.token("new@coral.test")
    before = access.user(staff.id).email
    shown = browser.get(f"/security/email/confirm?token={token}").status_code
    after_looking = access.user(staff.id).email
    browser.post("/security/email/confirm", data={"token": token})

    assert (before, shown, after_looking) == (staff.email, 200, staff.email)
    assert access.user(staff.id).email == "new@coral.test"
    assert [mail.subject for mail in box.fetch(staff.email)] == ["Your address was changed"]
    assert "new@coral.test" not in box.fetch(staff.email)[0].text
    assert browser.post("/security/email/confirm", data={"token": token}).status_code == 404


def test_a_link_to_another_address_is_over_once_the_password_is_another(
    browser: FlaskClient, staff: access.User, box: Box
) -> None:
    browser.post("/security/email", data={"old": PASSWORD, "email": "thief@coral.test"})
    token = box.token("thief@coral.test")
    browser.post("/reset", data={"email": staff.email})
    new = {"password": "another horse battery", "again": "another horse battery"}
    browser.post("/reset/choose", data={"token": box.token(staff.email), **new})

    assert browser.post("/security/email/confirm", data={"token": token}).status_code == 404
    assert access.user(staff.id).email == staff.email


def test_a_link_that_came_to_the_old_address_is_over_once_there_is_a_new_one(
    browser: FlaskClient, staff: access.User, box: Box
) -> None:
    browser.post("/reset", data={"email": staff.email})
    token = box.token(staff.email)
    browser.post("/security/email", data={"old": PASSWORD, "email": "new@coral.test"})
    browser.post("/security/email/confirm", data={"token": box.token("new@coral.test")})

    assert browser.get(f"/reset/choose?token={token}").status_code == 404


def test_a_taken_address_is_told_to_nobody_but_its_mailbox(
    browser: FlaskClient, anna: access.User, staff: access.User, box: Box
) -> None:
    taken = browser.post("/security/email", data={"old": PASSWORD, "email": anna.email})
    free = browser.post("/security/email", data={"old": PASSWORD, "email": "free@coral.test"})
    confirmed = browser.post("/security/email/confirm", data={"token": box.token(anna.email)})

    assert (taken.status_code, taken.location) == (free.status_code, free.location)
    assert confirmed.status_code in (404, 409)
    assert access.user(staff.id).email == staff.email


def test_no_password_lies_in_the_trail(browser: FlaskClient, session: object) -> None:
    form = {"old": PASSWORD, "password": "another horse b", "again": "another horse b"}
    browser.post("/security/password", data=form)
    rows = execute("SELECT FROM audit WHERE details::text LIKE '%horse%'")

    assert rows == 0
