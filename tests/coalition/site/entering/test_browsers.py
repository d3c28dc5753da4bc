"""A browser that is new: the password is not enough there, and whoever comes back is not asked again."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition import access
from coalition.kernel import clock, jobs
from tests.coalition.site.entering.conftest import PASSWORD, Box, enter_by_code, is_in, sign_in

NEW_PASSWORD = {"old": PASSWORD, "password": "another horse battery", "again": "another horse battery"}


@pytest.fixture
def fresh(app: Flask, browser: FlaskClient, box: Box) -> FlaskClient:
    """Another browser than the one in which the support has signed in; nobody has been here."""
    return app.test_client()


def test_the_first_browser_is_taken_at_its_word(browser: FlaskClient, box: Box) -> None:
    assert is_in(browser)
    assert box.fetch() == []


def test_a_new_browser_takes_a_code_out_of_the_mailbox_and_is_known_from_then_on(
    fresh: FlaskClient, staff: access.User, box: Box
) -> None:
    answer = fresh.post("/login?next=/console", data={"email": staff.email, "password": PASSWORD})
    asked = fresh.get(answer.location)
    before = is_in(fresh)
    entered = fresh.post("/browser", data={"code": box.code(staff.email)})

    assert (answer.status_code, answer.location) == (303, "/browser")
    assert "s…@coral.test" in asked.text and staff.email not in asked.text
    assert not before
    assert (entered.status_code, entered.location) == (303, "/console")
    assert [one.factor for one in access.sessions_of(staff.id)] == ["mail", "password"]
    fresh.post("/logout")
    assert is_in(sign_in(fresh, staff.email))


def test_the_letter_says_which_browser_and_from_where(fresh: FlaskClient, staff: access.User, box: Box) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    fresh.post("/login", data={"email": staff.email, "password": PASSWORD}, headers={"User-Agent": agent})
    [letter] = box.fetch(staff.email)

    assert letter.subject == "Your code to sign in"
    assert "Firefox, Linux, from 127.0.0.1" in letter.text
    assert "/reset" in letter.text


def test_a_code_is_good_in_its_own_browser_alone(app: Flask, fresh: FlaskClient, staff: access.User, box: Box) -> None:
    other = app.test_client()
    sign_in(other, staff.email)
    sign_in(fresh, staff.email)  # its code is the only one now
    code = box.code(staff.email)

    assert other.post("/browser", data={"code": code}).status_code == 422
    assert fresh.post("/browser", data={"code": code}).status_code == 303
    assert app.test_client().post("/browser", data={"code": code}).status_code == 404
    assert not is_in(other)


def test_a_code_is_good_once_for_ten_minutes_and_until_the_next(
    app: Flask, fresh: FlaskClient, staff: access.User, box: Box
) -> None:
    sign_in(fresh, staff.email)
    first = box.code(staff.email)
    again = fresh.post("/browser/again")
    second = box.code(staff.email)

    assert (again.status_code, again.location) == (303, "/browser?done=sent")
    assert first == second or fresh.post("/browser", data={"code": first}).status_code == 422
    with time_machine.travel(clock.now() + dt.timedelta(minutes=11)):
        assert fresh.post("/browser", data={"code": second}).status_code == 404
    assert fresh.post("/browser", data={"code": f" {second[:3]} {second[3:]} "}).status_code == 303
    assert fresh.post("/browser", data={"code": second}).status_code == 404


def test_five_wrong_codes_make_the_right_one_wait(fresh: FlaskClient, staff: access.User, box: Box) -> None:
    sign_in(fresh, staff.email)
    right = box.code(staff.email)
    wrong = f"{(int(right) + 1) % 10**6:06}"

    assert [fresh.post("/browser", data={"code": wrong}).status_code for _ in range(5)] == [422] * 5
    assert fresh.post("/browser", data={"code": right}).status_code == 429
    assert not is_in(fresh)


def test_letters_with_codes_are_few(fresh: FlaskClient, staff: access.User, box: Box) -> None:
    sign_in(fresh, staff.email)
    sent = [fresh.post("/browser/again").status_code for _ in range(5)]

    assert sent == [303] * 4 + [429]
    assert len(box.fetch(staff.email)) == 5


def test_another_password_makes_every_other_browser_new(fresh: FlaskClient, browser: FlaskClient, box: Box) -> None:
    enter_by_code(fresh, "staff@coral.test", box)
    browser.post("/security/password", data=NEW_PASSWORD)
    browser.post("/logout")

    assert is_in(sign_in(browser, "staff@coral.test", NEW_PASSWORD["password"]))
    assert not is_in(sign_in(fresh, "staff@coral.test", NEW_PASSWORD["password"]))


def test_signing_out_everywhere_else_forgets_the_other_browsers(
    fresh: FlaskClient, browser: FlaskClient, box: Box
) -> None:
    enter_by_code(fresh, "staff@coral.test", box)
    browser.post("/security/sessions/end")
    browser.post("/logout")

    assert not is_in(sign_in(fresh, "staff@coral.test"))
    assert is_in(sign_in(browser, "staff@coral.test"))


def test_a_browser_is_forgotten_after_a_year_but_nobody_is_the_first_again(
    app: Flask, fresh: FlaskClient, browser: FlaskClient, staff: access.User, box: Box, session: Session
) -> None:
    enter_by_code(fresh, staff.email, box)
    with time_machine.travel(clock.now() + dt.timedelta(days=366)):
        jobs.enqueue("access.clear", {})
        jobs.run_due()
        left = session.execute(text("SELECT count(*) FROM known_browser")).scalar()

        assert left == 1
        assert not is_in(sign_in(browser, staff.email))
        assert not is_in(sign_in(fresh, staff.email))


def test_keys_of_browsers_lie_as_hashes(browser: FlaskClient, session: Session) -> None:
    cookie = browser.get_cookie("browser")
    assert cookie is not None and len(cookie.value) == 43

    assert cookie.value not in str(session.execute(text("SELECT known_browser::text FROM known_browser")).all())


def test_without_a_way_of_mails_nobody_is_locked_out(app: Flask, browser: FlaskClient, staff: access.User) -> None:
    assert is_in(sign_in(app.test_client(), staff.email))


def test_somebody_else_s_guesses_do_not_keep_the_owner_out(
    app: Flask, browser: FlaskClient, staff: access.User
) -> None:
    browser.post("/logout")
    thief = app.test_client()
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    form = {"email": staff.email, "password": "wrong password 1"}
    guesses = [thief.post("/login", data=form, environ_overrides=elsewhere).status_code for _ in range(6)]

    assert guesses == [200] * 5 + [429]
    assert is_in(sign_in(browser, staff.email))


def test_guesses_in_a_known_browser_are_counted_too(browser: FlaskClient, staff: access.User) -> None:
    browser.post("/logout")
    form = {"email": staff.email, "password": "wrong password 1"}

    assert [browser.post("/login", data=form).status_code for _ in range(6)] == [200] * 5 + [429]
