"""The brake on guessing as a stranger meets it: other spellings, other addresses, and its answer."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import clock
from coalition.kernel.db import transact
from tests.coalition.site.entering.conftest import Box, is_in, sign_in


def guess(client: FlaskClient, email: str, ip: str, password: str = "wrong password 1") -> int:
    form = {"email": email, "password": password}
    return client.post("/login", data=form, environ_overrides={"REMOTE_ADDR": ip}).status_code


def test_an_account_is_counted_as_one_however_its_address_is_spelled(client: FlaskClient, staff: access.User) -> None:
    spelled = [
        "staff@\uff43oral.test",
        "staff@c\uff4fral.test",
        "STAFF@coral.test",
        " staff@coral\uff0etest ",
        staff.email,
    ]

    assert [guess(client, email, f"198.51.100.{at}") for at, email in enumerate(spelled)] == [200] * 5
    assert guess(client, "staff@cor\uff41l.test", "198.51.100.9") == 429


def test_what_is_no_address_is_no_guess(client: FlaskClient) -> None:
    assert [guess(client, "no address", "198.51.100.1") for _ in range(12)] == [200] * 12


def test_a_whole_network_of_ipv6_is_one_address(client: FlaskClient) -> None:
    answers = [guess(client, f"user{at}@coral.test", f"2001:db8:1:2::{at + 1}") for at in range(11)]

    assert answers == [200] * 10 + [429]
    assert guess(client, "user0@coral.test", "2001:db8:1:3::1") == 200


def test_letters_to_a_whole_network_of_ipv6_are_counted_together(client: FlaskClient) -> None:
    def ask(at: int) -> int:
        where = {"REMOTE_ADDR": f"2001:db8:1:2::{at + 1}"}
        return client.post("/reset", data={"email": f"user{at}@coral.test"}, environ_overrides=where).status_code

    assert [ask(at) for at in range(16)] == [303] * 15 + [429]


def test_while_strangers_guess_everywhere_nobody_waits_for_what_others_typed(
    app: Flask, browser: FlaskClient, staff: access.User, anna: access.User
) -> None:
    browser.post("/logout")
    client = app.test_client()
    half_past = clock.now().replace(minute=30) + dt.timedelta(hours=1)
    with time_machine.travel(half_past, tick=False) as now:
        for at in range(1000):
            transact(lambda at=at: access.admit(f"user{at}@coral.test", f"198.51.{at // 250}.{at % 250}"))  # type: ignore[misc]
        stranger = [guess(client, f"user{at}@coral.test", "203.0.113.9") for at in range(3)]
        everywhere = [guess(client, "one@coral.test", f"192.0.2.{at}") for at in range(3)]

        assert stranger == everywhere == [200, 200, 429]
        assert is_in(sign_in(app.test_client(), anna.email))
        assert [guess(browser, staff.email, "198.18.0.1") for _ in range(6)] == [200] * 5 + [429]
        now.shift(dt.timedelta(hours=1))
        assert [guess(client, "two@coral.test", f"192.0.2.{at}") for at in range(3)] == [200] * 3


@pytest.mark.parametrize("page", ["/browser", "/browser/again"])
def test_who_has_to_wait_is_told_how_long_in_the_header_too(
    app: Flask, browser: FlaskClient, staff: access.User, box: Box, page: str
) -> None:
    fresh = sign_in(app.test_client(), staff.email)
    answers = [fresh.post(page, data={"code": "none"}) for _ in range(6)]

    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 16
