"""The second factor: codes of an app, recovery codes and passkeys, each good once; and roles that demand one."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP

from coalition import access
from coalition.access.factors import passkeys, policy, totp
from coalition.kernel import clock
from coalition.kernel.db import db, execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from tests.coalition.site.entering.authenticator import Authenticator
from tests.coalition.site.entering.conftest import PASSWORD, Box, is_in, sign_in

OLD = {"old": PASSWORD}


def options_of(page: Any) -> dict[str, Any]:
    """What the page tells the browser of a passkey."""
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found is not None
    return dict(json.loads(html.unescape(found.group(1))))


def set_up_app(browser: FlaskClient) -> tuple[TOTP, list[str]]:
    """The app and its recovery codes, set up through the pages."""
    browser.post("/security/app", data=OLD)
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.get("/security/app").text)
    assert found is not None
    app = TOTP(key=found.group(1).replace(" ", ""))
    page = browser.post("/security/app/confirm", data={"code": code_of(app)})
    return app, re.findall(r"<code>([a-z0-9-]{19})</code>", page.text)


def code_of(app: TOTP, steps: int = 0) -> str:
    """What the app shows, some half minutes from now."""
    return str(app.generate(clock.now() + dt.timedelta(seconds=30 * steps)).token)


def add_passkey(browser: FlaskClient, device: Authenticator) -> Any:
    """The device's passkey, added through the pages."""
    options = options_of(browser.post("/security/passkeys", data=OLD))
    return browser.post("/security/passkeys/add", data={"answer": device.make(options), "name": "My phone"})


@pytest.fixture
def half_in(app: Flask, browser: FlaskClient, staff: access.User) -> tuple[FlaskClient, TOTP, list[str]]:
    """A browser that has given the right password of somebody with an app; the app, and the recovery codes."""
    device, codes = set_up_app(browser)
    client = app.test_client()
    answer = client.post("/login?next=/console/approvals", data={"email": staff.email, "password": PASSWORD})
    assert answer.location == "/factor"
    return client, device, codes


def test_a_password_alone_is_not_enough_any_more(half_in: tuple[FlaskClient, TOTP, list[str]]) -> None:
    client, device, codes = half_in
    before = is_in(client)
    answer = client.post("/factor", data={"code": code_of(device, 1)})

    assert (before, len(codes)) == (False, 10)
    assert (answer.status_code, answer.location) == (303, "/console/approvals")
    assert is_in(client)


def test_a_passkey_is_offered_only_to_who_has_one(
    browser: FlaskClient, half_in: tuple[FlaskClient, TOTP, list[str]]
) -> None:
    client, offer = half_in[0], 'action="/passkey"'
    without = [client.get("/factor").text, client.post("/factor", data={"code": "000000"}).text]

    add_passkey(browser, Authenticator())

    assert [offer in page for page in without] == [False, False]
    assert offer in client.get("/factor").text


def test_a_code_is_good_once(app: Flask, half_in: tuple[FlaskClient, TOTP, list[str]], staff: access.User) -> None:
    client, device, _ = half_in
    code = code_of(device, 1)
    client.post("/factor", data={"code": code})
    other = sign_in(app.test_client(), staff.email)

    assert other.post("/factor", data={"code": code}).status_code == 422
    assert not is_in(other)


def test_a_recovery_code_is_good_once(
    app: Flask, half_in: tuple[FlaskClient, TOTP, list[str]], staff: access.User
) -> None:
    client, _, codes = half_in
    used = client.post("/factor", data={"code": codes[3].upper()})
    other = sign_in(app.test_client(), staff.email)

    assert used.status_code == 303
    assert other.post("/factor", data={"code": codes[3]}).status_code == 422
    assert totp.codes_left(staff.id) == 9


def test_five_wrong_codes_make_it_wait_and_the_right_one_too(half_in: tuple[FlaskClient, TOTP, list[str]]) -> None:
    client, device, _ = half_in
    wrong = [client.post("/factor", data={"code": "000000"}).status_code for _ in range(5)]

    assert wrong == [422] * 5
    assert client.post("/factor", data={"code": code_of(device, 1)}).status_code == 429
    assert not is_in(client)


def test_the_second_step_has_ten_minutes(half_in: tuple[FlaskClient, TOTP, list[str]]) -> None:
    client, device, _ = half_in
    with time_machine.travel(clock.now() + dt.timedelta(minutes=11)):
        assert client.post("/factor", data={"code": code_of(device)}).status_code == 404
        assert not is_in(client)


def test_a_code_without_a_password_opens_nothing(app: Flask, half_in: tuple[FlaskClient, TOTP, list[str]]) -> None:
    stranger = app.test_client()

    assert stranger.post("/factor", data={"code": code_of(half_in[1], 1)}).status_code == 404
    assert not is_in(stranger)


def test_secrets_lie_sealed_or_as_hashes(half_in: tuple[FlaskClient, TOTP, list[str]], staff: access.User) -> None:
    _, device, codes = half_in
    kept = str([*map(tuple, fetch_all("SELECT u::text FROM user_account u"))]) + str(
        [*map(tuple, fetch_all("SELECT r::text FROM recovery_code r"))]
    )

    assert device.base32_key not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_an_unconfirmed_app_asks_for_nothing(app: Flask, browser: FlaskClient, staff: access.User) -> None:
    browser.post("/security/app", data=OLD)
    browser.post("/security/app/confirm", data={"code": "000000"})

    assert is_in(sign_in(app.test_client(), staff.email))


@pytest.mark.parametrize("address", ["/security/app", "/security/passkeys", "/security/codes", "/security/app/remove"])
def test_factors_change_by_the_password_alone(browser: FlaskClient, staff: access.User, address: str) -> None:
    assert browser.post(address, data={"old": "wrong password 1"}).status_code == 422
    assert not policy.has_factor(staff.id)


def test_removing_the_app_takes_its_codes_along_and_is_told(browser: FlaskClient, staff: access.User, box: Box) -> None:
    set_up_app(browser)
    browser.post("/security/app/remove", data=OLD)

    assert totp.codes_left(staff.id) == 0
    browser.post("/logout")
    assert is_in(sign_in(browser, staff.email))
    assert [mail.subject for mail in box.fetch(staff.email)] == ["How you sign in has changed"] * 2


def test_a_passkey_signs_in_without_a_password(app: Flask, browser: FlaskClient, staff: access.User) -> None:
    device = Authenticator()
    added = add_passkey(browser, device)
    client = app.test_client()
    answer = client.post("/passkey/prove", data={"answer": device.answer(options_of(client.post("/passkey")))})

    assert added.status_code == 303
    assert answer.status_code == 303
    assert is_in(client)
    assert [one.factor for one in access.sessions_of(staff.id)] == ["passkey", "passkey"]


def test_a_passkey_is_asked_for_after_the_password(app: Flask, browser: FlaskClient, staff: access.User) -> None:
    add_passkey(browser, Authenticator())

    assert not is_in(sign_in(app.test_client(), staff.email))


def test_an_answer_counts_once(app: Flask, browser: FlaskClient) -> None:
    device = Authenticator()
    add_passkey(browser, device)
    client = app.test_client()
    answer = device.answer(options_of(client.post("/passkey")))
    client.post("/passkey/prove", data={"answer": answer})
    again = app.test_client()

    assert again.post("/passkey/prove", data={"answer": answer}).status_code == 422
    assert not is_in(again)


@pytest.mark.parametrize(
    "stranger",
    [Authenticator("https://evil.test"), Authenticator("http://localhost:8001"), Authenticator(verifies=False)],
    ids=["another site", "another port", "nobody verified"],
)
def test_a_passkey_of_elsewhere_is_not_taken(browser: FlaskClient, staff: access.User, stranger: Authenticator) -> None:
    assert add_passkey(browser, stranger).status_code == 422
    assert passkeys.passkeys_of(staff.id) == []


def test_nobody_has_more_passkeys_than_they_can_see(
    browser: FlaskClient, staff: access.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passkeys, "MOST", 1)
    devices = [Authenticator(), Authenticator()]
    begun = [options_of(browser.post("/security/passkeys", data=OLD)) for _ in devices]

    answers = [
        browser.post("/security/passkeys/add", data={"answer": device.make(options), "name": "Mine"})
        for device, options in zip(devices, begun, strict=True)
    ]

    assert [answer.status_code for answer in answers] == [303, 422]
    assert "Ten passkeys are enough" in answers[1].text
    assert fetch_one("SELECT count(*) AS n FROM passkey").n == 1  # type: ignore[union-attr]


def test_a_wrong_answer_begins_no_passkey_without_the_password(browser: FlaskClient, staff: access.User) -> None:
    refused = browser.post("/security/passkeys/add", data={"answer": "{}", "name": "Mine"})
    row = fetch_one("SELECT count(*) AS n FROM passkey_challenge WHERE user_id IS NOT NULL")

    assert refused.status_code == 422
    assert "data-options" not in refused.text
    assert row is not None
    assert row.n == 0


def test_another_devices_signature_proves_nothing(app: Flask, browser: FlaskClient) -> None:
    device, thief = Authenticator(), Authenticator()
    add_passkey(browser, device)
    thief.credential_id, thief.handle = device.credential_id, device.handle
    client = app.test_client()

    answer = thief.answer(options_of(client.post("/passkey")))
    assert client.post("/passkey/prove", data={"answer": answer}).status_code == 422


def test_a_copied_device_that_counts_backwards_is_refused(app: Flask, browser: FlaskClient) -> None:
    device = Authenticator()
    add_passkey(browser, device)
    execute("UPDATE passkey SET sign_count = 50")
    client = app.test_client()

    answer = device.answer(options_of(client.post("/passkey")))
    assert client.post("/passkey/prove", data={"answer": answer}).status_code == 422


def test_a_challenge_is_good_for_five_minutes(app: Flask, browser: FlaskClient) -> None:
    device = Authenticator()
    add_passkey(browser, device)
    client = app.test_client()
    answer = device.answer(options_of(client.post("/passkey")))

    with time_machine.travel(clock.now() + dt.timedelta(minutes=6)):
        assert client.post("/passkey/prove", data={"answer": answer}).status_code == 422


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"response": 1}', "[" * 5000, '{"rawId": "x"}'])
def test_a_strange_answer_is_only_a_wrong_one(client: FlaskClient, app: Flask, answer: str) -> None:
    assert client.post("/passkey/prove", data={"answer": answer}).status_code == 422


def test_whoever_is_switched_off_has_no_passkey(app: Flask, browser: FlaskClient, staff: access.User) -> None:
    device = Authenticator()
    add_passkey(browser, device)
    execute("UPDATE user_account SET active = false")
    client = app.test_client()

    answer = device.answer(options_of(client.post("/passkey")))
    assert client.post("/passkey/prove", data={"answer": answer}).status_code == 422


def test_a_passkey_goes_by_the_password(app: Flask, browser: FlaskClient, staff: access.User) -> None:
    add_passkey(browser, Authenticator())
    found = re.search(r'formaction="(/security/passkeys/[^"]+/remove)"', browser.get("/security").text)
    assert found is not None
    wrong = browser.post(found.group(1), data={"old": "wrong password 1"}).status_code
    kept = len(passkeys.passkeys_of(staff.id))
    browser.post(found.group(1), data=OLD)

    assert (wrong, kept) == (422, 1)
    assert passkeys.passkeys_of(staff.id) == []


def test_a_role_that_demands_a_factor_lets_nobody_work_without(
    app: Flask, browser: FlaskClient, staff: access.User
) -> None:
    before = browser.get("/console/approvals").status_code
    policy.demand_factor("support", True)
    db.session.expire_all()
    sent_away = browser.get("/console/approvals")
    set_up_app(browser)

    assert before == 200
    assert (sent_away.status_code, sent_away.location) == (303, "/security?done=factor_demanded")
    assert browser.get("/console/approvals").status_code == 200


def test_members_are_never_made_to_have_a_second_factor(app: Flask) -> None:
    with pytest.raises(NotFound):
        policy.demand_factor("member", True)
    assert "member" not in policy.factor_demands()


def test_the_trail_names_the_factor(half_in: tuple[FlaskClient, TOTP, list[str]], staff: access.User) -> None:
    client, device, _ = half_in
    client.post("/factor", data={"code": code_of(device, 1)})

    row = fetch_one("SELECT details ->> 'factor' AS factor FROM audit WHERE action = 'user.signed_in' ORDER BY id DESC")
    assert row is not None
    assert row.factor == "totp"
